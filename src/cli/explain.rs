//! `kuroshio explain`: the whole story of one record.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::show::{Progress, number};
use super::{environment, line};
use crate::error::{Error, Result};
use crate::format::document::Rights;
use crate::report::{Explainer, Explanation};
use crate::stages::extract::{
    BodyTrail, CharsetTrail, LanguageTrail, PageTrail, ParagraphTrail, Score,
};
use crate::stages::pipeline;

/// Tell the whole story of one record: headers, charset, language, every paragraph, and why
#[derive(Debug, Args)]
#[command(
    after_help = "The offset and the file stand in every document under `warc`, and in the corpus and the token\nprovenance as warc_file and warc_offset. Give the settings of the run with --set where they are not\nthe defaults.\n\nExamples:\n  kuroshio explain --warc tests/fixtures/quickstart.warc.gz --offset 0\n  kuroshio explain --warc crawl/00000.warc.gz --url https://example.jp/ --full\n  kuroshio explain --warc crawl/00000.warc.gz --offset 48213 --set extract.min_score=0.8 --json"
)]
pub(super) struct Arguments {
    /// The WARC file
    #[arg(long, value_name = "FILE")]
    warc: PathBuf,
    /// Byte offset at which the record begins
    #[arg(long, value_name = "N", required_unless_present = "url", conflicts_with = "url")]
    offset: Option<u64>,
    /// Address of the record, as WARC-Target-URI has it
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Override a key of the section extract; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Show paragraphs and header fields whole
    #[arg(long)]
    full: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Columns of a shortened text.
const COLUMNS: usize = 80;
/// Terms that are shown of the reasons for a mark.
const TERMS: usize = 5;

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let section = pipeline::extract_section(&arguments.sets)?;
    let models = environment::models()?;
    models.path(&section.model, &Progress::new(false))?;
    let model = models.language(&section, None)?;
    let explainer = Explainer { section: &section, model: &model };
    let explanation = match (&arguments.url, arguments.offset) {
        (Some(url), _) => explainer.of_url(&arguments.warc, url)?,
        (None, offset) => explainer.at_offset(&arguments.warc, offset.unwrap_or_default())?,
    };
    if arguments.json {
        let text = serde_json::to_string_pretty(&explanation)
            .map_err(|cause| Error::bug("cannot write the explanation").caused_by(cause))?;
        line(&text);
    } else {
        let mut sheet = Sheet { out: String::new(), full: arguments.full };
        sheet.explanation(&explanation);
        line(sheet.out.trim_end());
    }
    Ok(())
}

/// The text under way.
struct Sheet {
    out: String,
    full: bool,
}

impl Sheet {
    /// A line with its name in the first column.
    fn row(&mut self, name: &str, text: &str) {
        let text = text.trim_end();
        self.push(format_args!("{name:<12} {text}"));
    }

    /// A line below the last one with a name.
    fn below(&mut self, text: &str) {
        self.row("", text);
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{text}");
    }

    /// A text in one line, cut unless everything is wanted.
    fn cut(&self, text: &str) -> String {
        let one_line = text.replace('\n', "⏎");
        if self.full || columns(&one_line) <= COLUMNS {
            return one_line;
        }
        let mut taken = 0;
        let fits = |c: &char| {
            taken += width(*c);
            taken < COLUMNS
        };
        let mut cut: String = one_line.chars().take_while(fits).collect();
        cut.push('…');
        cut
    }

    fn explanation(&mut self, explanation: &Explanation) {
        let Explanation { place, record, sentence, examined } = explanation;
        self.row("outcome", &format!("{}: {sentence}", examined.outcome.name()));
        let (offset, length) = (place.offset, number(place.length));
        self.row("place", &format!("{}, offset {offset}, {length} bytes packed", place.file));
        if let Some(record) = record {
            self.row("record", &format!("{} bytes of block", number(record.block_bytes as u64)));
            for (flag, meaning) in [
                (record.truncated, "truncated: the crawler cut the block"),
                (record.length_repaired, "length_repaired: Content-Length was missing or wrong"),
            ] {
                if flag {
                    self.below(meaning);
                }
            }
            self.fields(&record.fields);
        }
        let trail = &examined.trail;
        if let Some(http) = &trail.http {
            self.row("http", &format!("status {}", http.status));
            self.fields(&http.fields);
        }
        if let Some(body) = &trail.body {
            self.body(body);
        }
        match trail.may_be_japanese {
            Some(true) => self.row("pre-screen", "passed: the bytes may hold Japanese"),
            Some(false) => self.row(
                "pre-screen",
                "refused: no Japanese in any encoding, or too little of it among other text",
            ),
            None => {}
        }
        if let Some(charset) = &trail.charset {
            self.charset(charset);
        }
        self.language(&trail.language);
        if let Some(page) = &trail.page {
            self.page(page);
        }
        if let Some(document) = &examined.document {
            self.row("document", &document.id);
            let exact = examined.exact.map_or("none".to_owned(), |exact| exact.to_string());
            self.row("signature", &format!("exact {exact}"));
        }
        if let Some(page) = &trail.page {
            self.paragraphs(&page.paragraphs);
        }
    }

    fn fields(&mut self, fields: &[(String, String)]) {
        let width = fields.iter().map(|(name, _)| columns(name)).max().unwrap_or(0).min(32);
        for (name, value) in fields {
            let value = self.cut(value);
            self.below(&format!("{name:<width$}  {value}"));
        }
    }

    fn body(&mut self, body: &BodyTrail) {
        let bytes = number(body.bytes as u64);
        let named = body.codings.join(", ");
        let coding = match (body.unpacked, body.codings.is_empty()) {
            (true, _) => format!(", unpacked from {} ({named})", number(body.raw_bytes as u64)),
            (false, false) => format!(", not packed although the header says {named}"),
            (false, true) => String::new(),
        };
        self.row("body", &format!("{bytes} bytes, {}{coding}", body.kind));
    }

    fn charset(&mut self, trail: &CharsetTrail) {
        let CharsetTrail { charset, reasons } = trail;
        let (used, source, malformed) = (&charset.used, &charset.source, charset.malformed);
        self.row("charset", &format!("{used}, by {source}, {malformed} malformed"));
        self.below(&format!("because {}", reasons.because));
        for label in &reasons.labels {
            let names = label.encoding.map_or("no encoding".to_owned(), |name| format!("= {name}"));
            let holds = match label.holds {
                Some(true) => ", holds",
                Some(false) => ", does not hold",
                None => "",
            };
            self.below(&format!("{} says `{}` {names}{holds}", label.from, label.label));
        }
        if !reasons.readings.is_empty() {
            self.below(&format!(
                "{:<14} {:>12} {:>10} {:>10}   sample of {} bytes",
                "read as",
                "beyond ASCII",
                "malformed",
                "kana",
                number(reasons.sample_bytes as u64)
            ));
        }
        for reading in &reasons.readings {
            let verdict = match (reading.japanese, reading.sound) {
                (true, _) => "Japanese",
                (false, true) => "sound",
                (false, false) => "not sound",
            };
            self.below(&format!(
                "{:<14} {:>12} {:>10} {:>10}   {verdict}",
                reading.encoding, reading.characters, reading.malformed, reading.kana
            ));
        }
    }

    fn language(&mut self, language: &LanguageTrail) {
        let scores = |scores: &[Score]| -> String {
            let shown = scores.iter().map(|score| format!("{} {:.4}", score.label, score.score));
            shown.collect::<Vec<_>>().join(", ")
        };
        let looks =
            [("main", &language.main), ("all", &language.all), ("japanese", &language.japanese)];
        let mut first = "language";
        for (name, found) in looks {
            if !found.is_empty() {
                let decided = if language.decided_by == Some(name) { "   (decided)" } else { "" };
                self.row(first, &format!("{name:<8} {}{decided}", scores(found)));
                first = "";
            }
        }
    }

    fn page(&mut self, page: &PageTrail) {
        let title = page.title.as_deref().map_or("none".to_owned(), |title| self.cut(title));
        self.row("title", &title);
        self.row("damage", &format!("{:.4} of the characters are signs of it", page.damage));
        self.rights(&page.rights);
    }

    fn rights(&mut self, rights: &Rights) {
        let mut said = Vec::new();
        for robots in &rights.robots {
            let agent =
                robots.agent.as_ref().map_or(String::new(), |agent| format!(" for {agent}"));
            said.push(format!("{}{agent} ({:?})", robots.directive, robots.source).to_lowercase());
        }
        if let Some(reserved) = rights.tdm_reservation {
            said.push(format!(
                "text and data mining {}",
                if reserved { "reserved" } else { "free" }
            ));
        }
        said.extend(rights.tdm_policy.iter().map(|policy| format!("policy {policy}")));
        for license in &rights.licenses {
            said.push(format!(
                "licence {}{}",
                license.url,
                if license.rel { " (rel)" } else { "" }
            ));
        }
        let first = said.first().map_or("nothing is said", String::as_str).to_owned();
        self.row("rights", &first);
        for more in said.iter().skip(1) {
            self.below(more);
        }
    }

    fn paragraphs(&mut self, paragraphs: &[ParagraphTrail]) {
        let main = paragraphs.iter().filter(|p| p.paragraph.main == Some(true)).count();
        self.push(format_args!("\n{} paragraphs, {main} of them main content", paragraphs.len()));
        for (index, ParagraphTrail { paragraph, why }) in paragraphs.iter().enumerate() {
            let mark = match paragraph.main {
                Some(true) => "main",
                Some(false) => "boilerplate",
                None => "not marked",
            };
            let kind = format!("{:?}", paragraph.kind).to_lowercase();
            let path = &paragraph.path;
            self.push(format_args!("\n{:>5}  {mark:<11}  {kind:<7}  {path}", index + 1));
            let text = self.cut(&paragraph.text);
            self.push(format_args!("       {text}"));
            if !paragraph.links.is_empty() {
                let spans = paragraph.links.iter().map(|[from, to]| format!("{from}–{to}"));
                let spans = self.cut(&spans.collect::<Vec<_>>().join(", "));
                self.push(format_args!("       links {spans}"));
            }
            if let Some(why) = why {
                let most = if self.full { why.terms.len() } else { TERMS };
                let terms = why.terms.iter().take(most);
                let terms = terms.map(|term| format!("{} {:+.2}", term.name, term.contribution));
                let terms = terms.collect::<Vec<_>>().join(", ");
                let rest = if why.terms.len() > most { ", …" } else { "" };
                self.push(format_args!("       {:+.2} = {terms}{rest}", why.sum));
            }
        }
    }
}

/// Columns of a text in a terminal, near enough: a character beyond ASCII takes two.
fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

fn width(c: char) -> usize {
    if c.is_ascii() { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_columns_not_at_characters() {
        let sheet = |full| Sheet { out: String::new(), full };
        let wide = "文".repeat(60);
        let cut = sheet(false).cut(&wide);
        assert!(columns(&cut) <= COLUMNS + 1 && cut.ends_with('…'), "{cut}");
        assert_eq!(sheet(true).cut(&wide), wide);
        assert_eq!(sheet(false).cut("一\n二"), "一⏎二");
    }
}
