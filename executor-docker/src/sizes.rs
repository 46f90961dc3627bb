//! Amounts of memory and of processors, as the docker command line writes them.

/// A text that is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// There is no number.
    #[error("there is no number")]
    NoNumber,
    /// What stands where a number should.
    #[error("the number cannot be read")]
    Number,
    /// It is below zero.
    #[error("it is negative")]
    Negative,
    /// What stands behind the number.
    #[error("the unit is none of b, k, m, g, t, p")]
    Unit,
    /// It is more than there can be.
    #[error("it is too large")]
    TooLarge,
}

/// Bytes: a number, perhaps with a fraction, and a unit: none or `b`, `k`, `m`, `g`, `t` or `p` in any case, each a
/// power of 1024 and perhaps followed by `b` or `ib`; a blank may stand between. Follows `RAMInBytes` of Docker's
/// `go-units`.
///
/// # Errors
/// [`SizeError`].
pub fn bytes(text: &str) -> Result<i64, SizeError> {
    let last = text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ').ok_or(SizeError::NoNumber)?;
    let (number, unit) = text.split_at(last + 1);
    let number = number.strip_suffix(' ').unwrap_or(number);
    let number: f64 = number.parse().map_err(|_| SizeError::Number)?;
    if number < 0.0 {
        return Err(SizeError::Negative);
    }
    let size = number * factor(unit)?;
    // As a float, this is one more than the largest integer. Fractions of bytes are cut off.
    if size < i64::MAX as f64 { Ok(size as i64) } else { Err(SizeError::TooLarge) }
}

fn factor(unit: &str) -> Result<f64, SizeError> {
    let unit = unit.to_ascii_lowercase();
    let Some(first) = unit.chars().next().filter(|first| *first != 'b') else {
        return if matches!(unit.as_str(), "" | "b") { Ok(1.0) } else { Err(SizeError::Unit) };
    };
    let power = "kmgtp".find(first).ok_or(SizeError::Unit)?;
    if !matches!(&unit[1..], "" | "b" | "ib") {
        return Err(SizeError::Unit);
    }
    Ok([1024.0, 1_048_576.0, 1_073_741_824.0, 1_099_511_627_776.0, 1_125_899_906_842_624.0][power])
}

/// A number of bytes as people read it: `512 MiB`, `1.5 GiB`, `700 bytes`.
pub fn shown(bytes: i64) -> String {
    let units = [(1_i64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let Some((unit, name)) = units.into_iter().find(|(unit, _)| bytes >= *unit) else {
        return format!("{bytes} bytes");
    };
    // Tenths, cut off: nobody is to believe that there was more than there is.
    let (whole, tenths) = (bytes / unit, bytes % unit * 10 / unit);
    if tenths == 0 { format!("{whole} {name}") } else { format!("{whole}.{tenths} {name}") }
}

/// Billionths of a processor: a decimal number (`0.5`, `1e-1`) or a fraction (`1/2`). What is finer than a
/// billionth is cut off.
///
/// # Errors
/// [`SizeError`].
pub fn nano_cpus(text: &str) -> Result<i64, SizeError> {
    const ONE: u128 = 1_000_000_000;
    let (above, below) = match text.split_once('/') {
        Some((above, below)) => (whole(above)?, whole(below)?),
        None => decimal(text)?,
    };
    let nanos = above.checked_mul(ONE).and_then(|nanos| nanos.checked_div(below));
    let nanos = nanos.ok_or(if below == 0 { SizeError::Number } else { SizeError::TooLarge })?;
    i64::try_from(nanos).map_err(|_| SizeError::TooLarge)
}

fn whole(text: &str) -> Result<u128, SizeError> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if digits.starts_with('-') {
        return Err(SizeError::Negative);
    }
    match digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true if digits.is_empty() => Err(SizeError::NoNumber),
        true => digits.parse().map_err(|_| SizeError::TooLarge),
        false => Err(SizeError::Number),
    }
}

/// A decimal number as numerator and denominator.
fn decimal(text: &str) -> Result<(u128, u128), SizeError> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| SizeError::Number)?),
        None => (text, 0),
    };
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(SizeError::Number);
    }
    // More digits than that say nothing about billionths.
    let fraction = &fraction[..fraction.len().min(18)];
    let digits = whole(&format!("{integer}{fraction}"))?;
    let scale = exponent.saturating_sub(fraction.len() as i32);
    let power = |by: u32| 10_u128.checked_pow(by).ok_or(SizeError::TooLarge);
    match u32::try_from(scale) {
        _ if digits == 0 => Ok((0, 1)),
        Ok(up) => Ok((digits.checked_mul(power(up)?).ok_or(SizeError::TooLarge)?, 1)),
        // So far below a billionth that nothing is left.
        Err(_) if scale < -38 => Ok((0, 1)),
        Err(_) => Ok((digits, power(scale.unsigned_abs())?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_read_as_docker_reads_them() {
        for (text, size) in [
            ("32", 32),
            ("32b", 32),
            ("32B", 32),
            ("32k", 32 << 10),
            ("32KB", 32 << 10),
            ("32kib", 32 << 10),
            ("32 KiB", 32 << 10),
            ("512m", 512 << 20),
            ("1.5g", 3 << 29),
            (".5g", 1 << 29),
            ("5.", 5),
            ("32Tb", 32 << 40),
            ("32 pib", 32 << 50),
            ("0", 0),
            ("1e3", 1000),
            ("+7", 7),
        ] {
            assert_eq!(bytes(text), Ok(size), "{text}");
        }
    }

    #[test]
    fn what_is_no_size() {
        for (text, error) in [
            ("", SizeError::NoNumber),
            ("lots", SizeError::NoNumber),
            ("k", SizeError::NoNumber),
            ("inf", SizeError::NoNumber),
            ("-1", SizeError::Negative),
            ("-512m", SizeError::Negative),
            ("1,5g", SizeError::Number),
            ("1 2g", SizeError::Number),
            (" 1", SizeError::Number),
            ("1  g", SizeError::Number),
            (".", SizeError::Number),
            ("5q", SizeError::Unit),
            ("5mbit", SizeError::Unit),
            ("5bb", SizeError::Unit),
            ("5kk", SizeError::Unit),
            ("5g ", SizeError::Number),
            ("5ü", SizeError::Unit),
            ("9223372036854775808", SizeError::TooLarge),
            ("8192p", SizeError::TooLarge),
            ("1e400", SizeError::TooLarge),
        ] {
            assert_eq!(bytes(text), Err(error), "{text}");
        }
    }

    #[test]
    fn sizes_are_shown() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1024, "1 KiB"),
            (512 << 20, "512 MiB"),
            (3 << 29, "1.5 GiB"),
            ((2 << 30) - 1, "1.9 GiB"),
            (i64::MAX, "8388607.9 TiB"),
            (-1, "-1 bytes"),
        ] {
            assert_eq!(shown(bytes), text);
        }
    }

    #[test]
    fn processors() {
        for (text, nanos) in [
            ("1", 1_000_000_000),
            ("0.5", 500_000_000),
            ("1/2", 500_000_000),
            ("1/3", 333_333_333),
            ("2.25", 2_250_000_000),
            (".1", 100_000_000),
            ("0.29", 290_000_000),
            ("1e-1", 100_000_000),
            ("15E-1", 1_500_000_000),
            ("2e0", 2_000_000_000),
            ("0", 0),
            ("0e99999", 0),
            ("0.0000000001", 0),
            ("1e-500", 0),
            ("0.1e-2147483648", 0),
            ("9000000000", 9_000_000_000_000_000_000),
        ] {
            assert_eq!(nano_cpus(text), Ok(nanos), "{text}");
        }
        for (text, error) in [
            ("", SizeError::NoNumber),
            ("many", SizeError::Number),
            ("-1", SizeError::Negative),
            ("1/0", SizeError::Number),
            ("1/", SizeError::NoNumber),
            ("1.5/2", SizeError::Number),
            ("1,5", SizeError::Number),
            (".", SizeError::NoNumber),
            ("1.2.3", SizeError::Number),
            ("1e", SizeError::Number),
            ("1e40", SizeError::TooLarge),
            ("10000000000", SizeError::TooLarge),
            (&"9".repeat(60), SizeError::TooLarge),
        ] {
            assert_eq!(nano_cpus(text), Err(error), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[-+0-9.eE/kmgib ü]{0,24}") {
            let size = bytes(&text);
            prop_assert!(size.is_err() || size.is_ok_and(|size| size >= 0));
            let nanos = nano_cpus(&text);
            prop_assert!(nanos.is_err() || nanos.is_ok_and(|nanos| nanos >= 0));
        }

        #[test]
        fn whole_numbers_of_units(number in 0..1_000_000_i64, power in 0..5_usize, tail in "(|b|ib)") {
            let unit = &"kmgtp"[power..=power];
            let size = number.checked_shl(10 * (power as u32 + 1));
            // Beyond 2^53 sizes are no longer exact.
            prop_assume!(size.is_some_and(|size| size >> (10 * (power + 1)) == number && size < 1 << 53));
            prop_assert_eq!(bytes(&format!("{number}{unit}{tail}")).ok(), size);
        }

        #[test]
        fn decimals_are_exact(whole in 0..1000_i64, nanos in 0..1_000_000_000_i64) {
            prop_assert_eq!(nano_cpus(&format!("{whole}.{nanos:09}")), Ok(whole * 1_000_000_000 + nanos));
        }
    }
}
