//! Times as people say them.

use super::{Lang, Text};

impl Lang {
    /// `1 minute 12 seconds`; two units at most.
    pub fn duration(self, milliseconds: u64) -> String {
        let seconds = milliseconds / 1000;
        let units = [
            (seconds / 86400, Text::Days, Text::Day),
            (seconds / 3600 % 24, Text::Hours, Text::Hour),
            (seconds / 60 % 60, Text::Minutes, Text::Minute),
            (seconds % 60, Text::Seconds, Text::Second),
        ];
        let shown =
            units.iter().skip_while(|(count, ..)| *count == 0).take(2).filter(|(count, ..)| *count > 0);
        let words: Vec<_> = shown.map(|(count, many, one)| self.count(*count, *one, *many)).collect();
        match words.is_empty() {
            true => self.fill(Text::Seconds, &["0"]),
            false => words.join(" "),
        }
    }

    /// `2 hours ago`.
    pub fn ago(self, milliseconds: u64) -> String {
        let seconds = milliseconds / 1000;
        let (count, one, many) = match seconds {
            0..=44 => return self.text(Text::JustNow).to_owned(),
            45..=3599 => (seconds.div_ceil(60).min(59), Text::Minute, Text::Minutes),
            3600..=86_399 => (seconds / 3600, Text::Hour, Text::Hours),
            86_400..=2_591_999 => (seconds / 86_400, Text::Day, Text::Days),
            2_592_000..=31_535_999 => (seconds / 2_592_000, Text::Month, Text::Months),
            _ => (seconds / 31_536_000, Text::Year, Text::Years),
        };
        self.fill(Text::Ago, &[&self.count(count, one, many)])
    }

    /// A number with its word.
    pub fn count(self, count: u64, one: Text, many: Text) -> String {
        self.fill(if count == 1 { one } else { many }, &[&count.to_string()])
    }
}

/// `hh:mm:ss`.
pub(crate) fn clock(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_two_units_at_most() {
        let of = |seconds: u64| Lang::En.duration(seconds * 1000);
        assert_eq!(of(0), "0 seconds");
        assert_eq!(of(61), "1 minute 1 second");
        assert_eq!(of(3600), "1 hour");
        assert_eq!(of(3600 * 25 + 62), "1 day 1 hour");
        assert_eq!(Lang::Zh.duration(72_000), "1 分钟 12 秒");
        assert_eq!(clock(3_725_999), "01:02:05");
    }

    #[test]
    fn the_past_is_told_roughly() {
        let of = |seconds: u64| Lang::En.ago(seconds * 1000);
        assert_eq!(of(3), "just now");
        assert_eq!(of(50), "1 minute ago");
        assert_eq!(of(7300), "2 hours ago");
        assert_eq!(of(86_400 * 400), "1 year ago");
        assert_eq!(Lang::Zh.ago(7_300_000), "2 小时前");
    }
}
