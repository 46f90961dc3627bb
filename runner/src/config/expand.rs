//! `$NAME` and `${NAME}` in `url` and `token`, replaced as Go's `os.Expand` does it.

use crate::environment::Environment;

/// A text after replacement.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Expanded {
    /// The result; unset variables became nothing.
    pub(crate) text: String,
    /// Variables that were asked for and are not set, in order.
    pub(crate) unset: Vec<String>,
}

/// Replaces every variable of `text`. There is no way to write a literal `$` before a name.
pub(crate) fn expand(text: &str, environment: &Environment) -> Expanded {
    let mut out = Expanded { text: String::with_capacity(text.len()), unset: Vec::new() };
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.text.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, length) = name_of(after);
        match name {
            Some(name) => match environment.get(name) {
                Some(value) => out.text.push_str(value),
                None => out.unset.push(name.to_owned()),
            },
            // A lone dollar stays; broken braces are swallowed.
            None if length == 0 => out.text.push('$'),
            None => {}
        }
        rest = &after[length..];
    }
    out.text.push_str(rest);
    out
}

/// The name after a dollar, if there is one, and how many bytes it takes.
fn name_of(text: &str) -> (Option<&str>, usize) {
    let Some(first) = text.bytes().next() else { return (None, 0) };
    if first == b'{' {
        return match text.find('}') {
            Some(1) => (None, 2),
            Some(end) => (Some(&text[1..end]), end + 1),
            None => (None, 1),
        };
    }
    if b"*#$@!?-0123456789".contains(&first) {
        return (Some(&text[..1]), 1);
    }
    let end = text.bytes().position(|b| !(b.is_ascii_alphanumeric() || b == b'_')).unwrap_or(text.len());
    if end == 0 { (None, 0) } else { (Some(&text[..end]), end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let environment: Environment = [("A", "1"), ("LONG_name9", "x$A")].into_iter().collect();
        for (text, expanded, unset) in [
            ("plain", "plain", vec![]),
            ("$A/${A}", "1/1", vec![]),
            ("${LONG_name9}-", "x$A-", vec![]),
            ("a$B${C}d", "ad", vec!["B", "C"]),
            ("$", "$", vec![]),
            ("a$ b", "a$ b", vec![]),
            ("${}x", "x", vec![]),
            ("${Ax", "Ax", vec![]),
            ("$$A", "A", vec!["$"]),
            ("$é", "$é", vec![]),
        ] {
            let result = expand(text, &environment);
            assert_eq!(
                (result.text.as_str(), result.unset),
                (expanded, unset.into_iter().map(str::to_owned).collect())
            );
        }
    }
}
