//! Numbers.

use super::{Reader, Refusal};
use crate::Value;

/// The digits up to which an integer is converted that takes more than 128 bits.
const LONGEST: usize = 1_000;

/// The number, if a text without line breaks is one.
pub(super) fn resolve(text: &str) -> Result<Option<Value>, Refusal> {
    if let Some(value) = special(text) {
        return Ok(Some(Value::Float(value)));
    }
    if text.contains(':') {
        return Ok(sexagesimal(text));
    }
    if is_float(Reader(text.as_bytes())) {
        return float(text);
    }
    Ok(integer(text))
}

/// Infinities, and what is no number.
fn special(text: &str) -> Option<f64> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is(".inf") || is("+.inf") {
        Some(f64::INFINITY)
    } else if is("-.inf") {
        Some(f64::NEG_INFINITY)
    } else if is(".nan") {
        Some(f64::NAN)
    } else {
        None
    }
}

/// `1:30` and `1:30:00`, in which the first number always stands for hours; with a fraction if there is one.
fn sexagesimal(text: &str) -> Option<Value> {
    let mut reader = Reader(text.as_bytes());
    reader.one_of(b"-+");
    let digit = |byte: u8| byte.is_ascii_digit();
    if !reader.0.first().is_some_and(|byte| digit(*byte)) {
        return None;
    }
    reader.while_is(|byte| digit(byte) || byte == b'_');
    let mut parts = 0;
    while reader.one_of(b":").is_some() {
        let tens = reader.0.first() <= Some(&b'5');
        let count = reader.digits(1, 2)?;
        parts += 1;
        if parts > 2 || count == 2 && !tens {
            return None;
        }
    }
    let factors = [3600, 60, 1];
    if reader.is_over() {
        let part = |(part, factor): (&str, i128)| leading_integer(part)?.checked_mul(factor);
        let sum = text.split(':').zip(factors).try_fold(0_i128, |sum, item| sum.checked_add(part(item)?))?;
        return Some(Value::Int(sum));
    }
    reader.one_of(b".")?;
    reader.while_is(|byte| digit(byte) || byte == b'_');
    if !reader.is_over() {
        return None;
    }
    let part = |(part, factor): (&str, i128)| leading_float(part) * factor as f64;
    Some(Value::Float(text.split(':').zip(factors).map(part).sum()))
}

/// What Ruby's `to_i` makes of digits: underscores may stand singly between them, and anything else ends them.
fn leading_integer(text: &str) -> Option<i128> {
    without_underscores(text).parse().ok()
}

/// What Ruby's `to_f` makes of digits with a point.
fn leading_float(text: &str) -> f64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole_digits = without_underscores(whole);
    let fraction = if whole_digits.len() == whole.replace('_', "").len() && !fraction.starts_with('_') {
        without_underscores(fraction)
    } else {
        String::new()
    };
    format!("{whole_digits}.{fraction}0").parse().unwrap_or(0.0)
}

fn without_underscores(text: &str) -> String {
    let end = text.find("__").unwrap_or(text.len());
    text[..end].replace('_', "")
}

/// Digits, a point, digits, and an exponent with a sign.
fn is_float(mut text: Reader<'_>) -> bool {
    text.one_of(b"-+");
    if text.0.first().is_some_and(u8::is_ascii_digit) {
        text.while_is(|byte| byte.is_ascii_digit() || matches!(byte, b'_' | b','));
    }
    if text.one_of(b".").is_none() {
        return false;
    }
    text.while_is(|byte| byte.is_ascii_digit());
    if text.one_of(b"eE").is_some()
        && (text.one_of(b"-+").is_none() || text.while_is(|byte| byte.is_ascii_digit()) == 0)
    {
        return false;
    }
    text.is_over()
}

fn float(text: &str) -> Result<Option<Value>, Refusal> {
    if matches!(text, "." | "+." | "-.") {
        return Ok(None);
    }
    let digits = text.replace([',', '_'], "");
    // A point with nothing behind it but an exponent goes; with nothing before it either, no number is left.
    let mantissa = digits.split(['e', 'E']).next().unwrap_or_default();
    if !mantissa.contains(|char: char| char.is_ascii_digit()) {
        return Err(Refusal::Invalid);
    }
    Ok(digits.parse().ok().map(Value::Float))
}

/// An integer of base 2, 8, 10 or 16.
fn integer(text: &str) -> Option<Value> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (base, digits) = if let Some(digits) = digits.strip_prefix("0b") {
        (2, digits)
    } else if let Some(digits) = digits.strip_prefix("0x") {
        (16, digits)
    } else if digits.starts_with('0') {
        (8, digits)
    } else {
        (10, digits)
    };
    let has_digit = digits.contains(|char: char| char.is_digit(base));
    let fits = digits.chars().all(|char| char.is_digit(base) || matches!(char, '_' | ','));
    if !has_digit || !fits || base == 10 && !is_separated(digits) {
        return None;
    }
    let digits = digits.replace([',', '_'], "");
    match i128::from_str_radix(&digits, base) {
        Ok(number) => Some(Value::Int(if negative { -number } else { number })),
        // What matters of such a number is how it is written.
        Err(_) => Some(Value::Str(decimal(&digits, base, negative)?.into())),
    }
}

/// Whether decimal digits begin and end with a digit and have single separators between them.
fn is_separated(digits: &str) -> bool {
    let separator = |byte: Option<&u8>| matches!(byte, Some(b'_' | b','));
    let bytes = digits.as_bytes();
    !separator(bytes.first())
        && !separator(bytes.last())
        && !bytes.windows(2).any(|pair| separator(pair.first()) && separator(pair.last()))
}

/// An integer of any size in decimal digits.
fn decimal(digits: &str, base: u32, negative: bool) -> Option<String> {
    const LIMB: u64 = 1_000_000_000;
    if digits.len() > LONGEST {
        return None;
    }
    // The lowest nine decimal digits come first.
    let mut limbs: Vec<u64> = Vec::new();
    for digit in digits.chars() {
        let mut carry = u64::from(digit.to_digit(base)?);
        for limb in &mut limbs {
            let value = *limb * u64::from(base) + carry;
            *limb = value % LIMB;
            carry = value / LIMB;
        }
        if carry != 0 {
            limbs.push(carry);
        }
    }
    let mut limbs = limbs.iter().rev();
    let first = limbs.next().map_or_else(|| "0".into(), u64::to_string);
    let sign = if negative { "-" } else { "" };
    Some(limbs.fold(format!("{sign}{first}"), |text, limb| format!("{text}{limb:09}")))
}
