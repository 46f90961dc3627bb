//! One figure, what it is compared with, and whether that is good enough.

use std::fmt;
use std::time::Duration;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Milliseconds.
    Ms,
    /// 2^20 bytes.
    MiB,
    /// 10^6 bytes.
    MB,
    /// 10^6 bytes a second.
    MBs,
    /// A ratio.
    Times,
    /// How often a second.
    PerSecond,
    /// Hundredths.
    Percent,
    /// How many.
    Count,
}

impl Unit {
    /// As it is written behind a number.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Ms => "ms",
            Self::MiB => "MiB",
            Self::MB => "MB",
            Self::MBs => "MB/s",
            Self::Times => "×",
            Self::PerSecond => "/s",
            Self::Percent => "%",
            Self::Count => "",
        }
    }
}

/// A number with its unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figure {
    /// The number.
    pub(crate) number: f64,
    /// What it counts.
    pub(crate) unit: Unit,
}

impl Figure {
    /// A time in milliseconds.
    pub(crate) fn ms(time: Duration) -> Self {
        Self { number: time.as_secs_f64() * 1e3, unit: Unit::Ms }
    }

    /// So many of something.
    pub(crate) fn of(number: f64, unit: Unit) -> Self {
        Self { number, unit }
    }

    /// Memory that the kernel gives in KiB.
    pub(crate) fn kib(kib: u64) -> Self {
        Self::of(kib as f64 / 1024.0, Unit::MiB)
    }

    /// Bytes in a time.
    pub(crate) fn speed(bytes: u64, time: Duration) -> Self {
        Self::of(bytes as f64 / 1e6 / time.as_secs_f64(), Unit::MBs)
    }

    /// How many times another figure this one is.
    pub(crate) fn over(self, other: Self) -> Self {
        Self::of(self.number / other.number, Unit::Times)
    }

    /// What it has more than another one.
    pub(crate) fn minus(self, other: Self) -> Self {
        Self::of(self.number - other.number, self.unit)
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.unit == Unit::Count {
            return write!(f, "{:.0}", self.number);
        }
        let digits = match self.number.abs() {
            small if small < 10.0 => 2,
            some if some < 100.0 => 1,
            _ => 0,
        };
        write!(f, "{:.digits$} {}", self.number, self.unit.as_str())
    }
}

/// The bound of a result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    /// It must not be above.
    AtMost(f64),
    /// It must not be below.
    AtLeast(f64),
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// What was measured.
    pub(crate) what: String,
    /// What came out.
    pub(crate) measured: Figure,
    /// What it is compared with: a name, and what that gave in the same run.
    pub(crate) reference: Option<(String, Figure)>,
    /// What the target is about: the figure itself, a difference or a ratio.
    pub(crate) result: Figure,
    /// The bound of the result, and where that comes from if not from the number alone.
    pub(crate) target: Option<(Target, String)>,
    /// What else there is to say.
    pub(crate) notes: Vec<String>,
}

impl Row {
    /// A figure that stands by itself.
    pub(crate) fn plain(what: impl Into<String>, measured: Figure) -> Self {
        let what = what.into();
        Self { what, measured, reference: None, result: measured, target: None, notes: Vec::new() }
    }

    /// A figure and how much it is above its reference.
    pub(crate) fn added(what: impl Into<String>, measured: Figure, name: &str, reference: Figure) -> Self {
        let mut row = Self::plain(what, measured);
        row.reference = Some((name.to_owned(), reference));
        row.result = measured.minus(reference);
        row
    }

    /// A figure and how many times its reference it is.
    pub(crate) fn ratio(what: impl Into<String>, measured: Figure, name: &str, reference: Figure) -> Self {
        let mut row = Self::plain(what, measured);
        row.reference = Some((name.to_owned(), reference));
        row.result = measured.over(reference);
        row
    }

    /// What gitlab-runner takes for the same as a figure of ours.
    pub(crate) fn peer(theirs: Figure, ours: Figure) -> Self {
        Self::ratio("  the same with gitlab-runner", theirs, "ours", ours)
    }

    /// Sets the target.
    #[must_use]
    pub(crate) fn target(mut self, target: Target, because: &str) -> Self {
        self.target = Some((target, because.to_owned()));
        self
    }

    /// Adds a note.
    #[must_use]
    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Whether the target is met, if there is one. What is no number meets none.
    pub(crate) fn passes(&self) -> Option<bool> {
        self.target.as_ref().map(|(target, _)| match target {
            Target::AtMost(limit) => self.result.number <= *limit,
            Target::AtLeast(limit) => self.result.number >= *limit,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits() {
        assert_eq!(Figure::ms(Duration::from_micros(1234)).to_string(), "1.23 ms");
        assert_eq!(Figure::of(56.78, Unit::MBs).to_string(), "56.8 MB/s");
        assert_eq!(Figure::kib(10 * 1024 * 1024).to_string(), "10240 MiB");
        assert_eq!(Figure::of(7.0, Unit::Count).to_string(), "7");
    }

    #[test]
    fn targets() {
        let ms = |n: u64| Figure::ms(Duration::from_millis(n));
        let row = Row::added("job", ms(30), "bash", ms(5));
        assert_eq!(row.passes(), None);
        assert_eq!(row.clone().target(Target::AtMost(25.0), "").passes(), Some(true));
        assert_eq!(row.clone().target(Target::AtMost(24.9), "").passes(), Some(false));
        assert_eq!(row.target(Target::AtLeast(26.0), "").passes(), Some(false));
        let nothing = Row::ratio("nothing", ms(0), "nothing", ms(0)).target(Target::AtLeast(0.0), "");
        assert_eq!(nothing.passes(), Some(false));
    }
}
