//! Puts values into a text in the place of its blocks (`Interpolation::Template#interpolate_string_node!`).
//!
//! The server does so block by block with Ruby's `gsub`, for which some escapes in a value have a meaning: `\\` is one
//! backslash, `\0` and `\&` are the block, `\1` to `\9` nothing, `` \` `` and `\'` what is before and behind the block.
//! What a value brings in is looked at again for the blocks that follow.

use std::borrow::Cow;
use std::ops::Range;

/// A block of a text, and what is to stand there. A block that stays has itself for a value.
pub(super) struct Insert {
    pub(super) range: Range<usize>,
    pub(super) value: String,
}

/// The text with all values inserted; nothing where that takes more than so many bytes, intermediate results included.
pub(super) fn insert(text: &str, inserts: &[Insert], most: usize) -> Option<String> {
    if inserts.iter().all(|insert| stands_alone(text, insert)) {
        return at_once(text, inserts, most);
    }
    let mut left = most;
    let mut made = text.to_owned();
    for Insert { range, value } in inserts {
        let block = text.get(range.clone()).unwrap_or_default();
        if block != value {
            made = replace(&made, block, value, left)?;
            left = left.checked_sub(made.len())?;
        }
    }
    Some(made)
}

/// Whether a value means the same wherever it stands, and brings in no block.
fn stands_alone(text: &str, insert: &Insert) -> bool {
    let Insert { range, value } = insert;
    let is_context = |pair: &[u8]| matches!(pair, [b'\\', b'0' | b'&' | b'`' | b'\'']);
    text.get(range.clone()) == Some(value)
        || !value.contains("$[[") && !value.as_bytes().windows(2).any(is_context)
}

fn at_once(text: &str, inserts: &[Insert], most: usize) -> Option<String> {
    let mut made = String::with_capacity(text.len());
    let mut end = 0;
    for Insert { range, value } in inserts {
        made.push_str(text.get(end..range.start).unwrap_or_default());
        made.push_str(&unescaped(value, text, range));
        end = range.end;
        if made.len() > most {
            return None;
        }
    }
    made.push_str(text.get(end..).unwrap_or_default());
    (made.len() <= most).then_some(made)
}

/// All occurrences of a block replaced, as `gsub` does it.
fn replace(text: &str, block: &str, value: &str, most: usize) -> Option<String> {
    let mut made = String::with_capacity(text.len());
    let mut end = 0;
    for (at, _) in text.match_indices(block) {
        let range = at..at + block.len();
        made.push_str(text.get(end..at).unwrap_or_default());
        end = range.end;
        made.push_str(&unescaped(value, text, &range));
        if made.len() > most {
            return None;
        }
    }
    made.push_str(text.get(end..).unwrap_or_default());
    (made.len() <= most).then_some(made)
}

/// A value with its escapes replaced, for one place in a text.
fn unescaped<'v>(value: &'v str, text: &str, range: &Range<usize>) -> Cow<'v, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut made = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            made.push(char);
            continue;
        }
        match chars.next() {
            None | Some('\\') => made.push('\\'),
            Some('0' | '&') => made.push_str(text.get(range.clone()).unwrap_or_default()),
            Some('1'..='9') => {}
            Some('`') => made.push_str(text.get(..range.start).unwrap_or_default()),
            Some('\'') => made.push_str(text.get(range.end..).unwrap_or_default()),
            Some(other) => made.extend(['\\', other]),
        }
    }
    Cow::Owned(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Blocks are named by their text, in the order in which they stand.
    fn made(text: &str, values: &[(&str, &str)]) -> Option<String> {
        let mut from = 0;
        let inserts = values.iter().map(|(block, value)| {
            let at = from + text[from..].find(block).unwrap();
            from = at + block.len();
            Insert { range: at..from, value: (*value).to_owned() }
        });
        insert(text, &inserts.collect::<Vec<_>>(), 1000)
    }

    #[test]
    fn escapes_mean_what_ruby_takes_them_for() {
        let one = |value: &str| made("x $[[ a ]] y", &[("$[[ a ]]", value)]).unwrap();
        assert_eq!(one("v"), "x v y");
        assert_eq!(one(r"^v\d+\.\d+$"), r"x ^v\d+\.\d+$ y");
        assert_eq!(one(r"C:\\dir\\a"), r"x C:\dir\a y");
        assert_eq!(one(r"a\1b\9c"), "x abc y");
        assert_eq!(one(r"\0\&"), "x $[[ a ]]$[[ a ]] y");
        assert_eq!(one(r"[\`|\']"), "x [x | y] y");
        assert_eq!(one(r"end\"), r"x end\ y");
    }

    #[test]
    fn values_are_inserted_block_by_block() {
        let (a, b) = ("$[[ a ]]", "$[[ b ]]");
        assert_eq!(made("$[[ a ]] $[[ b ]] $[[ a ]]", &[(a, "1"), (b, "2"), (a, "1")]).unwrap(), "1 2 1");
        assert_eq!(made("$[[ a ]] $[[ b ]]", &[(a, "<$[[ b ]]>"), (b, "2")]).unwrap(), "<2> 2");
        assert_eq!(made("$[[ b ]] $[[ a ]]", &[(b, "2"), (a, "<$[[ b ]]>")]).unwrap(), "2 <$[[ b ]]>");
        assert_eq!(made("$[[ a ]] $[[ b ]]", &[(a, a), (b, "2")]).unwrap(), "$[[ a ]] 2");
    }

    #[test]
    fn what_is_made_is_bounded() {
        let (a, long) = ("$[[ a ]]", "v".repeat(600));
        assert!(made(a, &[(a, &long)]).is_some());
        assert_eq!(made("$[[ a ]]$[[ a ]]", &[(a, &long), (a, &long)]), None);
        assert_eq!(made("$[[ a ]]$[[ a ]]", &[(a, &"$[[ a ]]".repeat(60)), (a, "1")]), None);
    }
}
