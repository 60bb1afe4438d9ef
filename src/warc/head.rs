//! The header block of a record: its fields as ranges, and the lengths it states.
//!
//! A block that keeps to the standard is read as `warc::parser::headers` reads it, which takes six
//! times as long and is the reference of a test. Every other block is read as well: LF alone ends a
//! line, a line that begins with a blank continues the one before, a name may hold anything but a
//! colon, a line without colon is passed over, bytes need not be UTF-8.

/// Header blocks longer than this are not looked for.
pub(super) const HEAD_MAX: usize = 2 << 20;

/// One field: where its name and its value stand in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    name: (u32, u32),
    value: (u32, u32),
}

impl Field {
    /// A field of two slices of `head`.
    fn of(head: &[u8], name: &[u8], value: &[u8]) -> Field {
        Field { name: place(head, name), value: place(head, value.trim_ascii()) }
    }

    /// The name, as written.
    pub(super) fn name<'a>(&self, record: &'a [u8]) -> &'a [u8] {
        &record[self.name.0 as usize..self.name.1 as usize]
    }

    /// The value without blanks round it; a continued one still holds its line ends.
    pub(super) fn value<'a>(&self, record: &'a [u8]) -> &'a [u8] {
        &record[self.value.0 as usize..self.value.1 as usize]
    }
}

/// Where `part`, a slice of `head`, stands in it. Heads are shorter than `HEAD_MAX`.
fn place(head: &[u8], part: &[u8]) -> (u32, u32) {
    let from = part.as_ptr() as usize - head.as_ptr() as usize;
    (from as u32, (from + part.len()) as u32)
}

/// The value of the first field of that name, in any case.
pub(super) fn field<'a>(record: &'a [u8], fields: &[Field], name: &str) -> Option<&'a [u8]> {
    let named = |field: &&Field| field.name(record).eq_ignore_ascii_case(name.as_bytes());
    fields.iter().find(named).map(|field| field.value(record))
}

/// The first stated Content-Length that is a number.
pub(super) fn content_length(record: &[u8], fields: &[Field]) -> Option<u64> {
    fields
        .iter()
        .filter(|field| field.name(record).eq_ignore_ascii_case(b"content-length"))
        .find_map(|field| {
            let digits = field.value(record);
            // `parse` alone would take a sign.
            let plain = digits.first()?.is_ascii_digit();
            std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
        })
}

/// Splits a header block, version line and closing blank line included, into `fields`.
pub(super) fn split(head: &[u8], fields: &mut Vec<Field>) {
    fields.clear();
    for line in head.split_inclusive(|&byte| byte == b'\n').skip(1) {
        let text = line.trim_ascii_end();
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            if let (Some(field), false) = (fields.last_mut(), text.is_empty()) {
                let (from, to) = place(head, text.trim_ascii_start());
                // An empty value begins where its continuation does.
                let empty = field.value.0 == field.value.1;
                field.value = (if empty { from } else { field.value.0 }, to);
            }
            continue;
        }
        let Some(colon) = memchr::memchr(b':', text) else { continue };
        let name = text[..colon].trim_ascii();
        if !name.is_empty() {
            fields.push(Field::of(head, name, &text[colon + 1..]));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fields(head: &[u8], split: impl Fn(&[u8], &mut Vec<Field>)) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut fields = Vec::new();
        split(head, &mut fields);
        fields.iter().map(|f| (f.name(head).to_vec(), f.value(head).to_vec())).collect()
    }

    #[test]
    fn every_field_of_an_odd_block_is_read() {
        let head = b"WARC/1.0\nWARC-Type : response\r\nno colon here\r\n: no name\r\n\
            Odd Name/x: 1\r\nLong: one\r\n\ttwo \r\nEmpty:\r\n  later\r\nURI: \xff\rx\r\nLast: y\r\n\r\n";
        let expected: [(&[u8], &[u8]); 6] = [
            (b"WARC-Type", b"response"),
            (b"Odd Name/x", b"1"),
            (b"Long", b"one\r\n\ttwo"),
            (b"Empty", b"later"),
            (b"URI", b"\xff\rx"),
            (b"Last", b"y"),
        ];
        let found = fields(head, split);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!((&found.0[..], &found.1[..]), expected);
        }
    }

    #[test]
    fn only_a_number_is_a_content_length() {
        for (value, expected) in [
            ("12", Some(12)),
            (" 12 \t", Some(12)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-1", None),
            ("+1", None),
            ("twelve", None),
            ("12 bytes", None),
            ("", None),
        ] {
            let head = format!("WARC/1.0\r\nContent-Length: {value}\r\n\r\n");
            let mut list = Vec::new();
            split(head.as_bytes(), &mut list);
            assert_eq!(content_length(head.as_bytes(), &list), expected, "{value:?}");
        }
        let twice =
            b"WARC/1.0\r\nContent-Length: x\r\ncontent-length: 5\r\nContent-Length: 6\r\n\r\n";
        let mut list = Vec::new();
        split(twice, &mut list);
        assert_eq!(content_length(twice, &list), Some(5));
    }

    /// Whether the parser of the `warc` crate took every line.
    fn split_strictly(head: &[u8], fields: &mut Vec<Field>) -> bool {
        let Ok((rest, (_, found, _))) = ::warc::parser::headers(head) else {
            return false;
        };
        let pair = |&(name, value): &(&str, &[u8])| Field::of(head, name.as_bytes(), value);
        fields.extend(found.iter().map(pair));
        matches!(rest, b"\r\n" | b"\n")
    }

    proptest! {
        #[test]
        fn sound_blocks_are_read_as_the_warc_crate_reads_them(
            lines in prop::collection::vec(("[A-Za-z][A-Za-z0-9-]{0,12}", "[ -~]{0,30}"), 1..12)
        ) {
            let mut head = b"WARC/1.0\r\n".to_vec();
            for (name, value) in &lines {
                head.extend(format!("{name}: {value}\r\n").bytes());
            }
            head.extend(b"\r\n");
            let mut strict = Vec::new();
            prop_assume!(split_strictly(&head, &mut strict));
            let strict = fields(&head, |_, out| out.clone_from(&strict));
            prop_assert_eq!(strict, fields(&head, split));
        }
    }
}
