//! Texts in Go's notations, which is what settings of a GitLab runner are written in.

use std::time::Duration;

/// A truth value as Go's `strconv.ParseBool` takes it.
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// A text in double quotes as Go's `%q` writes it.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0c' => quoted.push_str("\\f"),
            '\x0b' => quoted.push_str("\\v"),
            c if c.is_ascii_control() => escape(&mut quoted, 'x', 2, c),
            c if c.is_control() => escape(&mut quoted, 'u', 4, c),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn escape(quoted: &mut String, kind: char, digits: u32, c: char) {
    quoted.extend(['\\', kind]);
    let digit = |place: u32| char::from_digit(u32::from(c) >> (4 * place) & 15, 16);
    quoted.extend((0..digits).rev().filter_map(digit));
}

/// A duration that may be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoDuration {
    /// Below zero.
    Negative,
    /// Zero or more.
    Positive(Duration),
}

/// A duration as Go's `time.ParseDuration` takes it: `15m`, `1h20m30s`, `-1.5h`, `0`.
pub fn parse_duration(text: &str) -> Option<GoDuration> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    if rest.is_empty() {
        return None;
    }
    let mut nanos: u128 = 0;
    if rest != "0" {
        while !rest.is_empty() {
            let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let (amount, tail) = rest.split_at(number);
            let unit = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
            let (name, tail) = tail.split_at(unit);
            nanos = nanos.checked_add(scaled(amount, unit_nanos(name)?)?)?;
            rest = tail;
        }
    }
    let nanos = u64::try_from(nanos).ok().filter(|n| *n <= i64::MAX as u64)?;
    if negative && nanos > 0 {
        return Some(GoDuration::Negative);
    }
    Some(GoDuration::Positive(Duration::from_nanos(nanos)))
}

fn unit_nanos(name: &str) -> Option<u128> {
    Some(match name {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

/// `amount` (digits with at most one point) times `unit`, rounded down.
fn scaled(amount: &str, unit: u128) -> Option<u128> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut result = whole.checked_mul(unit)?;
    let mut scale = unit;
    for digit in fraction.bytes() {
        scale /= 10;
        result = result.checked_add(u128::from(digit - b'0') * scale)?;
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(seconds: f64) -> Option<GoDuration> {
        Some(GoDuration::Positive(Duration::from_secs_f64(seconds)))
    }

    #[test]
    fn durations() {
        for (text, expected) in [
            ("15m", seconds(900.0)),
            ("1h20m30s", seconds(4830.0)),
            ("1.5s", seconds(1.5)),
            (".5s", seconds(0.5)),
            ("0", seconds(0.0)),
            ("+3s", seconds(3.0)),
            ("100ms", seconds(0.1)),
            ("-1m", Some(GoDuration::Negative)),
            ("", None),
            ("-", None),
            ("5", None),
            ("abc", None),
            ("1d", None),
            ("1..5s", None),
            (".s", None),
            ("99999999999999999999h", None),
        ] {
            assert_eq!(parse_duration(text), expected, "{text}");
        }
    }

    #[test]
    fn quoted_as_go_does() {
        assert_eq!(quote("a\"b\\c\n\t\u{1f}é\u{85}"), r#""a\"b\\c\n\t\x1fé\u0085""#);
    }

    #[test]
    fn bools() {
        assert_eq!(parse_bool("True"), Some(true));
        assert_eq!(parse_bool("0"), Some(false));
        assert_eq!(parse_bool("yes"), None);
        assert_eq!(parse_bool("tRUE"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-+0-9.hmsnuµ]{0,40}") {
            let _ = parse_duration(&text);
        }
    }
}
