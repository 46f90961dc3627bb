//! `{a,b}`: a pattern becomes the list of patterns it stands for.

use super::PatternError;

/// The most alternatives one pattern may stand for; `{a,b}{a,b}…` doubles with every pair.
const MAX_ALTERNATIVES: usize = 1024;

/// Expands every unescaped pair of braces, nested ones too.
pub(super) fn expand(pattern: &[u8]) -> Result<Vec<Vec<u8>>, PatternError> {
    let mut done = Vec::new();
    let mut open = vec![pattern.to_vec()];
    while let Some(text) = open.pop() {
        let Some(start) = find(&text, 0, b'{') else {
            done.push(text);
            continue;
        };
        let group = Group::read(&text, start)?;
        // Looked at before anything is copied: each alternative takes the rest of the pattern with it.
        if done.len() + open.len() + group.alternatives.len() > MAX_ALTERNATIVES {
            return Err(PatternError);
        }
        for alternative in group.alternatives.iter().rev() {
            let mut next = text[..start].to_vec();
            next.extend_from_slice(alternative);
            next.extend_from_slice(&text[group.end..]);
            open.push(next);
        }
    }
    Ok(done)
}

struct Group<'a> {
    alternatives: Vec<&'a [u8]>,
    end: usize,
}

impl<'a> Group<'a> {
    /// Reads the group whose brace opens at `start`.
    fn read(text: &'a [u8], start: usize) -> Result<Self, PatternError> {
        let mut alternatives = Vec::new();
        let mut depth = 0_usize;
        let mut begin = start + 1;
        let mut at = start;
        while at < text.len() {
            match text[at] {
                b'\\' => at += 1,
                b'{' => depth += 1,
                b',' if depth == 1 => {
                    alternatives.push(&text[begin..at]);
                    begin = at + 1;
                }
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        alternatives.push(&text[begin..at]);
                        return Ok(Self { alternatives, end: at + 1 });
                    }
                }
                _ => {}
            }
            at += 1;
        }
        Err(PatternError)
    }
}

fn find(text: &[u8], mut at: usize, wanted: u8) -> Option<usize> {
    while at < text.len() {
        match text[at] {
            b'\\' => at += 1,
            byte if byte == wanted => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expands() {
        let cases: [(&str, &[&str]); 6] = [
            ("a", &["a"]),
            ("{a,b}", &["a", "b"]),
            ("x{a,{b,c}d}y", &["xay", "xbdy", "xcdy"]),
            (r"\{a,b}", &[r"\{a,b}"]),
            ("{,a}b", &["b", "ab"]),
            ("{a,b}{c,d}", &["ac", "ad", "bc", "bd"]),
        ];
        for (pattern, want) in cases {
            let want: Vec<Vec<u8>> = want.iter().map(|text| text.as_bytes().to_vec()).collect();
            assert_eq!(expand(pattern.as_bytes()).as_ref(), Ok(&want), "{pattern}");
        }
    }

    #[test]
    fn refuses_open_braces_and_explosions() {
        assert!(expand(b"{a,b").is_err());
        assert!(expand("{a,b}".repeat(30).as_bytes()).is_err());
        assert!(expand(format!("{{{}}}{}", ",".repeat(20_000), "x".repeat(20_000)).as_bytes()).is_err());
    }
}
