//! The variables that one evaluation sees.

use super::expand::{Dialect, may_refer, references};
use super::predefined::JobFacts;
use super::shared::Shared;
use super::sort::{Budget, ExpansionError, Sorter, replace};
use super::yaml::YamlVariables;
use super::{Collection, Item, Undefined};
use crate::config::Rule;
use crate::expression::Lookup;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

/// The variables that an `include`, `workflow` or a job's rules see, in layers that are shared between all scopes of a
/// context: making one costs next to nothing.
///
/// As a [`Lookup`] it gives values as they are, references in them unresolved; so do `rules:if` and
/// `only:variables` see them.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    /// From low precedence to high.
    pub(super) job: Option<JobFacts<'a>>,
    pub(super) predefined: &'a Collection,
    /// Predefined of the pipeline as well, at this stage of its creation.
    pub(super) staged: Option<&'a Collection>,
    pub(super) yaml: Option<YamlVariables<'a>>,
    pub(super) above: Cow<'a, Collection>,
    /// Whether nothing of a job may be seen, whoever defined it.
    pub(super) hides_jobs: bool,
    pub(super) budget: &'a Budget,
    /// What is known already of the variables that all jobs share.
    pub(super) shared: Option<&'a Shared<'a>>,
    pub(super) circles: OnceCell<Option<String>>,
}

impl<'a> Scope<'a> {
    /// A variable with all that is known of it.
    pub fn find(&self, name: &str) -> Option<Item> {
        let item = self.first(name)?;
        item.value.is_some().then_some(item)
    }

    /// All variables with those that others hide left out, from low precedence to high.
    pub fn iter(&self) -> impl Iterator<Item = Item> {
        let all = self.iter_all();
        all.filter(|item| {
            self.find(&item.name)
                .is_some_and(|counted| counted.origin == item.origin && counted.value == item.value)
        })
    }

    /// The same scope with the variables of the rule that let the job in.
    #[must_use]
    pub fn with_rule(mut self, index: usize, rule: &'a Rule) -> Self {
        self.yaml = self.yaml.map(|yaml| yaml.with_rule(index, rule));
        self.shared = None;
        self.circles = OnceCell::new();
        self
    }

    fn is_hidden(&self, name: &str) -> bool {
        self.hides_jobs && (name.starts_with("CI_JOB") || name.starts_with("CI_BUILD"))
    }

    fn first(&self, name: &str) -> Option<Item> {
        if self.is_hidden(name) {
            return None;
        }
        if let Some(item) = self.above.get(name) {
            return Some(item.clone());
        }
        if let Some(item) = self.yaml.as_ref().and_then(|yaml| yaml.get(name)) {
            return Some(item);
        }
        let staged = self.staged.and_then(|staged| staged.get(name));
        staged
            .or_else(|| self.predefined.get(name))
            .cloned()
            .or_else(|| self.job.as_ref().and_then(|job| job.get(name)))
    }

    /// All definitions of a name, from low precedence to high.
    pub(super) fn definitions(&self, name: &str) -> Vec<Item> {
        if self.is_hidden(name) {
            return Vec::new();
        }
        let mut items: Vec<Item> = self.above.all_from_last(name).cloned().collect();
        items.extend(self.yaml.as_ref().and_then(|yaml| yaml.get(name)));
        items.extend(self.staged.into_iter().flat_map(|staged| staged.all_from_last(name)).cloned());
        items.extend(self.predefined.all_from_last(name).cloned());
        items.extend(self.job.as_ref().and_then(|job| job.get(name)));
        items.reverse();
        items
    }

    /// All definitions, from low precedence to high.
    fn iter_all(&self) -> impl Iterator<Item = Item> {
        let job = self.job.iter().flat_map(JobFacts::iter);
        let predefined = self.predefined.iter().cloned();
        let staged = self.staged.into_iter().flat_map(Collection::iter).cloned();
        let yaml = self.yaml.iter().flat_map(YamlVariables::iter);
        let above = self.above.iter().cloned();
        let all = job.chain(predefined).chain(staged).chain(yaml).chain(above);
        all.filter(|item| !self.is_hidden(&item.name))
    }

    /// The circles among all variables, in GitLab's words: `circular variable reference detected: ["A", "B"]`.
    ///
    /// # Errors
    /// Where there are too many references to follow.
    pub fn circles(&self) -> Result<Option<&str>, ExpansionError> {
        if self.circles.get().is_none() {
            let found = self.circles_from(self.iter_all())?;
            let _ = self.circles.set(found);
        }
        Ok(self.circles.get().and_then(Option::as_deref))
    }

    /// The same in less time, where there are none among the variables that all jobs share.
    ///
    /// # Errors
    /// Where there are too many references to follow.
    pub(crate) fn circles_of_job(&self) -> Result<Option<&str>, ExpansionError> {
        if self.circles.get().is_none() && self.shared.map(Shared::is_circular).transpose()? == Some(false) {
            let own = self.yaml.iter().flat_map(YamlVariables::iter_own).filter(Item::may_refer);
            let own: Vec<_> = own.chain(self.job.iter().flat_map(JobFacts::iter_referring)).collect();
            if !self.may_be_circular(&own)? || self.circles_from(own.into_iter())?.is_none() {
                let _ = self.circles.set(None);
            }
        }
        // In which order the members of a circle are told depends on all variables.
        self.circles()
    }

    fn may_be_circular(&self, own: &[Item]) -> Result<bool, ExpansionError> {
        for item in own {
            if !self.leads_outside(item.value.as_deref().unwrap_or_default())? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn circles_from(&self, items: impl Iterator<Item = Item>) -> Result<Option<String>, ExpansionError> {
        let mut sorter = Sorter::new(self, self.budget);
        for item in items.filter(Item::may_refer) {
            sorter.visit(&item.name)?;
        }
        Ok(sorter.circles())
    }

    /// Replaces the references of a text by values as they are.
    ///
    /// # Errors
    /// Where it becomes too long.
    pub fn expand(&self, text: &str, undefined: Undefined) -> Result<String, ExpansionError> {
        replace(text, Dialect::Plain, self.budget, undefined, &|name| self.variable(name))
    }

    /// Replaces the references of a text by values whose own references are resolved, where there is no circle among
    /// all variables; by values as they are where there is one.
    ///
    /// # Errors
    /// Where it becomes too long, or there are too many references to follow.
    pub fn expand_nested(&self, text: &str, undefined: Undefined) -> Result<String, ExpansionError> {
        if !may_refer(text) || self.circles_of_job()?.is_some() {
            return self.expand(text, undefined);
        }
        let mut values: HashMap<Arc<str>, Option<Arc<str>>> = HashMap::new();
        for name in references(text, Dialect::Plain) {
            match self.shared_value(name)? {
                Some(value) => values.insert(name.into(), value),
                None => {
                    values = self.values_for(text)?;
                    break;
                }
            };
        }
        replace(text, Dialect::Plain, self.budget, undefined, &|name| values.get(name).cloned().flatten())
    }

    /// What the variables that a text refers to become.
    fn values_for(&self, text: &str) -> Result<HashMap<Arc<str>, Option<Arc<str>>>, ExpansionError> {
        let mut sorter = Sorter::new(self, self.budget);
        for name in references(text, Dialect::Plain) {
            sorter.visit(name)?;
        }
        sorter.values()
    }
}

impl Lookup for Scope<'_> {
    fn variable(&self, name: &str) -> Option<Arc<str>> {
        self.first(name)?.value
    }

    fn afford(&self, steps: u64) -> bool {
        self.budget.afford(steps)
    }
}
