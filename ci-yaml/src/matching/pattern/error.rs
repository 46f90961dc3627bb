//! Why a text is no regular expression here.

use super::Dialect;

/// What a regular expression has that its engine does not take, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct PatternError {
    /// Where: bytes from the start of the body.
    pub offset: usize,
    /// Why.
    pub reason: Reason,
}

/// What can be wrong with a regular expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// `(?=`, `(?!`, `(?<=`, `(?<!`.
    #[error("{} has no lookaround: `{operator}`", .dialect.engine())]
    Lookaround {
        /// As written.
        operator: String,
        /// In which dialect.
        dialect: Dialect,
    },
    /// `\1`, `(?P=name)`.
    #[error("{} has no back-references: `{reference}`", .dialect.engine())]
    BackReference {
        /// As written.
        reference: String,
        /// In which dialect.
        dialect: Dialect,
    },
    /// Another group that begins with `(?`.
    #[error("unknown kind of group: `{0}`")]
    Group(String),
    /// A group's name that is none, or that another group has.
    #[error("a group's name that is none, or is taken: `{0}`")]
    Name(String),
    /// A backslash with something that has no meaning behind it.
    #[error("unknown escape: `{0}`")]
    Escape(String),
    /// A repetition of nothing.
    #[error("`{0}` has nothing to repeat")]
    NothingToRepeat(String),
    /// `a**`, and `a++` as well: there is nothing possessive.
    #[error("a repetition of a repetition: `{0}`")]
    RepeatedRepeat(String),
    /// More than a thousand, or the greater number first.
    #[error("repeated more than 1000 times, or more often at least than at most: `{0}`")]
    RepeatSize(String),
    /// A group that is not closed.
    #[error("`(` is not closed")]
    UnclosedGroup,
    /// One that is not opened.
    #[error("`)` without `(`")]
    UnopenedGroup,
    /// A character class that is not closed.
    #[error("`[` is not closed")]
    UnclosedClass,
    /// `[z-a]`.
    #[error("a range that ends before it begins: `{0}`")]
    Range(String),
    /// `[[:foo:]]`, `\p{Foo}`.
    #[error("unknown class of characters: `{0}`")]
    Class(String),
    /// The server's engine can do it, this one cannot.
    #[error("not evaluated here: `{0}`")]
    Unsupported(String),
    /// Too long, or too large once its repetitions are written out.
    #[error("the regular expression is too large")]
    TooLarge,
    /// Too many groups within one another.
    #[error("more than {} groups within one another", super::MOST_NESTED)]
    TooDeep,
    /// A flag that is none.
    #[error("unknown flag `{0}`")]
    Flag(char),
}

impl Dialect {
    pub(super) fn engine(self) -> &'static str {
        match self {
            Self::Re2 => "RE2",
            Self::Ruby => "the engine used here",
        }
    }
}
