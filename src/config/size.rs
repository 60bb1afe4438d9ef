//! Sizes as people write them: "256 MB", "4 MiB", "1_000".

/// Bytes of a size such as `256 MB`, `4 MiB`, `1.5 GB`, `1000`; `None` if it is no size.
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let split =
        text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: f64 = number.replace('_', "").parse().ok()?;
    let factor: f64 = match unit.trim() {
        "" | "B" => 1.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "TB" => 1e12,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        "TiB" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let bytes = number * factor;
    (bytes.is_finite() && (0.0..=9e18).contains(&bytes)).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::parse_size;

    #[test]
    fn sizes_are_read_as_written() {
        for (text, bytes) in [
            ("256 MB", Some(256_000_000)),
            ("4MiB", Some(4_194_304)),
            ("1.5 GB", Some(1_500_000_000)),
            ("1_000", Some(1000)),
            ("0", Some(0)),
            ("12 parsecs", None),
            ("MB", None),
            ("-1 MB", None),
            ("1..2 MB", None),
        ] {
            assert_eq!(parse_size(text), bytes, "{text}");
        }
    }
}
