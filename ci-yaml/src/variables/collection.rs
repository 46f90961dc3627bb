//! Variables in order of precedence, several of a name allowed.

use super::{Origin, expand};
use std::collections::HashMap;
use std::sync::Arc;

/// A variable with all that is known of it.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its name.
    pub name: Arc<str>,
    /// Its value. Nothing hides definitions of lower precedence: the variable is undefined.
    pub value: Option<Arc<str>>,
    /// References in it stay as they are.
    pub raw: bool,
    /// The job gets a path of a file with the value in it.
    pub file: bool,
    /// It is not to be shown in logs.
    pub masked: bool,
    /// Services get it too.
    pub public: bool,
    /// Where it comes from.
    pub origin: Origin,
}

impl Item {
    /// A plain, public variable.
    pub fn new(name: impl Into<Arc<str>>, value: impl Into<Arc<str>>, origin: Origin) -> Self {
        let value = Some(value.into());
        Self { name: name.into(), value, raw: false, file: false, masked: false, public: true, origin }
    }

    /// Whether its value may hold references that count.
    pub(crate) fn may_refer(&self) -> bool {
        !self.raw && self.value.as_deref().is_some_and(expand::may_refer)
    }
}

/// Variables from low precedence to high (`Gitlab::Ci::Variables::Collection`): of several definitions of a name the
/// last one counts, but all of them take part where references between variables are sorted.
#[derive(Clone, Debug, Default)]
pub struct Collection {
    items: Vec<Item>,
    /// The previous item of the same name, for each item.
    previous: Vec<Option<usize>>,
    last: HashMap<Arc<str>, usize>,
}

impl Collection {
    /// Adds a variable of a higher precedence than all before it.
    pub fn push(&mut self, item: Item) {
        let index = self.items.len();
        self.previous.push(self.last.insert(item.name.clone(), index));
        self.items.push(item);
    }

    /// The definition of a name that counts.
    pub fn get(&self, name: &str) -> Option<&Item> {
        self.last.get(name).and_then(|index| self.items.get(*index))
    }

    /// All definitions of a name, from high precedence to low.
    pub(crate) fn all_from_last(&self, name: &str) -> impl Iterator<Item = &Item> {
        let mut next = self.last.get(name).copied();
        std::iter::from_fn(move || {
            let index = next?;
            next = self.previous.get(index).copied().flatten();
            self.items.get(index)
        })
    }

    /// All variables from low precedence to high.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Item> + ExactSizeIterator {
        self.items.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl Extend<Item> for Collection {
    fn extend<T: IntoIterator<Item = Item>>(&mut self, items: T) {
        for item in items {
            self.push(item);
        }
    }
}

impl FromIterator<Item> for Collection {
    fn from_iter<T: IntoIterator<Item = Item>>(items: T) -> Self {
        let mut collection = Self::default();
        collection.extend(items);
        collection
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_definition_counts_and_all_are_kept() {
        let collection: Collection = [("A", "1"), ("B", "2"), ("A", "3")]
            .map(|(name, value)| Item::new(name, value, Origin::Project))
            .into_iter()
            .collect();
        assert_eq!(collection.get("A").and_then(|item| item.value.as_deref()), Some("3"));
        let all: Vec<_> = collection.all_from_last("A").filter_map(|item| item.value.as_deref()).collect();
        assert_eq!(all, ["3", "1"]);
        assert!(collection.get("C").is_none());
        assert_eq!(collection.iter().len(), 3);
    }
}
