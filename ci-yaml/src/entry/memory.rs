//! What was read once: many jobs say the same.

use crate::Node;
use crate::config::Rule;
use crate::expression::{Expression, Known, SyntaxError};
use crate::matching::duration;
use std::collections::HashMap;
use std::sync::Arc;

/// Values by what they were read from, for one validation.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    expressions: Known,
    durations: HashMap<Arc<str>, Option<f64>>,
    rules: HashMap<*const Node, (Arc<Vec<Node>>, Vec<Rule>)>,
}

impl Memory {
    /// An expression. Its regular expressions are compiled once for all that say the same.
    pub(crate) fn expression(&mut self, text: &str) -> Result<Arc<Expression>, SyntaxError> {
        self.expressions.parse(text)
    }

    /// The seconds of a duration, if it is one.
    pub(crate) fn seconds(&mut self, text: &Arc<str>) -> Option<f64> {
        if let Some(known) = self.durations.get(text) {
            return *known;
        }
        let seconds = duration::seconds(text);
        self.durations.insert(text.clone(), seconds);
        seconds
    }

    /// The rules of a job that were read from this very list before, and in which there was no fault.
    pub(crate) fn rules(&self, list: &Arc<Vec<Node>>) -> Option<Vec<Rule>> {
        self.rules.get(&list.as_ptr()).map(|(_, rules)| rules.clone())
    }

    /// Keeps the rules of a job without a fault. The list is kept too: its place in memory stands for it.
    pub(crate) fn keep_rules(&mut self, list: &Arc<Vec<Node>>, rules: &[Rule]) {
        self.rules.insert(list.as_ptr(), (list.clone(), rules.to_vec()));
    }
}

#[cfg(test)]
mod tests {
    use super::Memory;
    use crate::{FileId, Value, yaml};

    #[test]
    fn the_same_list_has_the_same_rules_and_an_equal_one_is_read_again() {
        let text = "a: &r [{when: manual}]\nb: *r\nc: [{when: manual}]";
        let loaded = yaml::load(text, FileId(0), &yaml::Limits::default()).unwrap();
        let list = |key: &str| match &loaded.content.get(key).unwrap().value {
            Value::Seq(items) => items.clone(),
            other => panic!("{other:?}"),
        };
        let mut memory = Memory::default();
        assert!(memory.rules(&list("a")).is_none());
        memory.keep_rules(&list("a"), &[crate::config::Rule::default()]);
        assert_eq!(memory.rules(&list("b")).map(|rules| rules.len()), Some(1));
        assert!(memory.rules(&list("c")).is_none());
    }

    #[test]
    fn durations_are_what_they_were() {
        let mut memory = Memory::default();
        for _ in 0..2 {
            assert_eq!(memory.seconds(&"1 week".into()), Some(604_800.0));
            assert_eq!(memory.seconds(&"soon".into()), None);
        }
    }
}
