//! Durations in Go's notation, which is what configuration and log lines of a GitLab runner use.

use std::time::Duration;

/// Writes a duration as Go's `time.Duration.String` does: `1h0m0s`, `1.5s`, `250ms`, `0s`.
pub fn format(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    for (limit, unit, name) in [(1_000, 1, "ns"), (1_000_000, 1_000, "µs"), (1_000_000_000, 1_000_000, "ms")]
    {
        if nanos < limit {
            return format!("{}{name}", fraction(nanos, unit));
        }
    }
    let seconds = duration.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    let rest = fraction(nanos - u128::from(seconds / 60 * 60) * 1_000_000_000, 1_000_000_000);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m{rest}s"),
        _ => format!("{hours}h{minutes}m{rest}s"),
    }
}

/// `amount / unit` in decimal, without zeros at the end.
fn fraction(amount: u128, unit: u128) -> String {
    let whole = amount / unit;
    let rest = amount % unit;
    if rest == 0 {
        return whole.to_string();
    }
    let digits = unit.ilog10() as usize;
    let decimals = format!("{rest:0digits$}");
    format!("{whole}.{}", decimals.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::format;
    use std::time::Duration;

    #[test]
    fn as_go_writes_them() {
        for (duration, text) in [
            (Duration::ZERO, "0s"),
            (Duration::from_nanos(17), "17ns"),
            (Duration::from_nanos(1_500), "1.5µs"),
            (Duration::from_millis(100), "100ms"),
            (Duration::from_micros(185_485), "185.485ms"),
            (Duration::from_millis(1_500), "1.5s"),
            (Duration::from_secs(6), "6s"),
            (Duration::from_secs(90), "1m30s"),
            (Duration::from_secs(3600), "1h0m0s"),
            (Duration::from_millis(3_661_250), "1h1m1.25s"),
        ] {
            assert_eq!(format(duration), text);
        }
    }
}
