//! What is known about one key.

use crate::config::reading::Value;

/// A table of config.toml.
#[derive(Debug)]
pub(crate) struct Table {
    /// Its dotted name, empty for the top level.
    pub(crate) path: &'static str,
    /// Its keys, in the order in which they are written.
    pub(crate) keys: &'static [Key],
    /// What flags made from its keys start with.
    pub(crate) flag_prefix: &'static str,
    /// What environment variables made from its keys start with.
    pub(crate) variable_prefix: &'static str,
}

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) status: Status,
    pub(crate) check: Check,
    pub(crate) flag: Flag,
    pub(crate) variable: Variable,
    /// Written even when it is zero, as gitlab-runner writes it.
    pub(crate) always_written: bool,
}

/// The type of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Text,
    /// A text that is never shown.
    Secret,
    Integer,
    Float,
    Boolean,
    /// A boolean whose absence means something else than `false`.
    Switch,
    Duration,
    Texts,
    /// One text or an array of texts.
    TextOrTexts,
    TextMap,
    TextsMap,
    BooleanMap,
    DateTime,
    Table(&'static Table),
    Tables(&'static Table),
    /// Anything; what is below is not looked at.
    Free,
}

/// What becomes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Obeyed.
    Honoured,
    /// Known, but not supported in this version; the text says what happens instead.
    Unsupported(&'static str),
    /// Without effect on purpose; the text says why.
    Ignored(&'static str),
    /// Means something to these executors only.
    For(&'static [&'static str]),
    /// Refines another key, which speaks for it.
    Detail,
}

/// What a value must be beyond its type.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Check {
    None,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// One of these words in any case.
    ChoiceAnyCase(&'static [&'static str]),
    /// A number not below.
    AtLeast(i64),
    /// Anything else.
    With(fn(&Value) -> Vec<Complaint>),
}

/// What a [`Check::With`] finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Complaint {
    pub(crate) message: String,
    pub(crate) expected: String,
    pub(crate) help: Option<String>,
    /// Whether the value cannot be used.
    pub(crate) fatal: bool,
}

/// The command line option of `register` and `run-single` that sets a key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Flag {
    None,
    /// The table's prefix and the key in lower case with hyphens.
    Derived,
    /// These names; the first is the one shown.
    Named(&'static [&'static str]),
}

/// The environment variable that sets a key, where flags may.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Variable {
    None,
    /// The table's prefix and the key in upper case.
    Derived,
    Named(&'static str),
}

impl Table {
    /// The key of this name: exact, else in any case.
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        let exact = self.keys.iter().find(|key| key.name == name);
        exact.or_else(|| self.keys.iter().find(|key| key.name.eq_ignore_ascii_case(name)))
    }

    /// The names of the flags that set a key, without hyphens before them.
    pub(crate) fn flags(&self, key: &Key) -> Vec<String> {
        match key.flag {
            Flag::None => Vec::new(),
            Flag::Derived => {
                vec![format!("{}{}", self.flag_prefix, key.name.replace('_', "-").to_ascii_lowercase())]
            }
            Flag::Named(names) => names.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    /// The environment variable that sets a key.
    pub(crate) fn variable(&self, key: &Key) -> Option<String> {
        match (key.flag, key.variable) {
            (Flag::None, _) | (_, Variable::None) => None,
            (_, Variable::Derived) => {
                Some(format!("{}{}", self.variable_prefix, key.name.to_ascii_uppercase()))
            }
            (_, Variable::Named(name)) => Some(name.to_owned()),
        }
    }
}

/// A key that is obeyed and has no flag; the functions below change that.
pub(crate) const fn key(name: &'static str, kind: Kind) -> Key {
    Key {
        name,
        kind,
        status: Status::Honoured,
        check: Check::None,
        flag: Flag::None,
        variable: Variable::None,
        always_written: false,
    }
}

/// A key with the flag and variable that follow from its name.
pub(crate) const fn flagged(name: &'static str, kind: Kind) -> Key {
    Key { flag: Flag::Derived, variable: Variable::Derived, ..key(name, kind) }
}

impl Key {
    pub(crate) const fn status(self, status: Status) -> Self {
        Self { status, ..self }
    }

    pub(crate) const fn unsupported(self, instead: &'static str) -> Self {
        self.status(Status::Unsupported(instead))
    }

    pub(crate) const fn detail(self) -> Self {
        self.status(Status::Detail)
    }

    pub(crate) const fn check(self, check: Check) -> Self {
        Self { check, ..self }
    }

    pub(crate) const fn flag(self, names: &'static [&'static str]) -> Self {
        Self { flag: Flag::Named(names), ..self }
    }

    pub(crate) const fn variable(self, name: &'static str) -> Self {
        Self { variable: Variable::Named(name), ..self }
    }

    pub(crate) const fn no_variable(self) -> Self {
        Self { variable: Variable::None, ..self }
    }

    pub(crate) const fn always(self) -> Self {
        Self { always_written: true, ..self }
    }
}

impl Kind {
    /// The type in words, after "expected".
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Text | Self::Secret => "a string",
            Self::Integer => "an integer",
            Self::Float => "a number",
            Self::Boolean | Self::Switch => "`true` or `false`",
            Self::Duration => "a duration such as `\"90s\"`, `\"15m\"` or `\"1h30m\"`",
            Self::Texts => "an array of strings",
            Self::TextOrTexts => "a string or an array of strings",
            Self::TextMap => "a table of strings",
            Self::TextsMap => "a table of arrays of strings",
            Self::BooleanMap => "a table of `true` and `false`",
            Self::DateTime => "a date and time such as `2026-01-31T12:00:00Z`",
            Self::Table(_) => "a table",
            Self::Tables(_) => "an array of tables",
            Self::Free => "anything",
        }
    }
}
