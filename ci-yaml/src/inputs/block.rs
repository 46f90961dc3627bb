//! Finds `$[[ … ]]` in a text (`Interpolation::Template::BLOCK_PATTERN`).

use memchr::memmem;
use std::ops::Range;

/// What a block begins with.
const OPEN: &str = "$[[";
/// What it ends with.
const CLOSE: &str = "]]";

/// A block of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Where it stands in the text, with its brackets.
    pub(super) range: Range<usize>,
    /// What is between its brackets, without the space around it.
    pub(super) inner: Range<usize>,
}

/// Whether there may be a block in a text.
pub(super) fn possible(text: &str) -> bool {
    memmem::find(text.as_bytes(), OPEN.as_bytes()).is_some()
}

/// All blocks of a text, in one pass.
///
/// Between the brackets are two characters or more, of which the first and the last are no space, on one line; a block
/// ends at the first brackets that make it valid.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut search = 0;
    // No block that begins before this can end at the brackets last looked at.
    let mut close_from = 0;
    while let Some(start) = find(text, OPEN, search) {
        let inside = skip_space(text, start + OPEN.len());
        close_from = close_from.max(inside);
        match close(text, inside, &mut close_from) {
            Close::At(inner, end) => {
                found.push(Block { range: start..end, inner });
                search = end;
            }
            Close::NotBefore(next) => search = next.max(start + OPEN.len()),
            Close::Never => break,
        }
    }
    found
}

/// Where a block ends.
enum Close {
    /// What is inside, and the end of the brackets.
    At(Range<usize>, usize),
    /// No block can begin before this.
    NotBefore(usize),
    /// No block can begin any more.
    Never,
}

fn close(text: &str, inside: usize, from: &mut usize) -> Close {
    while let Some(brackets) = find(text, CLOSE, *from) {
        *from = brackets;
        let content = text.get(inside..brackets).unwrap_or_default().trim_end_matches(is_space);
        if let Some(newline) = content.rfind('\n') {
            return Close::NotBefore(after_newline(text, inside + newline));
        }
        if content.chars().nth(1).is_some() {
            return Close::At(inside..inside + content.len(), brackets + CLOSE.len());
        }
        // Closing brackets are ASCII, so that the next byte begins a character.
        *from = brackets + 1;
    }
    Close::Never
}

/// The first place after which a block can begin and not have a newline within: behind the newline, or before it where
/// nothing but space is between.
fn after_newline(text: &str, newline: usize) -> usize {
    let before = text.get(..newline).unwrap_or_default().trim_end_matches(is_space);
    if before.ends_with(OPEN) { before.len() - OPEN.len() } else { newline + 1 }
}

fn find(text: &str, what: &str, from: usize) -> Option<usize> {
    let rest = text.as_bytes().get(from..)?;
    memmem::find(rest, what.as_bytes()).map(|at| from + at)
}

fn skip_space(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.len() - rest.trim_start_matches(is_space).len()
}

/// `\s` of Ruby and RE2.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\x0B' | '\x0C' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex::Regex;

    fn inner(text: &str) -> Vec<&str> {
        blocks(text).into_iter().map(|block| &text[block.inner]).collect()
    }

    #[test]
    fn blocks_are_found_in_text() {
        assert_eq!(inner("a $[[ inputs.x ]] b $[[inputs.y|f(1)]]"), ["inputs.x", "inputs.y|f(1)"]);
        assert_eq!(inner("$[[ inputs.l[1] ]]"), ["inputs.l[1]"]);
        assert_eq!(inner("$[[ inputs.l[5]]]"), ["inputs.l[5"]);
        assert_eq!(inner("$[[ a ]]"), [""; 0]);
        assert_eq!(inner("$[[ a\nb ]] $[[ cd\n ]]"), ["cd"]);
        assert_eq!(inner("$[[ äö ]]"), ["äö"]);
    }

    #[test]
    fn many_beginnings_without_an_end_are_fast() {
        let open = "$[[ x ".repeat(200_000);
        assert!(blocks(&open).is_empty());
        assert!(blocks(&format!("{open}\n.]]")).is_empty());
        assert_eq!(blocks(&format!("{open}]]")).len(), 1);
    }

    proptest! {
        #[test]
        fn found_as_by_the_pattern(text in r"(\$\[\[|\]\]|\]|\[|\$|[ab.ä]| |\n|\t){0,24}") {
            let pattern = Regex::new(r"\$\[\[[ \t\n\x0B\x0C\r]*([^ \t\n\x0B\x0C\r](?:.*?[^ \t\n\x0B\x0C\r]))[ \t\n\x0B\x0C\r]*\]\]").unwrap();
            let expected: Vec<_> = pattern
                .captures_iter(&text)
                .map(|found| (found.get(0).unwrap().range(), found.get(1).unwrap().range()))
                .collect();
            let found: Vec<_> = blocks(&text).into_iter().map(|block| (block.range, block.inner)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
