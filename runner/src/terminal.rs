//! How text looks on a terminal: colours, widths, and nothing that could steer it.

use crate::environment::Environment;
use std::borrow::Cow;
use std::io::IsTerminal as _;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Columns where nobody says how many there are.
const COLUMNS: usize = 80;
/// The most columns that text is laid out for: longer lines are hard to read.
const MOST: usize = 120;

/// How to write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    colours: bool,
    columns: usize,
}

/// Colours, by what they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    Strong,
    Dim,
    Bad,
    Warn,
    Good,
    Name,
    Info,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Self::Strong => "1",
            Self::Dim => "2",
            Self::Bad => "1;31",
            Self::Warn => "1;33",
            Self::Good => "32",
            Self::Name => "36",
            Self::Info => "34",
        }
    }
}

impl Style {
    /// For stdout: colours if it is a terminal that has them and `NO_COLOR` is not set; as wide as `COLUMNS` says, else
    /// as the terminal.
    pub(crate) fn of_stdout(environment: &Environment) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let wanted = environment.non_empty("NO_COLOR").is_none() && environment.get("TERM") != Some("dumb");
        let size = if terminal { terminal_size::terminal_size_of(std::io::stdout()) } else { None };
        let said = environment.get("COLUMNS").and_then(|columns| columns.parse::<usize>().ok());
        let columns = said.or_else(|| size.map(|(columns, _)| usize::from(columns.0)));
        let columns = columns.map_or(COLUMNS, |columns| columns.clamp(40, MOST));
        Self { colours: terminal && wanted, columns }
    }

    /// Without colours, so many columns wide.
    pub(crate) fn plain(columns: usize) -> Self {
        Self { colours: false, columns }
    }

    /// With colours, so many columns wide.
    #[cfg(test)]
    pub(crate) fn coloured(columns: usize) -> Self {
        Self { colours: true, columns }
    }

    /// Whether there are colours.
    pub(crate) fn colours(self) -> bool {
        self.colours
    }

    /// Columns that lines should fit in.
    pub(crate) fn columns(self) -> usize {
        self.columns
    }

    /// Text in a colour.
    pub(crate) fn paint<'a>(self, paint: Paint, text: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
        let text = text.into();
        if !self.colours || text.is_empty() {
            return text;
        }
        Cow::Owned(format!("\u{1b}[{}m{text}\u{1b}[0m", paint.code()))
    }
}

/// Columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// Whether a character changes how what follows is shown: control characters and changes of direction.
pub(crate) fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with a space for each character that could steer the terminal.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if steers(c) { ' ' } else { c }).collect())
}

/// The text, cut to so many columns with an ellipsis at its end.
pub(crate) fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        out.push(c);
    }
    out.push('…');
    Cow::Owned(out)
}

/// Spaces that fill a text up to so many columns.
pub(crate) fn fill(text: &str, columns: usize) -> String {
    " ".repeat(columns.saturating_sub(width(text)))
}

/// The words of a text in lines of so many columns. A longer word has a line of its own.
pub(crate) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        let mut used = 0;
        for word in paragraph.split(' ') {
            let more = width(word);
            if used > 0 && used + 1 + more > columns {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += more;
        }
        lines.push(line);
    }
    lines
}

/// Items, with commas between them, in lines of so many columns. No item is broken.
pub(crate) fn wrap_list<S: AsRef<str>>(items: impl IntoIterator<Item = S>, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    for item in items {
        let item = item.as_ref();
        let more = width(item);
        match lines.last_mut() {
            // A comma before it, a space, and a comma behind it.
            Some(line) if used + more + 3 <= columns => {
                line.push_str(", ");
                used += 2;
            }
            last => {
                if let Some(line) = last {
                    line.push(',');
                }
                lines.push(String::new());
                used = 0;
            }
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(item);
        }
        used += more;
    }
    lines
}

/// `1 job`, `2 jobs`.
pub(crate) fn counted(number: usize, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {what}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_a_terminal() {
        assert_eq!(width("日本"), 4);
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(fill("日", 4), "  ");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 7), [""; 0]);
        assert_eq!(wrap_list(["a b", "c d", "e"], 9), ["a b, c d,", "e"]);
        assert_eq!(wrap_list(["a long one", "b"], 4), ["a long one,", "b"]);
        assert_eq!(counted(1, "job") + &counted(0, "job"), "1 job0 jobs");
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(clean("a\u{1b}[31mb\r\n\u{202e}c"), "a [31mb   c");
        assert!(matches!(clean("plain ü"), Cow::Borrowed(_)));
    }

    #[test]
    fn colours_only_where_they_are_wanted() {
        let colours = Style { colours: true, columns: 80 };
        assert_eq!(colours.paint(Paint::Bad, "x"), "\u{1b}[1;31mx\u{1b}[0m");
        assert_eq!(Style::plain(80).paint(Paint::Bad, "x"), "x");
    }
}
