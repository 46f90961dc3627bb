//! Patterns against paths, each list once: jobs that share rules share what comes of them.

use super::error::RuleError;
use crate::matching::changes::{self, Verdict};
use crate::matching::exists;
use crate::matching::glob::Budget;
use crate::matching::pattern::Regex;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// How much matching all jobs of a pipeline may cause, where a step takes some five to ten nanoseconds. Only files made
/// for it need that.
const STEPS: u64 = 60_000_000;

/// What is compared, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum How {
    /// `changes` of a rule.
    Changes,
    /// `changes` of `only` and `except`.
    Policy,
    /// `exists`.
    Exists,
}

/// The paths' place in memory stands for them: they are kept as long as this is.
type Key = (How, usize, Vec<Arc<str>>);

/// What is known already, and how much may still be compared.
#[derive(Debug)]
pub(crate) struct Comparisons {
    known: RefCell<HashMap<Key, Verdict>>,
    searched: RefCell<HashMap<(Arc<str>, usize), Verdict>>,
    paths: RefCell<Vec<Arc<[String]>>>,
    budget: RefCell<Budget>,
}

impl Default for Comparisons {
    fn default() -> Self {
        Self::within(STEPS)
    }
}

impl Comparisons {
    fn within(steps: u64) -> Self {
        Self {
            known: RefCell::default(),
            searched: RefCell::default(),
            paths: RefCell::default(),
            budget: RefCell::new(Budget::new(steps)),
        }
    }

    /// Compares patterns with paths.
    pub(crate) fn patterns(
        &self,
        how: How,
        patterns: &[Arc<str>],
        paths: &Arc<[String]>,
    ) -> Result<Verdict, RuleError> {
        let key = (how, self.place(paths), patterns.to_vec());
        if let Some(known) = self.known.borrow().get(&key) {
            return Ok(*known);
        }
        let mut budget = self.budget.borrow_mut();
        let verdict = match how {
            How::Changes => changes::matches_within(patterns, paths, &mut budget),
            How::Policy => changes::policy_within(patterns, paths, &mut budget),
            How::Exists => exists::matches_within(patterns, paths, &mut budget),
        };
        if budget.is_spent() {
            return Err(RuleError::TooMuchMatching);
        }
        self.known.borrow_mut().insert(key, verdict);
        Ok(verdict)
    }

    /// Searches paths for a regular expression that was made of this text.
    pub(crate) fn regexp(
        &self,
        text: &Arc<str>,
        regex: &Regex,
        paths: &Arc<[String]>,
    ) -> Result<Verdict, RuleError> {
        let key = (text.clone(), self.place(paths));
        if let Some(known) = self.searched.borrow().get(&key) {
            return Ok(*known);
        }
        let budget = &mut *self.budget.borrow_mut();
        let verdict = changes::regexp_within(regex, paths, budget);
        if budget.is_spent() {
            return Err(RuleError::TooMuchMatching);
        }
        self.searched.borrow_mut().insert(key, verdict);
        Ok(verdict)
    }

    /// A number for a list of paths, which is kept so that no other gets the same.
    fn place(&self, paths: &Arc<[String]>) -> usize {
        let mut known = self.paths.borrow_mut();
        let place = known.iter().position(|other| Arc::ptr_eq(other, paths));
        place.unwrap_or_else(|| {
            known.push(paths.clone());
            known.len() - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<T: for<'t> From<&'t str>>(texts: &[&str]) -> Vec<T> {
        texts.iter().map(|text| T::from(*text)).collect()
    }

    #[test]
    fn lists_are_compared_once_per_way() {
        let comparisons = Comparisons::default();
        let (one, other): (Arc<[String]>, Arc<[String]>) =
            (texts(&["a.c"]).into(), texts(&["a.h", "b/a.h"]).into());
        let holds = |how, patterns: &[&str], paths: &Arc<[String]>| {
            comparisons.patterns(how, &texts(patterns), paths).unwrap().holds()
        };
        for _ in 0..2 {
            assert!(holds(How::Changes, &["*.c"], &one));
            assert!(!holds(How::Changes, &["*.c"], &other));
            assert!(!holds(How::Changes, &["b/"], &other));
            assert!(holds(How::Exists, &["b/"], &other));
        }
        assert_eq!(comparisons.known.borrow().len(), 4);
    }

    #[test]
    fn regular_expressions_are_bounded_as_well() {
        let comparisons = Comparisons::within(100_000);
        let paths: Arc<[String]> = vec!["a".repeat(100); 10].into();
        let search = |text: &str| {
            let regex = crate::matching::pattern::ruby(text).unwrap();
            comparisons.regexp(&text.into(), &regex, &paths)
        };
        assert_eq!(search("^b"), Ok(Verdict::None));
        let refused = (0..1000).find(|number| search(&format!("[ab]{number}$")).is_err());
        assert!(refused.is_some_and(|number| number > 0), "{refused:?}");
        assert_eq!(search("^c"), Err(RuleError::TooMuchMatching));
        assert_eq!(search("^b"), Ok(Verdict::None), "what is known costs nothing");
    }

    #[test]
    fn all_comparisons_together_are_bounded() {
        let comparisons = Comparisons::within(3_000);
        let paths: Arc<[String]> = vec!["a".repeat(100); 10].into();
        let compare = |pattern: &str| comparisons.patterns(How::Policy, &texts(&[pattern]), &paths);
        assert_eq!(compare("*b"), Ok(Verdict::None));
        let refused = (0..1000).find(|pattern| compare(&format!("*{pattern}")).is_err());
        assert!(refused.is_some_and(|number| number > 0), "{refused:?}");
        assert_eq!(compare("*c"), Err(RuleError::TooMuchMatching));
        assert_eq!(compare("*b"), Ok(Verdict::None), "what is known costs nothing");
    }

    #[test]
    fn globs_that_stand_for_too_many_patterns_are_told_of() {
        let comparisons = Comparisons::default();
        let paths: Arc<[String]> = texts::<String>(&["x"]).into();
        let many = "{a,b}".repeat(13);
        assert_eq!(
            comparisons.patterns(How::Changes, &texts(&["y", &many]), &paths),
            Err(RuleError::TooMuchMatching)
        );
    }
}
