//! One line of a file of texts: the text, and where it comes from as far as the line tells.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::error::{Error, Kind, Place};
use crate::tokens::Origin;

/// A line, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) origin: Origin,
}

/// Why a line could not be taken apart.
#[derive(Debug)]
pub(super) struct Wrong(serde_json::Error);

impl Wrong {
    /// The error for line `line`, counted from 1, of the file at `path`.
    pub(super) fn at(self, path: &Path, line: usize) -> Error {
        let place = Place::Text { path: path.to_path_buf(), line, column: self.0.column().max(1) };
        // Its own place is that within the line, which would contradict the place in the file.
        let cause = self.0.to_string();
        let cause = cause.split(" at line 1 column").next().unwrap_or(&cause).to_owned();
        Error::new(Kind::Data, "this line is no JSON object with a text")
            .at(place)
            .caused_by(cause)
            .help("each line is an object such as {\"text\": \"…\"}; --field names another field")
    }
}

/// Takes a line apart. Other fields than the text are taken as they come: `id` and `url` at the top
/// or in `meta`, `warc_file` and `warc_offset` in `meta`, as in a corpus of ours.
pub(super) fn parse<'a>(line: &'a [u8], field: &str) -> Result<Row<'a>, Wrong> {
    let mut json = serde_json::Deserializer::from_slice(line);
    let row = RowSeed { field }.deserialize(&mut json).map_err(Wrong)?;
    json.end().map_err(Wrong)?;
    Ok(row)
}

struct RowSeed<'f> {
    field: &'f str,
}

/// A text that is taken from the line without a copy where it has no escapes.
#[derive(Deserialize)]
struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> DeserializeSeed<'de> for RowSeed<'_> {
    type Value = Row<'de>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Row<'de>, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_> {
    type Value = Row<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with the text in `{}`", self.field)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row<'de>, A::Error> {
        let (mut text, mut origin) = (None, Origin::default());
        while let Some(Borrowed(key)) = map.next_key()? {
            match key.as_ref() {
                key if key == self.field => text = Some(map.next_value::<Borrowed<'_>>()?.0),
                "id" => origin.id = label(&map.next_value()?),
                "url" => origin.url = label(&map.next_value()?),
                "meta" => from_meta(&map.next_value()?, &mut origin),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        match text {
            Some(text) => Ok(Row { text, origin }),
            None => Err(A::Error::custom(format!("there is no field `{}`", self.field))),
        }
    }
}

fn from_meta(meta: &Value, origin: &mut Origin) {
    for (key, place) in
        [("id", &mut origin.id), ("url", &mut origin.url), ("warc_file", &mut origin.warc_file)]
    {
        if let Some(value) = meta.get(key) {
            *place = label(value);
        }
    }
    origin.warc_offset = meta.get("warc_offset").and_then(Value::as_i64);
}

/// A text or number as text; nothing else tells where a document comes from.
fn label(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_corpus_tells_its_text_and_origin() {
        let line = r#"{"id": "0a", "text": "吾輩\nは", "meta": {"url": "https://a.example/",
            "title": null, "warc_file": "a.warc.gz", "warc_offset": 12}}"#;
        let row = parse(line.as_bytes(), "text").unwrap();
        assert_eq!(row.text, "吾輩\nは");
        let origin = Origin {
            id: "0a".to_owned(),
            url: "https://a.example/".to_owned(),
            warc_file: "a.warc.gz".to_owned(),
            warc_offset: Some(12),
        };
        assert_eq!(row.origin, origin);
    }

    #[test]
    fn a_line_of_anybody_needs_only_the_field() {
        let row =
            parse(r#"{"meta": [1], "id": 7, "content": "犬", "text": 3}"#.as_bytes(), "content");
        let row = row.unwrap();
        assert!(matches!(row.text, Cow::Borrowed("犬")));
        assert_eq!(row.origin, Origin { id: "7".to_owned(), ..Origin::default() });
    }

    #[test]
    fn a_line_without_a_text_says_what_is_missing_and_where() {
        let table = [
            (r#"{"body": "犬"}"#, "no field `text`"),
            (r#"{"text": 3}"#, "expected a"),
            (r#"["text"]"#, "an object with the text in `text`"),
            (r#"{"text": "犬"} x"#, "trailing"),
            ("no JSON", "expected"),
            ("", "EOF"),
        ];
        for (line, expected) in table {
            let error = parse(line.as_bytes(), "text").unwrap_err().at(Path::new("x.jsonl"), 4);
            assert_eq!(error.kind, Kind::Data);
            assert!(error.place.as_ref().unwrap().to_string().starts_with("x.jsonl:4:"));
            let cause = std::error::Error::source(&error).unwrap().to_string();
            assert!(cause.contains(expected), "{line}: {cause}");
        }
    }
}
