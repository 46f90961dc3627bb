//! Classes for the colours of logs.

use crate::pages::log;
use std::fmt::Write as _;

/// The eight colours and their light forms, on a dark ground.
const NAMED: [(&str, &str, &str); 8] = [
    ("black", "#000", "#5c6166"),
    ("red", "#f0504a", "#ff6161"),
    ("green", "#1fa83a", "#00d600"),
    ("yellow", "#b0a000", "#d8d800"),
    ("blue", "#4191f2", "#6fa8ff"),
    ("magenta", "#d94ad9", "#e68ae6"),
    ("cyan", "#0aa5a5", "#00c9c9"),
    ("white", "#ccc", "#fff"),
];
/// The first sixteen of the table of 256.
const FIRST: [&str; 16] = [
    "#000", "#d0342c", "#1fa83a", "#b0a000", "#3f7fe0", "#c23ac2", "#0aa5a5", "#ccc", "#5c6166", "#ff6161",
    "#00d600", "#d8d800", "#6fa8ff", "#e68ae6", "#00c9c9", "#fff",
];

pub(super) fn style() -> String {
    let mut style = String::new();
    let mut rule = |place: &str, name: &str, colour: &str| {
        let (prefix, property) = if place == "fg" { ("fg", "color") } else { ("bg", "background-color") };
        let _ = writeln!(style, ".{}{{{property}:{colour}}}", name.replace("{}", prefix));
    };
    for place in ["fg", "bg"] {
        for (name, usual, light) in NAMED {
            rule(place, &format!("term-{{}}-{name}"), usual);
            rule(place, &format!("term-{{}}-l-{name}"), light);
        }
        for colour in 0..=255_u8 {
            let (red, green, blue) = log::of_table(colour);
            let mixed = format!("#{red:02x}{green:02x}{blue:02x}");
            let shown = FIRST.get(usize::from(colour)).copied().unwrap_or(&mixed);
            rule(place, &format!("xterm-{{}}-{colour}"), shown);
        }
    }
    style
}
