//! From a page source to the bytes a server would have sent: layout, charset, escapes, codings.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use encoding_rs::Encoding;
use flate2::{Compression, GzBuilder};

use super::sample::Page;

/// The site layouts by name.
pub(crate) type Layouts = BTreeMap<String, String>;

/// Reads `layouts/*.html` under `dir`.
pub(crate) fn read_layouts(dir: &Path) -> Layouts {
    let mut layouts = Layouts::new();
    for entry in std::fs::read_dir(dir.join("layouts")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        layouts.insert(name, std::fs::read_to_string(&path).unwrap());
    }
    layouts
}

/// The body of the response, as it goes over the wire.
pub(crate) fn body(page: &Page, layouts: &Layouts) -> Vec<u8> {
    let mut text = laid_out(page, layouts);
    match page.field("escape") {
        None => {}
        Some("decimal") => text = escaped(&text, |c| format!("&#{};", u32::from(c))),
        Some("hex") => text = escaped(&text, |c| format!("&#x{:X};", u32::from(c))),
        Some(other) => panic!("{}: unknown escape `{other}`", page.path),
    }
    if let Some(name) = page.field("misread") {
        text = encoding(page, name).decode_without_bom_handling(text.as_bytes()).0.into_owned();
    }
    let mut bytes = encoded(page, &text);
    if let Some(length) = page.field("truncated") {
        bytes.truncate(length.parse().unwrap());
    }
    match page.field("coding") {
        None => bytes,
        Some("chunked") => chunked(&bytes),
        Some("gzip") => gzip(&bytes),
        Some(other) => panic!("{}: unknown coding `{other}`", page.path),
    }
}

/// The article inside the layout of its site.
fn laid_out(page: &Page, layouts: &Layouts) -> String {
    let Some(name) = page.field("layout") else { return page.body.clone() };
    let layout = layouts.get(name).unwrap_or_else(|| panic!("{}: no layout `{name}`", page.path));
    let meta = match page.field("meta") {
        Some(charset) if page.field("meta-style") == Some("http-equiv") => {
            format!("<meta http-equiv=\"Content-Type\" content=\"text/html; charset={charset}\">\n")
        }
        Some(charset) => format!("<meta charset=\"{charset}\">\n"),
        None => String::new(),
    };
    layout
        .replace("{{meta}}\n", &meta)
        .replace("{{title}}", page.field("title").unwrap_or_default())
        .replace("{{body}}", page.body.trim_end())
}

fn escaped(text: &str, escape: impl Fn(char) -> String) -> String {
    text.chars().map(|c| if c.is_ascii() { c.to_string() } else { escape(c) }).collect()
}

fn encoding(page: &Page, name: &str) -> &'static Encoding {
    Encoding::for_label(name.as_bytes())
        .unwrap_or_else(|| panic!("{}: unknown encoding `{name}`", page.path))
}

fn encoded(page: &Page, text: &str) -> Vec<u8> {
    match page.field("encode") {
        None => text.as_bytes().to_vec(),
        Some("UTF-8-BOM") => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        Some("UTF-16LE") => {
            std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
        }
        Some("bytes") => bytes_of_hex(text),
        Some(name) => {
            let (bytes, used, unmappable) = encoding(page, name).encode(text);
            assert!(used.name() == name, "{}: encoded as {}", page.path, used.name());
            assert!(!unmappable, "{}: a character does not exist in {name}", page.path);
            bytes.into_owned()
        }
    }
}

/// Bytes written as pairs of hexadecimal digits; white space between them is free.
fn bytes_of_hex(text: &str) -> Vec<u8> {
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap())
        .collect()
}

/// The HTTP chunked coding, in chunks that cut through characters.
fn chunked(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in bytes.chunks(1021) {
        out.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer =
        GzBuilder::new().mtime(0).operating_system(3).write(Vec::new(), Compression::new(6));
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}
