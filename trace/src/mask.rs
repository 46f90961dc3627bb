//! Masks secrets in a stream of bytes.
//!
//! Three things are replaced by `[MASKED]`: *phrases* (values of masked variables, as they are, percent-encoded and in
//! base64), values of certain *URL parameters*, and what follows a *token prefix*. They are recognised in that order,
//! each on what the ones before left, as gitlab-runner does it. What comes out does not depend on how the input is cut
//! into writes.
//!
//! Differences from gitlab-runner, all of them on the safe side: percent-encoded and base64 forms of values are
//! recognised too; overlapping values leave no remainder and give one replacement together; there is no limit of
//! fifteen token prefixes; a masked value inside a token prefix or parameter name does not uncover what follows.
//!
//! Not recognised: values broken over lines by `base64 -w`, reversed or otherwise disguised ones, and values of which
//! stdout and stderr have a part each (every stream has a [`Masker`] of its own).

mod automaton;
mod forms;
mod masker;
mod phrase;
mod skip;
mod token;
mod url;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use automaton::{Automaton, Builder};
use skip::{Head, MAX_WINDOW, Skip};

pub use masker::Masker;

/// What stands for a secret.
pub const MASK: &str = "[MASKED]";

/// The prefix that is masked whatever the feature flags say.
pub const BASIC_TOKEN_PREFIXES: [&str; 1] = ["glpat-"];

/// The prefixes of GitLab's tokens that are masked by default (`FF_MASK_ALL_DEFAULT_TOKENS`).
pub const DEFAULT_TOKEN_PREFIXES: [&str; 14] = [
    "glpat-",
    "gloas-",
    "gldt-",
    "glrt-",
    "glcbt-",
    "glrtr-",
    "glptt-",
    "glft-",
    "glimt-",
    "glagent-",
    "glsoat-",
    "glffct-",
    "_gitlab_session=",
    "gltok-",
];

/// Most bytes that all values together may have. Far more than a coordinator sends; searching costs memory.
pub const MAX_VALUES: usize = 8 * 1024 * 1024;

/// The values to mask are too large to search for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("masked values have {bytes} bytes together, more than {MAX_VALUES}")]
pub struct MasksTooLarge {
    /// How many bytes they have.
    pub bytes: usize,
}

/// What to mask: a compiled set, cheap to clone, shared by all streams of a job.
#[derive(Clone)]
pub struct MaskSet(Arc<Patterns>);

struct Patterns {
    phrases: Automaton,
    prefixes: Automaton,
    skip: Skip,
}

impl MaskSet {
    /// Compiles a set of masked values and token prefixes. Both are trimmed of surrounding white space; empty ones and
    /// repetitions are dropped. URL parameters are always masked.
    ///
    /// # Errors
    /// The values are larger than [`MAX_VALUES`] together.
    pub fn new<V, P>(values: V, token_prefixes: P) -> Result<Self, MasksTooLarge>
    where
        V: IntoIterator<Item: AsRef<str>>,
        P: IntoIterator<Item: AsRef<str>>,
    {
        let values = trimmed(values);
        let bytes = values.iter().map(String::len).sum();
        if bytes > MAX_VALUES {
            return Err(MasksTooLarge { bytes });
        }
        let (mut phrases, mut prefixes, mut heads) = (Builder::new(), Builder::new(), BTreeSet::new());
        for value in values {
            forms::each(value.as_bytes(), &mut |form| {
                phrases.add(form);
                note_head(&mut heads, form);
            });
        }
        for prefix in trimmed(token_prefixes) {
            prefixes.add(prefix.as_bytes());
            note_head(&mut heads, prefix.as_bytes());
        }
        let heads: Vec<Head> = heads.iter().map(|head| exact(head)).chain(url_heads()).collect();
        let patterns =
            Patterns { phrases: phrases.build(), prefixes: prefixes.build(), skip: Skip::new(&heads) };
        Ok(Self(Arc::new(patterns)))
    }
}

/// Shows nothing of the values.
impl fmt::Debug for MaskSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskSet").finish_non_exhaustive()
    }
}

fn trimmed(texts: impl IntoIterator<Item: AsRef<str>>) -> BTreeSet<String> {
    texts.into_iter().map(|text| text.as_ref().trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

/// Many forms begin alike: most of them cost only a look.
fn note_head(heads: &mut BTreeSet<Vec<u8>>, pattern: &[u8]) {
    let head = &pattern[..pattern.len().min(MAX_WINDOW)];
    if !heads.contains(head) {
        heads.insert(head.to_vec());
    }
}

fn exact(head: &[u8]) -> Head {
    head.iter().map(|&byte| vec![byte]).collect()
}

fn url_heads() -> impl Iterator<Item = Head> {
    url::KEYS.iter().map(|key| {
        let letters = key.iter().map(|byte| vec![byte.to_ascii_lowercase(), byte.to_ascii_uppercase()]);
        std::iter::once(b"?&".to_vec()).chain(letters).take(MAX_WINDOW).collect()
    })
}

/// What becomes of a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    /// It is shown.
    Plain,
    /// It is the first of some bytes that are replaced together.
    Start,
    /// It is another one of them.
    Inside,
}
