//! Variables as configured.

use crate::Span;
use indexmap::IndexMap;
use std::sync::Arc;

/// Variables by name, in order.
pub type Variables = IndexMap<Arc<str>, Variable>;

/// A variable of the configuration.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its value, as text, not expanded.
    pub value: Arc<str>,
    /// `expand: false`: references in it stay as they are.
    pub raw: bool,
    /// What the form for manual runs says of it; the top level only.
    pub description: Option<Arc<str>>,
    /// The values that the form for manual runs offers; the top level only.
    pub options: Option<Vec<Arc<str>>>,
    /// Where its name was written.
    pub span: Span,
}
