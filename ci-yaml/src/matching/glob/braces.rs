//! `{a,b}`, written out as text (`ruby_brace_expand` in Ruby's `dir.c`).

use super::MOST_ALTERNATIVES;

/// Most bytes of all patterns together.
const MOST_BYTES: usize = 1 << 20;

/// All patterns that a glob stands for: none where a brace is not closed. Nothing where they are too many.
pub(super) fn expand(pattern: &str) -> Option<Vec<String>> {
    if !pattern.contains('{') {
        return Some(vec![pattern.to_owned()]);
    }
    let (mut done, mut bytes) = (Vec::new(), 0);
    // What is to be written out still; the next is the last, so that alternatives keep their order.
    let mut open = vec![(pattern.to_owned(), 0)];
    while let Some((text, from)) = open.pop() {
        if done.len() + open.len() >= MOST_ALTERNATIVES || bytes > MOST_BYTES {
            return None;
        }
        match group(&text, from) {
            Group::None => {
                bytes += text.len();
                done.push(text);
            }
            Group::Unclosed => return Some(Vec::new()),
            Group::Braces { open: start, close, commas } => {
                let mut ends = commas;
                ends.push(close);
                let mut made = Vec::with_capacity(ends.len());
                let mut begin = start + 1;
                for end in ends {
                    made.push((
                        format!("{}{}{}", &text[..start], &text[begin..end], &text[close + 1..]),
                        start,
                    ));
                    begin = end + 1;
                    bytes += if made.len() > 1 { text.len() / 8 } else { 0 };
                    if made.len() > MOST_ALTERNATIVES || bytes > MOST_BYTES {
                        return None;
                    }
                }
                open.extend(made.into_iter().rev());
            }
        }
    }
    Some(done)
}

enum Group {
    None,
    Unclosed,
    Braces { open: usize, close: usize, commas: Vec<usize> },
}

/// The first group at or behind a place, with the commas that part its alternatives.
fn group(text: &str, from: usize) -> Group {
    let (mut open, mut depth, mut commas) = (None, 0_usize, Vec::new());
    let bytes = text.as_bytes();
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'{' => {
                depth += 1;
                open = open.or(Some(at));
            }
            b',' if depth == 1 => commas.push(at),
            b'}' if depth > 0 => {
                depth -= 1;
                if let (Some(open), 0) = (open, depth) {
                    return Group::Braces { open, close: at, commas };
                }
            }
            _ => {}
        }
        at += 1;
    }
    if open.is_some() { Group::Unclosed } else { Group::None }
}
