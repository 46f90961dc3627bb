//! Durations as ChronicDuration reads them, which GitLab does with `timeout`, `expire_in`, `start_in` and their like
//! (`build/duration_parser.rb`): `1h 30m`, `2 weeks and 1 day`, `1:30:00`, `day`, `twenty minutes`.

mod words;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;
const WEEK: f64 = 7.0 * DAY;
const MONTH: f64 = 30.0 * DAY;
const YEAR: f64 = 31_557_600.0;

/// What the parts of `1:30:00` count, from the right.
const CLOCK: [f64; 6] = [1.0, MINUTE, HOUR, DAY, MONTH, YEAR];

/// How many seconds a duration has; always more than none. Nothing for what is no duration, for a duration of zero, and
/// for `never`, which those keywords that take it look for themselves.
///
/// As in that library, a number without a unit counts seconds if nothing follows it, and nothing otherwise.
pub fn seconds(text: &str) -> Option<f64> {
    let text = words::to_numbers(&text.to_lowercase());
    let seconds = match clock(&text) {
        Some(seconds) => seconds?,
        None => spoken(&text)?,
    };
    (seconds > 0.0 && seconds.is_finite()).then_some(seconds)
}

/// The length of the number that a text begins with: `[0-9]*\.?[0-9]+`.
fn number(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    match text[whole..].strip_prefix('.').map(digits) {
        Some(fraction) if fraction > 0 => whole + 1 + fraction,
        _ => whole,
    }
}

/// `1:30:00`; the outer nothing where it has another form, the inner where it has too many parts.
fn clock(text: &str) -> Option<Option<f64>> {
    let text: String = text.chars().filter(|character| *character != ' ').collect();
    let is_number = |part: &str| !part.is_empty() && number(part) == part.len();
    if !text.contains(':') || !text.split(':').all(is_number) {
        return None;
    }
    let mut total = 0.0;
    for (index, part) in text.rsplit(':').enumerate() {
        let Some(unit) = CLOCK.get(index) else { return Some(None) };
        let Ok(value) = part.parse::<f64>() else { return Some(None) };
        total += value * unit;
    }
    Some(Some(total))
}

#[derive(Clone, Copy)]
enum Word {
    Number(f64),
    Unit(f64),
}

/// Numbers, units and what joins them; any other word makes it no duration.
fn spoken(text: &str) -> Option<f64> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = number(rest);
        if length > 0 {
            words.push(Word::Number(rest[..length].parse().ok()?));
            rest = &rest[length..];
        } else if first.is_whitespace() {
            rest = rest.trim_start();
        } else {
            let end = rest
                .char_indices()
                .find(|(index, character)| character.is_whitespace() || number(&rest[*index..]) > 0)
                .map_or(rest.len(), |(index, _)| index);
            let word = &rest[..end];
            let word = word.strip_prefix(',').unwrap_or(word);
            let word = word.strip_suffix(',').unwrap_or(word);
            match unit(word) {
                Some(unit) => words.push(Word::Unit(unit)),
                None if matches!(word, "and" | "with" | "plus") => {}
                None => return None,
            }
            rest = &rest[end..];
        }
    }
    if let Some(Word::Unit(_)) = words.first() {
        words.insert(0, Word::Number(1.0));
    }
    Some(words.iter().enumerate().map(|(index, word)| worth(*word, words.get(index + 1))).sum())
}

/// What a word adds: a number as often as the unit right behind it.
fn worth(word: Word, next: Option<&Word>) -> f64 {
    match (word, next) {
        (Word::Number(value), Some(Word::Unit(unit))) => value * unit,
        (Word::Number(value), None) => value,
        _ => 0.0,
    }
}

fn unit(word: &str) -> Option<f64> {
    Some(match word {
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => MINUTE,
        "h" | "hr" | "hrs" | "hour" | "hours" => HOUR,
        "d" | "dy" | "day" | "days" => DAY,
        "w" | "wk" | "wks" | "week" | "weeks" => WEEK,
        "mo" | "mos" | "month" | "months" => MONTH,
        "y" | "yr" | "yrs" | "year" | "years" => YEAR,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("1 hour", 3_600.0),
            ("1h", 3_600.0),
            ("1h30m", 5_400.0),
            ("1h 30m", 5_400.0),
            ("3600", 3_600.0),
            ("90 seconds", 90.0),
            ("2 weeks and 1 day", 1_296_000.0),
            ("2 weeks, 1 day", 1_296_000.0),
            ("1 day with 2 hours plus 3 min", 93_780.0),
            ("1 DAY", 86_400.0),
            ("day", 86_400.0),
            ("minute 30sec", 90.0),
            ("1 mo", 2_592_000.0),
            ("1 yr", 31_557_600.0),
            ("1.5 hours", 5_400.0),
            (".5h", 1_800.0),
            ("1:30", 90.0),
            ("1:30:00", 5_400.0),
            ("1:00:00:00", 86_400.0),
            ("3 : 41 : 59", 13_319.0),
            ("6 mos 1 day", 15_638_400.0),
            ("10 20 minutes", 1_200.0),
            ("1 day hour", 86_400.0),
            ("47 yrs 6 mos and 4d", 47.0 * 31_557_600.0 + 6.0 * 2_592_000.0 + 4.0 * 86_400.0),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn words_for_numbers() {
        for (text, expected) in [
            ("one hour", 3_600.0),
            ("a day", 86_400.0),
            ("twenty-five minutes", 1_500.0),
            ("twentyfive minutes", 1_500.0),
            ("twenty five minutes", 1_500.0),
            ("two hundred and five seconds", 205.0),
            ("hundred seconds", 100.0),
            ("2 thousand seconds", 2_000.0),
            ("one thousand two hundred seconds", 1_200.0),
            ("one day and two hours", 93_600.0),
            ("one and a half hours", 5_400.0),
            ("2 and a half hours", 9_000.0),
            ("one and three quarters hours", 6_300.0),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn no_durations() {
        for text in [
            "",
            " ",
            "0",
            "0 seconds",
            "never",
            "soon",
            "1 fortnight",
            "-1 day",
            "1,5 hours",
            "1 day , 2 hours",
            "1/2 hour",
            "half an hour",
            "1:2:3:4:5:6:7",
            "1:30 hours",
            "an hour",
            "hours of work",
            "1. hour",
            "½ hour",
            "a",
        ] {
            assert_eq!(seconds(text), None, "{text:?}");
        }
    }

    #[test]
    fn long_texts_take_no_time() {
        assert_eq!(seconds(&"1 hour ".repeat(100_000)), Some(360_000_000.0));
        assert_eq!(seconds(&"one ".repeat(100_000)), Some(1.0), "only the last has nothing behind it");
        assert!(seconds(&"9".repeat(100_000)).is_none());
        assert!(seconds(&"1:".repeat(100_000)).is_none());
    }
}
