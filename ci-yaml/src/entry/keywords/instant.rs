//! Dates and times as ISO 8601 writes them.

/// Whether a text is a date, with or without a time (`DateTime.iso8601`).
pub(super) fn is_instant(text: &str) -> bool {
    let text = text.trim();
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    is_date(date) && time.is_none_or(is_time)
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    match parts.as_slice() {
        [year, month, day] if !month.starts_with('W') => number(year, 4)
            .zip(number(month, 2))
            .zip(number(day, 2))
            .is_some_and(|((y, m), d)| exists(y, m, d)),
        [year, week, day] => number(year, 4).is_some() && is_week(week) && within(day, 1, 1, 7),
        [year, day] => number(year, 4).is_some_and(|year| within(day, 3, 1, 365 + u32::from(is_leap(year)))),
        [compact] if compact.len() == 8 && compact.is_ascii() => {
            let (year, rest) = compact.split_at(4);
            let (month, day) = rest.split_at(2);
            number(year, 4)
                .zip(number(month, 2))
                .zip(number(day, 2))
                .is_some_and(|((y, m), d)| exists(y, m, d))
        }
        _ => false,
    }
}

fn is_week(text: &str) -> bool {
    text.strip_prefix('W').is_some_and(|week| within(week, 2, 1, 53))
}

fn is_time(text: &str) -> bool {
    let zone = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(zone);
    is_clock(clock) && (zone.is_empty() || is_zone(zone))
}

fn is_clock(text: &str) -> bool {
    let (whole, fraction) =
        text.split_once(['.', ',']).map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let digits = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    let parts = pairs(whole);
    let fits = match parts.as_slice() {
        [hour] => within(hour, 2, 0, 24),
        [hour, minute] => within(hour, 2, 0, 24) && within(minute, 2, 0, 59),
        [hour, minute, second] => {
            within(hour, 2, 0, 24) && within(minute, 2, 0, 59) && within(second, 2, 0, 60)
        }
        _ => false,
    };
    fits && fraction.is_none_or(|rest| digits(rest) && parts.len() == 3)
}

fn is_zone(text: &str) -> bool {
    if text.eq_ignore_ascii_case("z") {
        return true;
    }
    let parts = pairs(text.trim_start_matches(['+', '-']));
    match parts.as_slice() {
        [hour] => within(hour, 2, 0, 23),
        [hour, minute] => within(hour, 2, 0, 23) && within(minute, 2, 0, 59),
        _ => false,
    }
}

/// Numbers of two digits, with colons between them or without.
fn pairs(text: &str) -> Vec<&str> {
    if text.contains(':') || text.len() <= 2 || !text.is_ascii() {
        return text.split(':').collect();
    }
    (0..text.len()).step_by(2).filter_map(|from| text.get(from..(from + 2).min(text.len()))).collect()
}

fn number(text: &str, digits: usize) -> Option<u32> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn within(text: &str, digits: usize, from: u32, to: u32) -> bool {
    number(text, digits).is_some_and(|number| (from..=to).contains(&number))
}

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn exists(year: u32, month: u32, day: u32) -> bool {
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(is_leap(year)),
        _ => 0,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::is_instant;

    #[test]
    fn dates_and_times() {
        for text in [
            "2021-03-15T08:00:00Z",
            "2021-03-15",
            "20210315",
            "2021-074",
            "2021-W11-1",
            "2024-02-29T23:59:59.123+02:00",
            "2021-03-15T0800+0200",
            "2021-03-15 08:00",
        ] {
            assert!(is_instant(text), "{text}");
        }
    }

    #[test]
    fn what_is_none() {
        for text in [
            "",
            "soon",
            "$DATE",
            "2021-13-01",
            "2021-02-29",
            "2021-03-15T25:00:00Z",
            "15.03.2021",
            "é12345678",
        ] {
            assert!(!is_instant(text), "{text}");
        }
    }
}
