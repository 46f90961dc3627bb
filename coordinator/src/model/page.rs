//! Parts of long lists.

use serde::{Deserialize, Serialize};

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// From 1.
    pub number: u32,
    /// How many, 1 to 100.
    pub size: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self { number: 1, size: 20 }
    }
}

impl Page {
    /// A page within what is allowed: numbers from 1, sizes from 1 to 100.
    pub fn new(number: u32, size: u32) -> Self {
        Self { number: number.max(1), size: size.clamp(1, 100) }
    }

    /// How many items come before it.
    pub fn offset(self) -> u64 {
        u64::from(self.number.max(1) - 1) * u64::from(self.size)
    }
}

/// A part of a list, and how long the list is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Paged<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
}
