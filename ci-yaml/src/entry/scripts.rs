//! Commands: `script`, `before_script`, `after_script` and those of `hooks`.

use super::Report;
use crate::{Diagnostic, Node, Value};
use std::sync::Arc;

/// How many lists may stand in one another (`Commands::MAX_NESTING_LEVEL`, and that of `stages`).
pub(super) const MAX_NESTING: usize = 10;
/// How many entries a list may have with the lists in it. References can multiply short lists; GitLab knows no such
/// limit and would run out of memory.
pub(super) const MOST_ENTRIES: usize = 50_000;

/// The commands under that name, flattened: a string, or strings in lists in lists.
pub(super) fn commands(name: &str, value: &Node, parent: &mut Report<'_>) -> Option<Vec<Arc<str>>> {
    if let Some(text) = value.as_text() {
        return Some(vec![text.clone()]);
    }
    match flatten(value) {
        Ok(commands) => Some(commands),
        Err(found) => {
            let text = "config should be a string or a nested array of strings up to 10 levels deep";
            found.tell("wrong-type", text, &mut parent.within(name)).help.push(found.help());
            None
        }
    }
}

/// The strings of a list and of the lists in it, or what is none.
pub(super) fn flatten(value: &Node) -> Result<Vec<Arc<str>>, Offender<'_>> {
    let mut flat = Vec::new();
    if value.as_seq().is_none() {
        return Err(Offender { node: value, why: Why::NoString });
    }
    let mut left = MOST_ENTRIES;
    collect(value, MAX_NESTING, &mut left, &mut flat)?;
    Ok(flat)
}

fn collect<'a>(
    value: &'a Node,
    levels: usize,
    left: &mut usize,
    flat: &mut Vec<Arc<str>>,
) -> Result<(), Offender<'a>> {
    *left = left.checked_sub(1).ok_or(Offender { node: value, why: Why::TooMany })?;
    match &value.value {
        Value::Str(text) => flat.push(text.clone()),
        Value::Seq(_) if levels == 0 => return Err(Offender { node: value, why: Why::TooDeep }),
        Value::Seq(items) => {
            for item in items.iter() {
                collect(item, levels - 1, left, flat)?;
            }
        }
        _ => return Err(Offender { node: value, why: Why::NoString }),
    }
    Ok(())
}

/// What may not stand among strings.
#[derive(Debug)]
pub(super) struct Offender<'a> {
    /// The value.
    pub(super) node: &'a Node,
    /// What is wrong with it.
    pub(super) why: Why,
}

/// Why a list of strings is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// It is none.
    NoString,
    /// It stands in too many lists.
    TooDeep,
    /// It comes after too many others.
    TooMany,
}

impl Offender<'_> {
    /// Reports it in GitLab's words, but for the limit that GitLab has not.
    pub(super) fn tell<'r>(
        &self,
        rule: &'static str,
        text: &str,
        report: &'r mut Report<'_>,
    ) -> &'r mut Diagnostic {
        let too_many = self.why == Why::TooMany;
        let own = format!("config has more than {MOST_ENTRIES} entries");
        let error = report.error(self.node.span, rule, if too_many { &own } else { text });
        error.from_gitlab = !too_many;
        error.note = Some(self.note());
        error
    }

    /// What it is, for beside the caret.
    fn note(&self) -> String {
        match &self.node.value {
            _ if self.why == Why::TooDeep => "a list within ten others".into(),
            _ if self.why == Why::TooMany => format!("this comes after {MOST_ENTRIES} others"),
            Value::Map(_) => "this is a map, not a string".into(),
            Value::Null => "this is empty".into(),
            Value::Bool(value) => format!("this is the boolean {value}, not a string"),
            Value::Int(_) | Value::Float(_) => "this is a number, not a string".into(),
            _ => "this is not a string".into(),
        }
    }

    /// How to mend it.
    fn help(&self) -> String {
        match &self.node.value {
            _ if self.why == Why::TooDeep => "Write them into fewer lists.".into(),
            _ if self.why == Why::TooMany => {
                format!(
                    "Lists of more than {MOST_ENTRIES} entries are refused here: put the commands into a file."
                )
            }
            Value::Map(map) => match map.iter().next() {
                Some((key, entry)) => {
                    let command = format!("{key}: {}", entry.value.to_text().unwrap_or_default());
                    let short: String = command.chars().take(60).collect();
                    format!("A colon and a space make a map: quote the whole command, as in `- '{short}'`.")
                }
                None => "Remove the braces.".into(),
            },
            Value::Null => "Remove the empty item, or write the command on its line.".into(),
            _ => "Put it into quotes.".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{messages, parse};
    use super::*;

    fn read(text: &str) -> (Option<Vec<Arc<str>>>, Vec<String>) {
        let mut diagnostics = Vec::new();
        let mut report = Report::new(&mut diagnostics, crate::Kind::Structure);
        let found = commands("script", &parse(text), &mut report.within("jobs").within("a"));
        (found, messages(&diagnostics))
    }

    #[test]
    fn strings_and_nested_lists_are_commands() {
        assert_eq!(read("x").0, Some(vec!["x".into()]));
        assert_eq!(read("[[x, [y]], z]").0, Some(vec!["x".into(), "y".into(), "z".into()]));
        assert_eq!(read("[]").0, Some(vec![]));
        assert_eq!(read("[[[[[[[[[[x]]]]]]]]]]").0, Some(vec!["x".into()]));
    }

    #[test]
    fn lists_that_references_multiply_are_refused() {
        let mut list = Node::seq(vec![Node::string("x", crate::Span::default()); 10], crate::Span::default());
        for _ in 0..8 {
            list = Node::seq(vec![list; 10], crate::Span::default());
        }
        let mut diagnostics = Vec::new();
        let mut report = Report::new(&mut diagnostics, crate::Kind::Structure);
        assert_eq!(commands("script", &list, &mut report), None);
        assert_eq!(messages(&diagnostics), ["script config has more than 50000 entries"]);
        assert!(!diagnostics[0].from_gitlab);
    }

    #[test]
    fn anything_else_is_refused() {
        let expected =
            "jobs:a:script config should be a string or a nested array of strings up to 10 levels deep";
        for text in ["1", "true", "{a: b}", "[1]", "[x, {echo: hi}]", "[null]", "[[[[[[[[[[[x]]]]]]]]]]]"] {
            assert_eq!(read(text), (None, vec![expected.to_owned()]), "{text}");
        }
    }
}
