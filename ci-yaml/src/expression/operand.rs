//! The values of the language.

use crate::matching::pattern::Regex;
use std::fmt;
use std::sync::Arc;

/// What a part of a statement yields. Kinds are those of the server's own evaluation: variables and literals give
/// text, null, booleans and regular expressions; inputs also give numbers and lists.
#[derive(Clone, Debug)]
pub enum Operand {
    /// `null`, an undefined variable, an unknown input.
    Null,
    /// `true` and `false`, and what a comparison gives.
    Boolean(bool),
    /// A whole number; from inputs only.
    Integer(i64),
    /// Another number; from inputs only.
    Float(f64),
    /// Text, as it is: the value of a variable is not expanded.
    Text(Arc<str>),
    /// A list; from inputs only.
    List(Arc<[Self]>),
    /// A regular expression literal.
    Regex(Arc<Regex>),
}

impl Operand {
    /// What `&&` and `||` take for true: everything but null and false, the empty text as well.
    pub fn is_truthy(&self) -> bool {
        !matches!(self, Self::Null | Self::Boolean(false))
    }

    /// What `!` asks, and what decides in the end (`blank?` of Rails): null, false, text of nothing but white space, and
    /// lists without members.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Boolean(value) => !value,
            Self::Text(text) => text.chars().all(char::is_whitespace),
            Self::List(members) => members.is_empty(),
            Self::Integer(_) | Self::Float(_) | Self::Regex(_) => false,
        }
    }
}

/// As the statement would have to say it.
impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::List(members) => {
                f.write_str("[")?;
                for (index, member) in members.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{member}")?;
                }
                f.write_str("]")
            }
            Self::Regex(regex) => write!(f, "{regex}"),
        }
    }
}
