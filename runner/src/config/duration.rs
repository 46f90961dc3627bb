//! Durations as Go writes them: `300ms`, `1h30m`, `-2s`.

use std::fmt;
use std::time::Duration;

/// Units, longest name first where one starts another.
const UNITS: &[(&str, i64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60 * 1_000_000_000),
    ("h", 3600 * 1_000_000_000),
];

/// A signed number of nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GoDuration(pub(crate) i64);

/// Why a text is no duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DurationError {
    #[error("a number is missing")]
    Number,
    #[error("a unit is missing")]
    Unit,
    #[error("the unit is unknown")]
    UnknownUnit,
    #[error("the value is too large")]
    Range,
}

impl GoDuration {
    /// Reads a duration; the whole text must be one, without blanks.
    pub(crate) fn parse(text: &str) -> Result<Self, DurationError> {
        let (negative, mut rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        if rest == "0" {
            return Ok(Self(0));
        }
        if rest.is_empty() {
            return Err(DurationError::Number);
        }
        let mut total: i128 = 0;
        while !rest.is_empty() {
            let (part, after) = component(rest)?;
            total += part;
            if total > i128::from(i64::MAX) {
                return Err(DurationError::Range);
            }
            rest = after;
        }
        let signed = if negative { -total } else { total };
        i64::try_from(signed).map(Self).map_err(|_| DurationError::Range)
    }

    /// The duration if it is above zero.
    pub(crate) fn positive(self) -> Option<Duration> {
        u64::try_from(self.0).ok().filter(|nanos| *nanos > 0).map(Duration::from_nanos)
    }

    /// The duration, zero if it is below.
    pub(crate) fn clamped(self) -> Duration {
        self.positive().unwrap_or(Duration::ZERO)
    }
}

/// One number with its unit, in nanoseconds, and what follows it.
fn component(text: &str) -> Result<(i128, &str), DurationError> {
    let number_end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or(DurationError::Unit)?;
    let (number, rest) = text.split_at(number_end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return Err(DurationError::Number);
    }
    let unit_end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    let scale = UNITS.iter().find(|(name, _)| *name == unit).ok_or(DurationError::UnknownUnit)?.1;
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| DurationError::Range)? };
    let value = i128::from(whole) * i128::from(scale) + fraction_of(fraction, scale);
    Ok((value, rest))
}

/// `0.FRACTION` of a unit; digits beyond the eighteenth are dropped.
fn fraction_of(digits: &str, scale: i64) -> i128 {
    let (numerator, denominator) = digits
        .bytes()
        .take(18)
        .fold((0_i128, 1_i128), |(value, place), digit| (value * 10 + i128::from(digit - b'0'), place * 10));
    numerator * i128::from(scale) / denominator
}

/// As Go prints it: `15m0s`, `1.5s`, `100ms`, `0s`.
impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        match nanos {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{nanos}ns"),
            1_000..1_000_000 => decimal(f, nanos, 1_000, "µs"),
            1_000_000..1_000_000_000 => decimal(f, nanos, 1_000_000, "ms"),
            _ => {
                let minutes = nanos / 60_000_000_000;
                if minutes >= 60 {
                    write!(f, "{}h", minutes / 60)?;
                }
                if minutes > 0 {
                    write!(f, "{}m", minutes % 60)?;
                }
                decimal(f, nanos % 60_000_000_000, 1_000_000_000, "s")
            }
        }
    }
}

fn decimal(f: &mut fmt::Formatter<'_>, value: u64, scale: u64, unit: &str) -> fmt::Result {
    let width = scale.ilog10() as usize;
    let fraction = format!("{:0width$}", value % scale);
    match fraction.trim_end_matches('0') {
        "" => write!(f, "{}{unit}", value / scale),
        digits => write!(f, "{}.{digits}{unit}", value / scale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn table() {
        for (text, nanos) in [
            ("0", 0),
            ("300ms", 300_000_000),
            ("90s", 90_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1.5h", 5_400_000_000_000),
            ("-2s", -2_000_000_000),
            ("+5µs", 5_000),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("0.3333333333333333333h", 1_200_000_000_000 - 1),
        ] {
            assert_eq!(GoDuration::parse(text), Ok(GoDuration(nanos)), "{text}");
        }
    }

    #[test]
    fn refusals() {
        for (text, error) in [
            ("", DurationError::Number),
            ("-", DurationError::Number),
            ("60", DurationError::Unit),
            ("1 h", DurationError::UnknownUnit),
            ("1d", DurationError::UnknownUnit),
            ("30 min", DurationError::UnknownUnit),
            (".s", DurationError::Number),
            ("1.2.3s", DurationError::Number),
            ("s", DurationError::Number),
            ("9999999h", DurationError::Range),
            ("99999999999999999999s", DurationError::Range),
        ] {
            assert_eq!(GoDuration::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn printing() {
        for (nanos, text) in [
            (900_000_000_000, "15m0s"),
            (3_600_000_000_000, "1h0m0s"),
            (1_500_000_000, "1.5s"),
            (100_000_000, "100ms"),
            (1_500, "1.5µs"),
            (7, "7ns"),
            (0, "0s"),
            (-60_000_000_000, "-1m0s"),
        ] {
            assert_eq!(GoDuration(nanos).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(nanos in any::<i64>().prop_filter("Go's minimum", |n| *n != i64::MIN)) {
            prop_assert_eq!(GoDuration::parse(&GoDuration(nanos).to_string()), Ok(GoDuration(nanos)));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,20}") {
            let _ = GoDuration::parse(&text);
        }
    }
}
