//! Looks of text: what `ESC [ … m` sets.

use serde::{Deserialize, Serialize};

/// A colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Colour {
    /// One of the eight.
    #[serde(rename = "b")]
    Basic(u8),
    /// One of the eight, light.
    #[serde(rename = "l")]
    Light(u8),
    /// One of the table of 256.
    #[serde(rename = "x")]
    Table(u8),
}

/// How text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Style {
    /// Colour of the text.
    #[serde(rename = "f", skip_serializing_if = "Option::is_none")]
    pub foreground: Option<Colour>,
    /// Colour behind it.
    #[serde(rename = "g", skip_serializing_if = "Option::is_none")]
    pub background: Option<Colour>,
    /// Bold, faint, italic, underlined, hidden, crossed out, swapped colours: one bit each.
    #[serde(rename = "m", skip_serializing_if = "is_zero")]
    marks: u8,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out a reference")]
fn is_zero(marks: &u8) -> bool {
    *marks == 0
}

const BOLD: u8 = 1;
const FAINT: u8 = 2;
const ITALIC: u8 = 4;
const UNDERLINE: u8 = 8;
const CONCEAL: u8 = 16;
const CROSS: u8 = 32;
const INVERSE: u8 = 64;

const NAMES: [&str; 8] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

impl Style {
    /// Applies the numbers of one sequence, from left to right. What is not known is passed over.
    pub fn apply(&mut self, parameters: &str) {
        let mut codes = parameters.split([';', ':']).take(64).map(code);
        while let Some(code) = codes.next() {
            match code {
                Some(38) => self.foreground = extended(&mut codes).or(self.foreground),
                Some(48) => self.background = extended(&mut codes).or(self.background),
                Some(code) => self.set(code),
                None => {}
            }
        }
    }

    fn set(&mut self, code: u8) {
        match code {
            0 => *self = Self::default(),
            1 => self.marks |= BOLD,
            2 => self.marks |= FAINT,
            3 => self.marks |= ITALIC,
            4 => self.marks |= UNDERLINE,
            7 => self.marks |= INVERSE,
            8 => self.marks |= CONCEAL,
            9 => self.marks |= CROSS,
            21 | 22 => self.marks &= !(BOLD | FAINT),
            23 => self.marks &= !ITALIC,
            24 => self.marks &= !UNDERLINE,
            27 => self.marks &= !INVERSE,
            28 => self.marks &= !CONCEAL,
            29 => self.marks &= !CROSS,
            30..=37 => self.foreground = Some(Colour::Basic(code - 30)),
            39 => self.foreground = None,
            40..=47 => self.background = Some(Colour::Basic(code - 40)),
            49 => self.background = None,
            90..=97 => self.foreground = Some(Colour::Light(code - 90)),
            100..=107 => self.background = Some(Colour::Light(code - 100)),
            _ => {}
        }
    }

    /// Whether text looks as usual.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// Names of the classes that make it look so.
    pub fn classes(&self) -> String {
        let mut names: Vec<String> = Vec::new();
        let (front, back) = match self.marks & INVERSE {
            0 => (self.foreground, self.background),
            _ => (
                Some(self.background.unwrap_or(Colour::Basic(0))),
                Some(self.foreground.unwrap_or(Colour::Basic(7))),
            ),
        };
        names.extend(front.map(|colour| self.bolder(colour).class("fg")));
        names.extend(back.map(|colour| colour.class("bg")));
        let marks = [
            (BOLD, "term-bold"),
            (FAINT, "term-faint"),
            (ITALIC, "term-italic"),
            (UNDERLINE, "term-underline"),
            (CONCEAL, "term-conceal"),
            (CROSS, "term-cross"),
        ];
        names.extend(
            marks.iter().filter(|(bit, _)| self.marks & bit != 0).map(|(_, name)| (*name).to_owned()),
        );
        names.join(" ")
    }

    /// Bold text of one of the eight colours is light, as terminals have it.
    fn bolder(self, colour: Colour) -> Colour {
        match colour {
            Colour::Basic(colour) if self.marks & BOLD != 0 => Colour::Light(colour),
            other => other,
        }
    }
}

impl Colour {
    fn class(self, place: &str) -> String {
        let name = |colour: u8| NAMES.get(usize::from(colour)).copied().unwrap_or("white");
        match self {
            Self::Basic(colour) => format!("term-{place}-{}", name(colour)),
            Self::Light(colour) => format!("term-{place}-l-{}", name(colour)),
            Self::Table(colour) => format!("xterm-{place}-{colour}"),
        }
    }
}

/// An empty number is a nought.
fn code(text: &str) -> Option<u8> {
    if text.is_empty() { Some(0) } else { text.parse().ok() }
}

/// What follows 38 and 48: `5;n` or `2;r;g;b`. The latter becomes the nearest of the table, since a page whose styles
/// are all in files can name 256 colours, not 16 million.
fn extended(codes: &mut impl Iterator<Item = Option<u8>>) -> Option<Colour> {
    match codes.next()?? {
        5 => Some(Colour::Table(codes.next()??)),
        2 => {
            let mut part = || codes.next().flatten();
            let (red, green, blue) = (part()?, part()?, part()?);
            Some(Colour::Table(nearest(red, green, blue)))
        }
        _ => None,
    }
}

/// The steps of the table's cube of colours.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Red, green and blue of a colour of the table from 16 on.
pub(crate) fn of_table(colour: u8) -> (u8, u8, u8) {
    let step = |index: u8| STEPS.get(usize::from(index % 6)).copied().unwrap_or_default();
    match colour {
        0..=15 => (0, 0, 0),
        16..=231 => (step((colour - 16) / 36), step((colour - 16) / 6), step(colour - 16)),
        232.. => {
            let grey = 8 + 10 * (colour - 232);
            (grey, grey, grey)
        }
    }
}

fn nearest(red: u8, green: u8, blue: u8) -> u8 {
    let distance = |colour: &u8| {
        let (r, g, b) = of_table(*colour);
        let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
        square(r, red) + square(g, green) + square(b, blue)
    };
    (16..=255).min_by_key(distance).unwrap_or(16)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(parameters: &[&str]) -> String {
        let mut style = Style::default();
        parameters.iter().for_each(|parameters| style.apply(parameters));
        style.classes()
    }

    #[test]
    fn codes_become_classes_from_left_to_right() {
        assert_eq!(classes(&["31"]), "term-fg-red");
        assert_eq!(classes(&["0;1;36"]), "term-fg-l-cyan term-bold");
        assert_eq!(classes(&["1", "36", "22"]), "term-fg-cyan");
        assert_eq!(classes(&["97;101"]), "term-fg-l-white term-bg-l-red");
        assert_eq!(classes(&["3;4;9", "23"]), "term-underline term-cross");
        assert_eq!(classes(&["31", ""]), "");
        assert_eq!(classes(&["7;31"]), "term-fg-black term-bg-red");
    }

    #[test]
    fn colours_of_the_table_and_mixed_ones_are_of_the_table() {
        assert_eq!(classes(&["38;5;208"]), "xterm-fg-208");
        assert_eq!(classes(&["48;5;16;1"]), "xterm-bg-16 term-bold");
        assert_eq!(classes(&["38;2;255;135;0"]), "xterm-fg-208");
        assert_eq!(classes(&["38;2;8;8;8;4"]), "xterm-fg-232 term-underline");
        assert_eq!(classes(&["38:2:0:0:0"]), "xterm-fg-16");
    }

    #[test]
    fn nonsense_changes_nothing() {
        for nonsense in ["38", "38;5", "38;5;999", "38;9;1000", "1000", "99", "-1", "38;2;1;2"] {
            assert!(!classes(&[nonsense]).contains("fg"), "{nonsense}");
        }
    }
}
