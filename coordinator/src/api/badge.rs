//! Badges, drawn.

use std::fmt::Write as _;

/// What a badge shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Badge {
    /// Left.
    pub(super) key: String,
    /// Width of the left field in pixels.
    pub(super) key_width: u32,
    /// Right.
    pub(super) value: String,
    /// Width of the right field in pixels.
    pub(super) value_width: u32,
    /// Colour of the right field.
    pub(super) colour: &'static str,
    /// Whether corners are square and there is no shine.
    pub(super) square: bool,
}

/// Height in pixels.
const HEIGHT: u32 = 20;

impl Badge {
    /// As an SVG picture.
    pub(super) fn svg(&self) -> String {
        let width = self.key_width + self.value_width;
        let (key, value) = (escaped(&self.key), escaped(&self.value));
        let radius = if self.square { 0 } else { 3 };
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{HEIGHT}\" role=\"img\" \
             aria-label=\"{key}: {value}\"><title>{key}: {value}</title>"
        );
        if !self.square {
            out.push_str(
                "<linearGradient id=\"shine\" x2=\"0\" y2=\"100%\"><stop offset=\"0\" stop-color=\"#bbb\" \
                 stop-opacity=\".1\"/><stop offset=\"1\" stop-opacity=\".1\"/></linearGradient>",
            );
        }
        let _ = write!(
            out,
            "<clipPath id=\"edge\"><rect width=\"{width}\" height=\"{HEIGHT}\" rx=\"{radius}\"/></clipPath>\
             <g clip-path=\"url(#edge)\"><rect width=\"{}\" height=\"{HEIGHT}\" fill=\"#555\"/>\
             <rect x=\"{}\" width=\"{}\" height=\"{HEIGHT}\" fill=\"{}\"/>",
            self.key_width, self.key_width, self.value_width, self.colour
        );
        if !self.square {
            let _ = write!(out, "<rect width=\"{width}\" height=\"{HEIGHT}\" fill=\"url(#shine)\"/>");
        }
        out.push_str(
            "</g><g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,DejaVu Sans,sans-serif\" \
             font-size=\"11\">",
        );
        text(&mut out, self.key_width / 2, &key);
        text(&mut out, self.key_width + self.value_width / 2, &value);
        out.push_str("</g></svg>\n");
        out
    }
}

/// A text with its shadow.
fn text(out: &mut String, middle: u32, escaped: &str) {
    let _ = write!(
        out,
        "<text x=\"{middle}\" y=\"15\" fill=\"#010101\" fill-opacity=\".3\" aria-hidden=\"true\">{escaped}</text>\
         <text x=\"{middle}\" y=\"14\">{escaped}</text>"
    );
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_control()) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn badge(key: &str, square: bool) -> Badge {
        let (key, value) = (key.to_owned(), "passed".to_owned());
        Badge { key, key_width: 62, value, value_width: 54, colour: "#4c1", square }
    }

    #[test]
    fn a_badge_is_a_picture() {
        let svg = badge("pipeline", false).svg();
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"116\" height=\"20\""));
        assert!(svg.contains("fill=\"#4c1\"") && svg.contains(">pipeline</text>"));
        assert!(!badge("pipeline", true).svg().contains("shine"));
    }

    #[test]
    fn texts_do_not_break_out() {
        let svg = badge("</text><script>alert('1')</script>\"\u{7}", false).svg();
        assert!(!svg.contains("<script") && !svg.contains("alert('"), "{svg}");
        assert!(svg.contains("&lt;/text&gt;"));
    }
}
