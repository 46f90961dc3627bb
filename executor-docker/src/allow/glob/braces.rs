//! `{a,b}`: a pattern becomes the alternatives it stands for.

/// Most alternatives of one pattern; `{a,b}{a,b}…` doubles with every pair.
const MOST: usize = 1024;

/// Longest pattern in bytes.
const LONGEST: usize = 4096;

/// Every alternative, without braces; `None` if braces or classes are left open, or there is too much of it.
pub(super) fn expand(pattern: &str) -> Option<Vec<String>> {
    if pattern.len() > LONGEST {
        return None;
    }
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(text) = open.pop() {
        let Some(start) = first_brace(&text)? else {
            done.push(text);
            continue;
        };
        let (alternatives, end) = group(&text, start)?;
        if done.len() + open.len() + alternatives.len() > MOST {
            return None;
        }
        let whole = |alternative: &&str| format!("{}{alternative}{}", &text[..start], &text[end..]);
        open.extend(alternatives.iter().rev().map(whole));
    }
    Some(done)
}

/// Where the first brace opens that is neither escaped nor in a class.
fn first_brace(text: &str) -> Option<Option<usize>> {
    let mut in_class = false;
    let mut rest = text.char_indices();
    while let Some((at, character)) = rest.next() {
        match character {
            '\\' => {
                rest.next()?;
            }
            '[' if !in_class => in_class = true,
            ']' => in_class = false,
            '{' if !in_class => return Some(Some(at)),
            _ => {}
        }
    }
    if in_class { None } else { Some(None) }
}

/// The alternatives of the group that opens at `start`, and where it ends.
fn group(text: &str, start: usize) -> Option<(Vec<&str>, usize)> {
    let mut alternatives = Vec::new();
    let mut begin = start + 1;
    let mut depth = 1_usize;
    let mut rest = text[begin..].char_indices().map(|(at, character)| (at + start + 1, character));
    while let Some((at, character)) = rest.next() {
        match character {
            '\\' => {
                rest.next()?;
            }
            '{' => depth += 1,
            ',' if depth == 1 => {
                alternatives.push(&text[begin..at]);
                begin = at + 1;
            }
            '}' => {
                depth -= 1;
                if depth == 0 {
                    alternatives.push(&text[begin..at]);
                    return Some((alternatives, at + 1));
                }
            }
            _ => {}
        }
    }
    None
}
