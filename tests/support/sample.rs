//! Packs the page sources of `tests/fixtures/pages` into a WARC file of Common Crawl's shape.
//!
//! Records come in the order of their dates: one `warcinfo`, then for every page a `request`, a
//! `response` and a `metadata` record, each a gzip member of its own. The result is a function of the
//! sources alone; `tests/fixtures/pages/README.md` describes them.

use std::path::Path;

use super::payload::{self, Layouts};
use super::sha256;
use super::warc::{gzip_member, http_message, record, record_id};

/// Every field that a page source may have.
const FIELDS: [&str; 22] = [
    "url",
    "date",
    "title",
    "layout",
    "status",
    "type",
    "meta",
    "meta-style",
    "encode",
    "escape",
    "misread",
    "coding",
    "header",
    "truncated",
    "record",
    "damage",
    "expect",
    "expect-charset",
    "expect-text",
    "expect-no-text",
    "expect-flag",
    "expect-verdict",
];

/// When the sample "crawl" began; the date of its `warcinfo`.
const BEGUN: &str = "2024-05-18T00:00:00Z";

/// A page source: fields, and the body behind the first blank line.
pub(crate) struct Page {
    /// Its file, relative to the folder of the sources.
    pub(crate) path: String,
    fields: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Page {
    fn read(path: String, text: &str) -> Page {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut fields = Vec::new();
        for line in head.lines() {
            let (name, value) =
                line.split_once(':').unwrap_or_else(|| panic!("{path}: no field in `{line}`"));
            assert!(FIELDS.contains(&name), "{path}: unknown field `{name}`");
            fields.push((name.to_owned(), value.trim().to_owned()));
        }
        let page = Page { path, fields, body: body.to_owned() };
        assert!(!page.url().is_empty() && page.date().len() == BEGUN.len(), "{}", page.path);
        page
    }

    /// The value of a field; the first one where it stands several times.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a field.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        assert!(FIELDS.contains(&name), "unknown field `{name}`");
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn url(&self) -> &str {
        self.field("url").unwrap_or_default()
    }

    pub(crate) fn date(&self) -> &str {
        self.field("date").unwrap_or_default()
    }

    /// The id that its document has: the UUID of the response record.
    pub(crate) fn id(&self) -> String {
        let id = record_id(self.url(), self.date(), "response");
        id.chars().skip("<urn:uuid:".len()).filter(char::is_ascii_hexdigit).collect()
    }

    /// The outcome that its record should have.
    pub(crate) fn outcome(&self) -> &str {
        self.field("expect").unwrap_or("document")
    }
}

/// The page sources under `dir`, in the order of their dates.
pub(crate) fn read_pages(dir: &Path) -> Vec<Page> {
    let mut pages = Vec::new();
    for folder in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if !folder.is_dir() || folder.ends_with("layouts") {
            continue;
        }
        for file in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let parts: Vec<_> =
                file.strip_prefix(dir).unwrap().iter().map(|part| part.to_string_lossy()).collect();
            pages.push(Page::read(parts.join("/"), &std::fs::read_to_string(&file).unwrap()));
        }
    }
    pages.sort_by(|a, b| (a.date(), &a.path).cmp(&(b.date(), &b.path)));
    pages
}

/// The WARC file of the sources under `dir`.
pub(crate) fn build(dir: &Path) -> Vec<u8> {
    let layouts = payload::read_layouts(dir);
    let pages = read_pages(dir);
    let mut out = gzip_member(&warcinfo());
    for (position, page) in pages.iter().enumerate() {
        let last = position + 1 == pages.len();
        assert!(last || page.field("damage") != Some("cut"), "{}: not the last page", page.path);
        add_page(&mut out, page, &layouts);
    }
    out
}

/// Record headers that every record of a page shares.
struct Envelope<'a> {
    page: &'a Page,
    warcinfo: String,
    request: String,
    address: String,
}

impl<'a> Envelope<'a> {
    fn new(page: &'a Page) -> Envelope<'a> {
        // Addresses that RFC 5737 keeps for documentation.
        let host = page.url().split('/').nth(2).unwrap_or_default();
        let hash = u8::from_str_radix(&sha256(host.as_bytes())[..2], 16).unwrap();
        Envelope {
            page,
            warcinfo: record_id("", BEGUN, "warcinfo"),
            request: record_id(page.url(), page.date(), "request"),
            address: format!("203.0.113.{hash}"),
        }
    }

    /// A record of this page: `kind`, its content type, and headers of its own.
    fn record(&self, kind: &str, content: &str, own: &[(&str, &str)], block: &[u8]) -> Vec<u8> {
        let id = record_id(self.page.url(), self.page.date(), kind);
        let mut headers = vec![
            ("WARC-Type", kind),
            ("WARC-Date", self.page.date()),
            ("WARC-Record-ID", id.as_str()),
        ];
        headers.extend_from_slice(own);
        headers.extend([("Content-Type", content), ("WARC-Target-URI", self.page.url())]);
        record(&headers, block)
    }
}

fn add_page(out: &mut Vec<u8>, page: &Page, layouts: &Layouts) {
    let envelope = Envelope::new(page);
    out.extend(gzip_member(&request(&envelope)));
    let body = payload::body(page, layouts);
    let block = http_block(page, &body);
    let response = match page.field("record") {
        None => response(&envelope, &body, &block),
        Some("revisit") => revisit(&envelope, &body, &block),
        Some(other) => panic!("{}: unknown record `{other}`", page.path),
    };
    let mut member = gzip_member(&response);
    match page.field("damage") {
        None | Some("length") => {}
        // Overwritten in the middle, as by a bad disk sector.
        Some("member") => {
            let middle = member.len() / 2;
            member[middle..middle + 64].fill(0xA5);
        }
        Some("garbage") => {
            member.extend_from_slice(b"\0\0\0\0 half a block that belongs to no record \0\0")
        }
        Some("cut") => {
            out.extend_from_slice(&member[..member.len() / 2]);
            return;
        }
        Some(other) => panic!("{}: unknown damage `{other}`", page.path),
    }
    out.extend(member);
    out.extend(gzip_member(&metadata(&envelope)));
}

fn warcinfo() -> Vec<u8> {
    let block = "isPartOf: KUROSHIO-SAMPLE\r\npublisher: the authors of Kuroshio\r\n\
                 description: Invented pages for tests and for the first run\r\n\
                 conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n";
    let headers = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Date", BEGUN),
        ("WARC-Record-ID", &record_id("", BEGUN, "warcinfo")),
        ("Content-Type", "application/warc-fields"),
        ("WARC-Filename", "quickstart.warc.gz"),
    ];
    record(&headers, block.as_bytes())
}

fn request(envelope: &Envelope<'_>) -> Vec<u8> {
    let mut parts = envelope.page.url().splitn(4, '/').skip(2);
    let host = parts.next().unwrap_or_default();
    let path = parts.next().unwrap_or_default();
    let head = format!(
        "GET /{path} HTTP/1.1\r\nUser-Agent: CCBot/2.0\r\nAccept-Encoding: br,gzip\r\nHost: {host}"
    );
    envelope.record("request", "application/http; msgtype=request", &[], &http_message(&head, b""))
}

fn response(envelope: &Envelope<'_>, body: &[u8], block: &[u8]) -> Vec<u8> {
    let page = envelope.page;
    let digest = format!("sha256:{}", sha256(body));
    let length = (block.len() - 12).to_string();
    let mut own = vec![
        ("WARC-Concurrent-To", envelope.request.as_str()),
        ("WARC-Warcinfo-ID", envelope.warcinfo.as_str()),
        ("WARC-IP-Address", envelope.address.as_str()),
        ("WARC-Payload-Digest", digest.as_str()),
    ];
    if page.field("truncated").is_some() {
        own.push(("WARC-Truncated", "length"));
    }
    if page.field("damage") == Some("length") {
        own.push(("Content-Length", &length));
    }
    envelope.record("response", "application/http; msgtype=response", &own, block)
}

/// A revisit: the head of the response, and a digest instead of the body that was seen before.
fn revisit(envelope: &Envelope<'_>, body: &[u8], block: &[u8]) -> Vec<u8> {
    let digest = format!("sha256:{}", sha256(body));
    let own = [
        ("WARC-Profile", "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"),
        ("WARC-Refers-To-Target-URI", envelope.page.url()),
        ("WARC-Payload-Digest", digest.as_str()),
    ];
    let head = &block[..block.len() - body.len()];
    envelope.record("revisit", "application/http; msgtype=response", &own, head)
}

fn metadata(envelope: &Envelope<'_>) -> Vec<u8> {
    let spent = 40 + envelope.page.body.len() % 900;
    let block = format!("fetchTimeMs: {spent}\r\n");
    envelope.record("metadata", "application/warc-fields", &[], block.as_bytes())
}

/// The HTTP response, its head as Common Crawl writes it.
fn http_block(page: &Page, body: &[u8]) -> Vec<u8> {
    let status = page.field("status").unwrap_or("200 OK");
    if status == "none" {
        return body.to_vec();
    }
    let mut head = format!("HTTP/1.1 {status}\r\nServer: nginx\r\n");
    if let Some(content_type) = page.field("type") {
        head.push_str(&format!("Content-Type: {content_type}\r\n"));
    }
    match page.field("coding") {
        Some("chunked") => head.push_str("Transfer-Encoding: chunked\r\n"),
        Some(coding) => head.push_str(&format!("Content-Encoding: {coding}\r\n")),
        None => head.push_str("X-Crawler-Content-Encoding: gzip\r\n"),
    }
    for header in page.all("header") {
        head.push_str(&format!("{header}\r\n"));
    }
    if page.field("coding") != Some("chunked") {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    http_message(&head, body)
}
