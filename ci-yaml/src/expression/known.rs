//! Statements that were read before.

use super::{Expression, SyntaxError, parse};
use std::collections::HashMap;
use std::sync::Arc;

/// Reads each statement once. Configurations say the same in many jobs, and what is shared also shares its compiled
/// regular expressions.
#[derive(Debug, Default)]
pub struct Known(HashMap<Box<str>, Result<Arc<Expression>, SyntaxError>>);

impl Known {
    /// As [`parse`].
    ///
    /// # Errors
    /// As [`parse`].
    pub fn parse(&mut self, text: &str) -> Result<Arc<Expression>, SyntaxError> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let read = parse(text).map(Arc::new);
        self.0.insert(text.into(), read.clone());
        read
    }
}

#[cfg(test)]
mod tests {
    use super::Known;
    use std::sync::Arc;

    #[test]
    fn the_same_text_is_the_same_statement() {
        let mut known = Known::default();
        let first = known.parse("$A =~ /ab/").expect("valid");
        assert!(Arc::ptr_eq(&first, &known.parse("$A =~ /ab/").expect("valid")));
        assert!(!Arc::ptr_eq(&first, &known.parse("$A =~ /ab/i").expect("valid")));
        assert_eq!(known.parse("$A ="), known.parse("$A ="));
        assert!(known.parse("$A =").is_err());
    }
}
