//! Values kept as JSON.

use crate::error::StoreError;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// As it is kept.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Other(error.to_string()))
}

/// As it was kept.
pub(crate) fn read<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| {
        tracing::error!(what, line = error.line(), column = error.column(), "a row cannot be read");
        StoreError::Unreadable { what }
    })
}
