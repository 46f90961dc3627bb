//! Variables as a template keeps them.

use ci_yaml::variables::{Item, Origin};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A variable that is known before the job starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// Its name.
    pub name: Arc<str>,
    /// Its value, not expanded.
    pub value: Arc<str>,
    /// References in it stay as they are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub raw: bool,
}

impl Variable {
    /// One that the evaluator computed; nothing where it is undefined.
    pub(crate) fn of(item: Item) -> Option<Self> {
        Some(Self { name: item.name, value: item.value?, raw: item.raw })
    }

    /// As the evaluator has it.
    pub(crate) fn item(&self) -> Item {
        Item { raw: self.raw, ..Item::new(self.name.clone(), self.value.clone(), Origin::Run) }
    }
}
