//! The documents of a file, which GitLab tells apart by itself (`Gitlab::Config::Loader::MultiDocYaml`).

use std::ops::Range;

/// A header and the configuration, and one more since a file may begin with a separator.
const MOST: usize = 3;

/// Splits a file at lines that begin with `---` and space, as Ruby's `split(/^---\s+/, 3)` does. The space may be line
/// breaks, and the indentation of the next line.
pub(super) fn split(text: &str) -> Vec<Range<usize>> {
    let mut documents = Vec::new();
    let mut start = 0;
    let mut from = 0;
    while documents.len() + 1 < MOST
        && let Some((at, next)) = separator(text, from)
    {
        documents.push(start..at);
        start = next;
        from = next;
    }
    documents.push(start..text.len());
    for document in &mut documents {
        if text[document.clone()].starts_with('\u{feff}') {
            document.start += '\u{feff}'.len_utf8();
        }
    }
    documents
}

/// The next separator and where it ends.
fn separator(text: &str, from: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let finder = memchr::memmem::find_iter(bytes.get(from..)?, b"---");
    for at in finder.map(|at| from + at) {
        let at_line_start = at == 0 || bytes.get(at - 1) == Some(&b'\n');
        let spaces = bytes.get(at + 3..)?.iter().take_while(|byte| is_space(byte)).count();
        if at_line_start && spaces > 0 {
            return Some((at, at + 3 + spaces));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        split(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn splits_as_ruby_does() {
        assert_eq!(parts(""), [""]);
        assert_eq!(parts("a: 1\n"), ["a: 1\n"]);
        assert_eq!(parts("---\na: 1\n"), ["", "a: 1\n"]);
        assert_eq!(parts("a: 1\n---\nb: 2\n---\nc: 3\n---\nd"), ["a: 1\n", "b: 2\n", "c: 3\n---\nd"]);
        assert_eq!(parts("---\n---\na"), ["", "", "a"]);
        assert_eq!(parts("--- # x\n  a: 1"), ["", "# x\n  a: 1"]);
        assert_eq!(parts("---\n\n  a: 1"), ["", "a: 1"]);
        assert_eq!(parts("a: |\n  ---\n  b"), ["a: |\n  ---\n  b"]);
        assert_eq!(parts("a\n---"), ["a\n---"]);
        assert_eq!(parts("a\n----\n---b\n"), ["a\n----\n---b\n"]);
        assert_eq!(parts("a\r\n---\r\nb"), ["a\r\n", "b"]);
        assert_eq!(parts("\u{feff}---\n\u{feff}a"), ["---\n\u{feff}a"]);
        assert_eq!(parts("a\n---\n\u{feff}b"), ["a\n", "b"]);
    }

    #[test]
    fn many_dashes_take_no_more_than_linear_time() {
        let text = "-".repeat(1 << 20) + &"\n ---".repeat(1 << 18);
        assert_eq!(split(&text).len(), 1);
    }
}
