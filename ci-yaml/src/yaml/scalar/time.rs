//! Dates and times, which are objects that GitLab does not permit.

use super::Reader;

/// The class that Ruby would make of this text.
pub(super) fn class(text: &str) -> Option<&'static str> {
    if is_time(Reader(text.as_bytes())).is_some() {
        Some("Time")
    } else if is_date(Reader(text.as_bytes())).is_some() {
        Some("Date")
    } else {
        None
    }
}

/// `2024-1-31 12:30:00`, with a fraction of a second and a zone if there is need.
fn is_time(mut text: Reader<'_>) -> Option<()> {
    text.one_of(b"-");
    text.digits(4, 4)?;
    for _ in 0..2 {
        text.one_of(b"-")?;
        text.digits(1, 2)?;
    }
    if text.one_of(b"Tt").is_none() && text.while_is(is_space) == 0 {
        return None;
    }
    text.digits(1, 2)?;
    for _ in 0..2 {
        text.one_of(b":")?;
        text.digits(2, 2)?;
    }
    if text.one_of(b".").is_some() {
        text.while_is(|byte| byte.is_ascii_digit());
    }
    if text.is_over() {
        return Some(());
    }
    text.while_is(is_space);
    if text.one_of(b"Z").is_none() {
        text.one_of(b"-+")?;
        let hours = text.digits(1, 4)?;
        if text.one_of(b":").is_some() && (hours > 2 || text.digits(0, 2)? == 1) {
            return None;
        }
    }
    text.is_over().then_some(())
}

/// `2024-1-31`, with a month up to 12 and a day up to 31.
fn is_date(mut text: Reader<'_>) -> Option<()> {
    text.digits(4, 4)?;
    for most in [12, 31] {
        text.one_of(b"-")?;
        let digits = text.0;
        let count = text.digits(1, 2)?;
        let number = digits.iter().take(count).fold(0, |number, digit| number * 10 + i32::from(digit - b'0'));
        if number > most {
            return None;
        }
    }
    text.is_over().then_some(())
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}
