//! Texts of others, made fit for one line of a log.

/// The text on one line: blanks of any kind become one space, what could steer a terminal goes, and what is
/// longer than `limit` characters is cut, with dots in its place.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    // Only as much is looked at as can be shown; the rest of a text without end is not read.
    let mut line = String::new();
    let mut length = 0;
    let mut blank = false;
    for character in text.chars().take(limit.saturating_mul(8)) {
        if character.is_whitespace() {
            blank = !line.is_empty();
            continue;
        }
        if character.is_control() || is_invisible(character) {
            continue;
        }
        if length + 2 > limit {
            line.push_str("...");
            break;
        }
        if std::mem::take(&mut blank) {
            line.push(' ');
            length += 1;
        }
        line.push(character);
        length += 1;
    }
    line
}

/// Characters that turn the direction of what follows, or that nobody sees.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::one_line;
    use proptest::prelude::*;

    #[test]
    fn a_page_becomes_a_line() {
        assert_eq!(one_line(" <html>\r\n\t<body>\u{1b}[31mNo\u{202e}\n", 80), "<html> <body>[31mNo");
        assert_eq!(one_line("no such image", 80), "no such image");
        assert_eq!(one_line("abcdefgh", 5), "abcd...");
        assert_eq!(one_line("", 5), "");
    }

    proptest! {
        #[test]
        fn every_text_fits(text in any::<String>(), limit in 0usize..40) {
            let line = one_line(&text, limit);
            prop_assert!(line.chars().count() <= limit + 3);
            prop_assert!(!line.chars().any(char::is_control));
        }
    }
}
