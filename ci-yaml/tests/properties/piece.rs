//! YAML that is made up.

use proptest::prelude::*;
use proptest::sample::select;
use std::fmt;

/// A value, written in one line.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// As it stands: a number, a boolean, null, a tag with what it is for.
    Plain(String),
    /// A string, in quotes.
    Text(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(text) => f.write_str(text),
            // What JSON escapes, YAML takes in double quotes.
            Self::Text(text) => write!(f, "{}", serde_json::Value::String(text.clone())),
            Self::List(items) => {
                f.write_str("[")?;
                items.iter().try_for_each(|item| write!(f, "{item}, "))?;
                f.write_str("]")
            }
            Self::Map(entries) => {
                f.write_str("{")?;
                entries.iter().try_for_each(|(key, value)| write!(f, "{}: {value}, ", text(key)))?;
                f.write_str("}")
            }
        }
    }
}

impl Piece {
    /// The entries of a map, each in a line of its own.
    pub(crate) fn lines(entries: &[(String, Self)]) -> String {
        entries.iter().map(|(key, value)| format!("{}: {value}\n", text(key))).collect()
    }
}

/// A string.
pub(crate) fn text(content: &str) -> Piece {
    Piece::Text(content.to_owned())
}

/// A value as it stands.
pub(crate) fn plain(content: &str) -> Piece {
    Piece::Plain(content.to_owned())
}

/// A map.
pub(crate) fn map<const N: usize>(entries: [(&str, Piece); N]) -> Piece {
    Piece::Map(entries.map(|(key, value)| (key.to_owned(), value)).to_vec())
}

/// One of these strings.
pub(crate) fn one_of(texts: &'static [&'static str]) -> BoxedStrategy<Piece> {
    select(texts).prop_map(text).boxed()
}

/// One of these as it stands.
pub(crate) fn plain_of(texts: &'static [&'static str]) -> BoxedStrategy<Piece> {
    select(texts).prop_map(plain).boxed()
}

/// A few of something.
pub(crate) fn list(of: impl Strategy<Value = Piece> + 'static) -> BoxedStrategy<Piece> {
    prop::collection::vec(of, 1..4).prop_map(Piece::List).boxed()
}

/// A few of these strings, each once.
pub(crate) fn few_of(texts: &'static [&'static str]) -> BoxedStrategy<Piece> {
    let chosen = prop::sample::subsequence(texts, 0..=texts.len().min(3));
    chosen.prop_map(|chosen| Piece::List(chosen.into_iter().map(text).collect())).boxed()
}

/// One of something, or a few.
pub(crate) fn some(of: impl Strategy<Value = Piece> + Clone + 'static) -> BoxedStrategy<Piece> {
    prop_oneof![of.clone(), list(of)].boxed()
}

/// Some of these keys, and the first of them always.
pub(crate) fn keys(entries: Vec<(&'static str, BoxedStrategy<Piece>)>) -> BoxedStrategy<Piece> {
    let mut all = Vec::new();
    for (key, value) in entries {
        let entry = value.prop_map(move |value| (key.to_owned(), value));
        all.push(match all.is_empty() {
            true => entry.prop_map(Some).boxed(),
            false => prop::option::weighted(0.4, entry).boxed(),
        });
    }
    all.prop_map(|entries| Piece::Map(entries.into_iter().flatten().collect())).boxed()
}

/// What fits nowhere.
pub(crate) fn odd() -> BoxedStrategy<Piece> {
    prop_oneof![
        plain_of(&[
            "null",
            "",
            "0",
            "-1",
            "1.5",
            ".nan",
            "yes",
            "!reference [.h, script]",
            "!x y",
            "2026-01-01",
            "~"
        ]),
        one_of(&["", " ", "$", "$A", "a b", "\u{e9}", "$[[ inputs.a ]]", "\n", "never"]),
        Just(Piece::List(Vec::new())),
        Just(map([])),
        Just(map([("a", Piece::List(vec![map([("b", plain("1"))]), plain("null")]))])),
    ]
    .boxed()
}
