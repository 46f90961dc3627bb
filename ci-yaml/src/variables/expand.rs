//! References to variables in a text, and their replacement.
//!
//! GitLab has two readings of the same syntax. The plain one (`ExpandVariables`) knows `$NAME`, `${NAME}` and
//! `%NAME%`. The one for variables inside variables (`Variables::Collection::Item`) leaves `$$` and `%%` alone as well,
//! so that `$$B` stays as it is there while the plain one replaces its `$B`.

use crate::expression::Lookup;

/// What becomes of a reference to a variable that is not defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undefined {
    /// It stays as it was written.
    Keep,
    /// Nothing is put in its place.
    Empty,
}

/// How long a text may become by expansion, in bytes. GitLab has no such limit; its memory has.
pub const MAX_EXPANDED_BYTES: usize = 4 * 1024 * 1024;

/// Which reading of the syntax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Of a text that is expanded.
    Plain,
    /// Of the value of a variable, among others: `$$` and `%%` are not the beginning of a reference.
    Nested,
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    Text(&'t str),
    Reference { written: &'t str, name: &'t str },
}

/// The parts of a text, in order.
pub(crate) struct Pieces<'t> {
    text: &'t str,
    dialect: Dialect,
    /// A reference that was found behind the text that was given last.
    found: Option<(&'t str, &'t str)>,
}

impl<'t> Pieces<'t> {
    pub(crate) fn new(text: &'t str, dialect: Dialect) -> Self {
        Self { text, dialect, found: None }
    }

    /// Takes everything up to an offset off the front.
    fn take(&mut self, end: usize) -> &'t str {
        let (taken, rest) = self.text.split_at(end);
        self.text = rest;
        taken
    }
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some((written, name)) = self.found.take() {
            self.take(written.len());
            return Some(Piece::Reference { written, name });
        }
        if self.text.is_empty() {
            return None;
        }
        let bytes = self.text.as_bytes();
        let mut from = 0;
        while let Some(offset) = memchr::memchr2(b'$', b'%', &bytes[from..]) {
            let at = from + offset;
            if self.dialect == Dialect::Nested && bytes.get(at + 1) == bytes.get(at) {
                from = at + 2;
                continue;
            }
            let Some(reference) = reference(&self.text[at..]) else {
                from = at + 1;
                continue;
            };
            if at == 0 {
                self.take(reference.0.len());
                return Some(Piece::Reference { written: reference.0, name: reference.1 });
            }
            let before = self.take(at);
            self.found = Some(reference);
            return Some(Piece::Text(before));
        }
        Some(Piece::Text(self.take(self.text.len())))
    }
}

/// The reference that a text begins with: as written, and the name in it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (open, close) = match text.as_bytes() {
        [b'$', b'{', ..] => (2, Some('}')),
        [b'%', ..] => (1, Some('%')),
        [b'$', ..] => (1, None),
        _ => return None,
    };
    let name = name(text.get(open..)?)?;
    let end = open + name.len();
    match close {
        None => Some((&text[..end], name)),
        Some(close) => text[end..].starts_with(close).then(|| (&text[..=end], name)),
    }
}

/// The name of a variable that a text begins with.
fn name(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let first = bytes.first()?;
    if !(first.is_ascii_alphabetic() || *first == b'_') {
        return None;
    }
    let end = bytes.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'));
    Some(&text[..end.unwrap_or(bytes.len())])
}

/// The names that a text refers to, in order, those that occur twice twice.
pub(crate) fn references(text: &str, dialect: Dialect) -> impl Iterator<Item = &str> {
    Pieces::new(text, dialect).filter_map(|piece| match piece {
        Piece::Reference { name, .. } => Some(name),
        Piece::Text(_) => None,
    })
}

/// The names that the value of a variable refers to, in order, those that occur twice twice.
pub fn referenced(value: &str) -> impl Iterator<Item = &str> {
    references(value, Dialect::Nested)
}

/// Whether a text can hold a reference at all.
pub(crate) fn may_refer(text: &str) -> bool {
    memchr::memchr2(b'$', b'%', text.as_bytes()).is_some()
}

/// Replaces references once; what they are replaced by is not looked at again.
///
/// References that would make the text longer than [`MAX_EXPANDED_BYTES`] stay as they are written.
pub fn expand(text: &str, variables: &dyn Lookup, undefined: Undefined) -> String {
    let mut expanded = String::with_capacity(text.len());
    for piece in Pieces::new(text, Dialect::Plain) {
        match piece {
            Piece::Text(text) => expanded.push_str(text),
            Piece::Reference { written, name } => match (variables.variable(name), undefined) {
                (Some(value), _) if expanded.len() + value.len() <= MAX_EXPANDED_BYTES => {
                    expanded.push_str(&value);
                }
                (None, Undefined::Empty) => {}
                _ => expanded.push_str(written),
            },
        }
    }
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;

    struct Some1;

    impl Lookup for Some1 {
        fn variable(&self, name: &str) -> Option<Arc<str>> {
            match name {
                "A" => Some("x$B".into()),
                "B" => Some("y".into()),
                "EMPTY" => Some("".into()),
                _ => None,
            }
        }
    }

    #[test]
    fn every_form_is_replaced_once_and_others_stay() {
        for (text, keep, empty) in [
            ("$A ${A} %A%", "x$B x$B x$B", "x$B x$B x$B"),
            ("$NO-${NO}-%NO%", "$NO-${NO}-%NO%", "--"),
            ("$A.B$AB", "x$B.B$AB", "x$B.B"),
            ("[$EMPTY]", "[]", "[]"),
            ("${B:-d} $(B) $1 ${} $ 50% %B", "${B:-d} $(B) $1 ${} $ 50% %B", "${B:-d} $(B) $1 ${} $ 50% %B"),
            ("$$B %%B%%", "$y %y%", "$y %y%"),
            ("ä$Bö", "äyö", "äyö"),
        ] {
            assert_eq!(expand(text, &Some1, Undefined::Keep), keep, "{text}");
            assert_eq!(expand(text, &Some1, Undefined::Empty), empty, "{text}");
        }
    }

    #[test]
    fn doubled_signs_begin_no_reference_inside_variables() {
        let names = |text: &'static str| references(text, Dialect::Nested).collect::<Vec<_>>();
        assert_eq!(names("$$B %%B%% $C $$$D"), ["C", "D"]);
        assert_eq!(references("$$B %%B%%", Dialect::Plain).collect::<Vec<_>>(), ["B", "B"]);
    }

    #[test]
    fn expansion_is_bounded() {
        struct Long;
        impl Lookup for Long {
            fn variable(&self, _: &str) -> Option<Arc<str>> {
                Some("x".repeat(1024 * 1024).into())
            }
        }
        let expanded = expand(&"$A".repeat(10), &Long, Undefined::Empty);
        assert_eq!(expanded.len(), MAX_EXPANDED_BYTES + 6 * 2);
    }

    proptest! {
        #[test]
        fn pieces_make_up_the_text(text in "[$%{}A_a1 é]{0,30}") {
            for dialect in [Dialect::Plain, Dialect::Nested] {
                let whole: String = Pieces::new(&text, dialect)
                    .map(|piece| match piece {
                        Piece::Text(text) => text,
                        Piece::Reference { written, .. } => written,
                    })
                    .collect();
                prop_assert_eq!(&whole, &text);
            }
        }
    }
}
