//! `spec:inputs:rules`: options and defaults that depend on other inputs (`Header::Input::Rules`).

use super::header::{Input, known_keys, too_many_options};
use crate::entry::Report;
use crate::expression::{self, Expression, Lookup, Operand};
use crate::{Map, Node};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A rule of an input.
#[derive(Clone, Debug)]
pub(super) struct InputRule {
    /// Its `if`; without one it always applies.
    condition: Option<Expression>,
    /// The options it leaves.
    pub(super) options: Option<Node>,
    /// The value of its key `default`, if there is that key.
    pub(super) default: Option<Node>,
}

/// Reads the rules of an input.
pub(super) fn read(node: &Node, report: &mut Report<'_>) -> Vec<InputRule> {
    let Some(items) = node.as_seq() else {
        report.error(node.span, "input-rules", "config should be an array");
        return Vec::new();
    };
    items.iter().filter_map(|item| rule(item, &mut report.within("rule"))).collect()
}

fn rule(node: &Node, report: &mut Report<'_>) -> Option<InputRule> {
    let before = report.count();
    if node.is_blank() {
        report.error(node.span, "input-rules", "config can't be blank");
    }
    let Some(map) = node.as_map() else {
        report.error(node.span, "input-rules", "config should be a hash");
        return None;
    };
    known_keys(map, &["if", "options", "default"], report);
    let condition = map.get("if").filter(|node| !node.is_null()).and_then(|node| condition(node, report));
    let options = map.get("options").filter(|node| !node.is_null());
    if let Some(node) = options.filter(|node| node.as_seq().is_none()) {
        report.error(node.span, "input-rules", "options should be an array");
    }
    if report.count() > before {
        return None;
    }
    choices(node, options, map.get("default"), report);
    Some(InputRule { condition, options: options.cloned(), default: map.get("default").cloned() })
}

fn condition(node: &Node, report: &mut Report<'_>) -> Option<Expression> {
    let read = node.as_str().map(expression::parse_with_inputs);
    if let Some(Ok(expression)) = read {
        return Some(expression);
    }
    let error = report.error(node.span, "input-rules", "if invalid expression syntax");
    match read {
        Some(Err(syntax)) => {
            error.note = Some(syntax.to_string());
            error.help.extend(syntax.hint);
        }
        _ => error.help.push("An expression is text: put it between quotes.".into()),
    }
    None
}

/// Options need a default that is one of them; without options there must be a default.
fn choices(node: &Node, options: Option<&Node>, default: Option<&Node>, report: &mut Report<'_>) {
    let members = options.and_then(Node::as_seq).unwrap_or_default();
    if let Some(options) = options {
        too_many_options(options, report);
    }
    let Some(default) = default else {
        let text = "rule must define 'options' with at least one value and a 'default'";
        report.error(node.span, "input-rules", text);
        return;
    };
    if !members.is_empty() && !members.contains(default) {
        let shown = default.to_text().map_or_else(|| default.inspect(), |text| text.to_string());
        let text = format!("default '{shown}' must be one of the options");
        report.error(default.span, "input-rules", text);
    }
}

/// Checks that rules ask only for inputs that there are, and not in circles (`Header::Inputs::Validator`).
pub(super) fn check_references(inputs: &[Input], names: &HashSet<String>, report: &mut Report<'_>) {
    let mut graph: HashMap<&str, Vec<&str>> = HashMap::new();
    for input in inputs {
        let mut asked = Vec::new();
        for (index, rule) in input.rules.iter().flatten().enumerate() {
            let inputs: Vec<&str> = rule.condition.iter().flat_map(Expression::inputs).collect();
            let mut unknown: Vec<&str> = Vec::new();
            for name in &inputs {
                if !names.contains(*name) && !unknown.contains(name) {
                    unknown.push(name);
                }
            }
            if !unknown.is_empty() {
                let text =
                    format!("config rule[{index}] references undefined inputs: {}", unknown.join(", "));
                report.within(&input.name).error(input.span, "input-rules", text);
            }
            asked.extend(inputs);
        }
        graph.insert(&input.name, asked);
    }
    if let Some(first) = inputs.first()
        && has_cycle(&graph)
    {
        report.within(&first.name).error(first.span, "input-rules", "config circular dependency detected");
    }
}

/// Whether what is asked for leads back to where it began: takes away what asks for nothing, until nothing is left.
fn has_cycle(graph: &HashMap<&str, Vec<&str>>) -> bool {
    let mut open: HashMap<&str, usize> = HashMap::new();
    let mut asked_by: HashMap<&str, Vec<&str>> = HashMap::new();
    for (name, asked) in graph {
        let known = asked.iter().filter(|asked| graph.contains_key(*asked));
        open.insert(name, known.clone().count());
        for asked in known {
            asked_by.entry(asked).or_default().push(name);
        }
    }
    let mut free: Vec<&str> = open.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
    let mut done = 0;
    while let Some(name) = free.pop() {
        done += 1;
        for dependent in asked_by.get(name).into_iter().flatten() {
            if let Some(count) = open.get_mut(dependent) {
                *count -= 1;
                if *count == 0 {
                    free.push(dependent);
                }
            }
        }
    }
    done < graph.len()
}

/// The first rule that applies, with the values known so far (`Ci::Inputs::RulesEvaluator`).
pub(super) fn matching<'r>(rules: &'r [InputRule], resolved: &Map, given: &Map) -> Option<&'r InputRule> {
    let lookup = Known { resolved, given };
    rules.iter().find(|rule| rule.condition.as_ref().is_none_or(|condition| condition.evaluate(&lookup)))
}

/// Whether a list of rules settles a value even if none is given.
pub(super) fn have_default(rules: &[InputRule]) -> bool {
    rules.iter().any(|rule| rule.default.is_some() || rule.condition.is_none())
}

/// The values given, over those of the inputs before.
struct Known<'a> {
    resolved: &'a Map,
    given: &'a Map,
}

impl Lookup for Known<'_> {
    fn variable(&self, _: &str) -> Option<Arc<str>> {
        None
    }

    fn input(&self, name: &str) -> Option<Operand> {
        self.given.get(name).or_else(|| self.resolved.get(name)).map(operand)
    }
}

fn operand(node: &Node) -> Operand {
    use crate::Value;
    match &node.value {
        Value::Null | Value::Reference(_) => Operand::Null,
        Value::Bool(value) => Operand::Boolean(*value),
        Value::Int(value) => {
            i64::try_from(*value).map_or_else(|_| Operand::Text(value.to_string().into()), Operand::Integer)
        }
        Value::Float(value) => Operand::Float(*value),
        Value::Str(text) => Operand::Text(text.clone()),
        Value::Seq(items) => Operand::List(items.iter().map(operand).collect()),
        Value::Map(_) => Operand::Text(node.inspect().into()),
    }
}
