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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::Origin;

    fn plain(name: &str, value: &str) -> Item {
        Item::new(name, value, Origin::Project)
    }

    fn shown(items: impl IntoIterator<Item = Item>) -> String {
        let handed = items.into_iter().collect::<Collection>().handed_over().unwrap();
        let shown =
            handed.iter().map(|item| format!("{}={}", item.name, item.value.as_deref().unwrap_or("-")));
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_is_referred_to_comes_first_and_all_else_stays_in_place() {
        assert_eq!(shown([plain("A", "$C"), plain("B", "b"), plain("C", "%B%")]), "B=b C=b A=b");
        assert_eq!(shown([plain("A", "a"), plain("B", "b"), plain("A", "c")]), "A=a B=b A=c");
    }

    #[test]
    fn a_definition_refers_to_those_before_it() {
        assert_eq!(shown([plain("A", "a"), plain("A", "$A/b")]), "A=a A=a/b");
        assert_eq!(shown([plain("A", "$A/b")]), "A=$A/b");
    }

    #[test]
    fn files_and_raw_values_are_left_to_the_runner() {
        let file = Item { file: true, ..plain("F", "$B") };
        let raw = Item { raw: true, ..plain("R", "$B") };
        assert_eq!(shown([plain("A", "$F $R $N"), file, raw, plain("B", "b")]), "B=b F=b R=$B A=$F $R $N");
    }

    #[test]
    fn in_a_circle_nothing_is_touched() {
        assert_eq!(
            shown([plain("A", "$B"), plain("B", "$A"), plain("C", "$D"), plain("D", "d")]),
            "A=$B B=$A C=$D D=d"
        );
    }
}
