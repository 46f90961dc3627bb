//! What is valid in a statement and hardly ever meant.

use super::Expression;
use super::term::{Node, Operator, Term};
use crate::matching::pattern;
use std::sync::Arc;

/// Something that a statement says and hardly anybody means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Text in quotes that looks like a variable: it is that text, not the variable's value.
    QuotedVariable(Arc<str>),
    /// A `=~` or `!~` with text on its right that is no regular expression: it asks whether the left side is a part of
    /// that text, and not the other way round.
    TextAsPattern(Arc<str>),
    /// The name of a branch or tag compared with text that has a `*`, which no name has.
    Glob(Arc<str>),
}

/// Variables whose values are names of branches and tags.
const NAMES: &[&str] = &[
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_REF_NAME",
    "CI_COMMIT_TAG",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
];

impl Expression {
    /// What is hardly meant as it is written.
    pub fn doubts(&self) -> Vec<Doubt> {
        let mut found = Vec::new();
        self.root.visit(&mut |term| match &term.node {
            Node::Text(text) if is_variable(text) => found.push(Doubt::QuotedVariable(text.clone())),
            Node::Binary(Operator::Match | Operator::NotMatch, sides, _) => {
                found.extend(as_pattern(&sides[1]));
            }
            Node::Binary(Operator::Equal | Operator::NotEqual, sides, _) => {
                let [left, right] = &**sides;
                found.extend(as_glob(left, right).or_else(|| as_glob(right, left)));
            }
            _ => {}
        });
        found
    }
}

fn as_pattern(right: &Term) -> Option<Doubt> {
    match &right.node {
        Node::Text(text) if !is_variable(text) && pattern::literal(text).is_none() => {
            Some(Doubt::TextAsPattern(text.clone()))
        }
        _ => None,
    }
}

fn as_glob(variable: &Term, other: &Term) -> Option<Doubt> {
    match (&variable.node, &other.node) {
        (Node::Variable(name), Node::Text(text)) if NAMES.contains(&&**name) && text.contains('*') => {
            Some(Doubt::Glob(text.clone()))
        }
        _ => None,
    }
}

/// Whether text is a variable and nothing else: `$NAME` or `${NAME}`.
fn is_variable(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('$') else { return false };
    let name = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(rest);
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::Doubt;

    fn doubts(text: &str) -> Vec<Doubt> {
        super::super::parse(text).unwrap().doubts()
    }

    #[test]
    fn what_is_hardly_meant() {
        assert_eq!(doubts("\"$A\" == \"x\""), [Doubt::QuotedVariable("$A".into())]);
        assert_eq!(doubts("$A == '${B}' && $C"), [Doubt::QuotedVariable("${B}".into())]);
        assert_eq!(doubts("$A =~ \"feat/\""), [Doubt::TextAsPattern("feat/".into())]);
        assert_eq!(doubts("$A !~ \"^v\""), [Doubt::TextAsPattern("^v".into())]);
        assert_eq!(doubts("$CI_COMMIT_BRANCH == \"feat/*\""), [Doubt::Glob("feat/*".into())]);
        assert_eq!(doubts("\"*\" != $CI_COMMIT_TAG"), [Doubt::Glob("*".into())]);
    }

    #[test]
    fn what_is_meant() {
        for text in [
            "$A == \"x\"",
            "$A == \"a $B\"",
            "$A == \"$\"",
            "$A =~ /x./",
            "$A =~ $B",
            "$A =~ \"/x/\"",
            "$A == \"*\"",
        ] {
            assert_eq!(doubts(text), [], "{text}");
        }
    }
}
