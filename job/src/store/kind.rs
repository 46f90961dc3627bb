//! Types of artifacts, as names of folders.

/// Most characters of a type.
const LONGEST: usize = 64;

/// `archive`, `junit`, `dotenv`, …: letters, digits, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kind(String);

impl Kind {
    /// What an artifact without a type is.
    pub(crate) fn archive() -> Self {
        Self("archive".to_owned())
    }

    /// The type that a payload names; nothing for a text that is none.
    pub(crate) fn named(text: &str) -> Option<Self> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        match text {
            "" => Some(Self::archive()),
            text => (text.len() <= LONGEST && text.chars().all(fits)).then(|| Self(text.to_owned())),
        }
    }

    /// Its name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether other jobs get it.
    pub(crate) fn is_archive(&self) -> bool {
        self.0 == "archive"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_one_plain_name() {
        assert_eq!(Kind::named(""), Some(Kind::archive()));
        assert_eq!(Kind::named("cobertura-2_x").unwrap().as_str(), "cobertura-2_x");
        for bad in [".", "..", "a/b", "/", "ü", "a b", "a\0", &"x".repeat(65)] {
            assert_eq!(Kind::named(bad), None, "{bad:?}");
        }
        assert!(Kind::archive().is_archive());
    }
}
