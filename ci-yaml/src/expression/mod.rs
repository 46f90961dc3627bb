//! The language of `rules:if` and its like.

/// A statement that was checked.
#[derive(Clone, Debug)]
pub struct Expression {}
