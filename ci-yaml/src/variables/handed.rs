//! What a list of variables becomes before it is handed to a runner (`Ci::Contextable`, `Ci::BuildRunnerPresenter`).

use super::expand::Dialect;
use super::sort::{Budget, Definitions, ExpansionError, Sorter, replace};
use super::{Collection, Item, Undefined};
use std::collections::HashMap;
use std::sync::Arc;

/// No definitions but those that were given.
struct Nothing;

impl Definitions for Nothing {
    fn definitions(&self, _: &str) -> Vec<Item> {
        Vec::new()
    }
}

impl Collection {
    /// The same with what is referred to before what refers to it, and references replaced.
    ///
    /// A runner resolves what is left: references to what is not defined, to files, and to what is not to be expanded.
    /// Where variables refer to one another in a circle, all stays as it is.
    ///
    /// # Errors
    /// Where a value becomes too long, or there are too many references to follow.
    pub fn handed_over(&self) -> Result<Self, ExpansionError> {
        let budget = Budget::default();
        let mut sorter = Sorter::new(&Nothing, &budget);
        sorter.visit_all(self.iter())?;
        let Some(sorted) = sorter.sorted() else { return Ok(self.clone()) };
        let mut known: HashMap<Arc<str>, Option<Arc<str>>> = HashMap::new();
        let mut expanded = Self::default();
        for item in sorted {
            let mut item = item.clone();
            if let Some(value) = item.value.as_deref().filter(|_| item.may_refer()) {
                let value_of = |name: &str| known.get(name).cloned().flatten();
                let value = replace(value, Dialect::Nested, &budget, Undefined::Keep, &value_of)?;
                item.value = Some(value.into());
            }
            let visible = item.value.clone().filter(|_| !item.raw && !item.file);
            known.insert(item.name.clone(), visible);
            expanded.push(item);
        }
        Ok(expanded)
    }

    /// A text with references replaced by values as they are, those of files excepted; undefined ones by nothing, or
    /// as they are written.
    ///
    /// # Errors
    /// Where it becomes too long.
    pub fn expand(&self, text: &str, undefined: Undefined) -> Result<String, ExpansionError> {
        let budget = Budget::default();
        replace(text, Dialect::Plain, &budget, undefined, &|name| self.get(name)?.value.clone())
    }
}
