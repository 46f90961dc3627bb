//! See the crate's documentation.

#[cfg(test)]
pub(crate) mod testing;
