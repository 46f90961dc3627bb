//! References in variable values and payload strings, by the rules of Go's `os.Expand`.
//!
//! This is the runner's own expansion: `$NAME` and `${NAME}`, nothing more. Defaults, substrings and escapes
//! belong to [`super::shell_expand`].

use std::borrow::Cow;

/// Replaces every reference in `text` by what `lookup` gives for its name.
///
/// `$$` becomes `$`; the shell's special parameters become nothing; `$` before anything that is no name stays;
/// `${}` and an unclosed `${` vanish. Names in braces may hold any character but `}`.
pub fn expand<'a>(text: &'a str, lookup: impl Fn(&str) -> String) -> Cow<'a, str> {
    if !text.contains('$') {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        result.push_str(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        match reference(rest) {
            Reference::None => result.push('$'),
            Reference::Broken { length } => rest = &rest[length..],
            Reference::Name { name, length } => {
                match name {
                    "$" => result.push('$'),
                    _ if is_special(name) => {}
                    _ => result.push_str(&lookup(name)),
                }
                rest = &rest[length..];
            }
        }
    }
    result.push_str(rest);
    Cow::Owned(result)
}

/// What follows a `$`; lengths are in bytes after it.
enum Reference<'a> {
    None,
    Broken { length: usize },
    Name { name: &'a str, length: usize },
}

fn reference(rest: &str) -> Reference<'_> {
    let Some(first) = rest.bytes().next() else { return Reference::None };
    if first == b'{' {
        return braced(rest);
    }
    if is_special(&rest[..usize::from(first.is_ascii())]) {
        return Reference::Name { name: &rest[..1], length: 1 };
    }
    match rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len()) {
        0 => Reference::None,
        length => Reference::Name { name: &rest[..length], length },
    }
}

fn braced(rest: &str) -> Reference<'_> {
    match rest.find('}') {
        None => Reference::Broken { length: 1 },
        Some(1) => Reference::Broken { length: 2 },
        Some(end) => Reference::Name { name: &rest[1..end], length: end + 1 },
    }
}

/// Whether a name is one of the shell's one-character parameters.
fn is_special(name: &str) -> bool {
    matches!(name.as_bytes(), [b'*' | b'#' | b'$' | b'@' | b'!' | b'?' | b'-' | b'0'..=b'9'])
}

#[cfg(test)]
mod tests {
    use super::expand;
    use proptest::prelude::*;

    fn expanded(text: &str) -> String {
        expand(text, |name| match name {
            "A" => "1".to_owned(),
            "A_b2" => "long".to_owned(),
            "LOOP" => "$LOOP".to_owned(),
            "odd name" => "odd".to_owned(),
            _ => String::new(),
        })
        .into_owned()
    }

    #[test]
    fn table() {
        for (text, result) in [
            ("", ""),
            ("plain", "plain"),
            ("b-$A-${A}-%A%", "b-1-1-%A%"),
            ("$A_b2.$A_b", "long."),
            ("$$A $UNSET end", "$A  end"),
            ("$1abc $*$#$@$!$?$-$0$9 ${1}${?}", "abc  "),
            ("${$}", "$"),
            ("$/ $é $. $", "$/ $é $. $"),
            ("${A:-x}", ""),
            ("${odd name}", "odd"),
            ("a${}b", "ab"),
            ("a${b", "ab"),
            ("a${", "a"),
            ("$LOOP", "$LOOP"),
            ("${A}}", "1}"),
            ("${{A}}", "}"),
            ("\\$A", "\\1"),
            ("€$A€", "€1€"),
        ] {
            assert_eq!(expanded(text), result, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*|[${}A-C*é]{0,20}") {
            let _ = expanded(&text);
        }

        #[test]
        fn text_without_dollars_stays(text in "[^$]*") {
            prop_assert_eq!(expanded(&text), text);
        }
    }
}
