//! Text from outside, made fit for a log line.

/// Longest message that is shown of a coordinator's answer, in bytes.
pub(crate) const MESSAGE_LIMIT: usize = 4096;

/// Cuts `text` to at most `limit` bytes, at a character's boundary, and puts a blank in the place of every
/// control character, so that an answer can neither break a log line nor speak to a terminal.
pub(crate) fn tame(text: &str, limit: usize) -> String {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// An error and its causes in one line. What the HTTP library's layers say of themselves is left out where a
/// cause says more, and so is a cause that its parent already quotes.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let texts: Vec<_> = causes.map(ToString::to_string).collect();
    let mut line = String::new();
    for (place, text) in texts.iter().enumerate() {
        if line.contains(text.as_str()) || (place + 1 < texts.len() && is_wrapping(text)) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(text);
    }
    tame(&line, MESSAGE_LIMIT)
}

fn is_wrapping(text: &str) -> bool {
    text == "error sending request"
        || text == "error decoding response body"
        || text.starts_with("client error (")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn control_characters_become_blanks() {
        assert_eq!(tame("a\u{1b}[0mb\r\nc\u{85}", 99), "a [0mb  c ");
        assert_eq!(tame("äöü", 3), "ä");
    }

    proptest! {
        #[test]
        fn never_longer_and_never_control(text in ".*", limit in 0_usize..64) {
            let tamed = tame(&text, limit);
            prop_assert!(tamed.len() <= limit);
            prop_assert!(!tamed.chars().any(char::is_control));
        }
    }
}
