//! A section in the making: from flags, variables, prompts and a template to the text that is appended to
//! the file.

mod from_text;
mod to_text;

use super::docker;
use super::model::RunnerSection;
use super::reading::{Node, Value, check};
use super::resolve::section_of_draft;
use super::schema::{Key, Kind, RUNNERS, Status, Table};
use crate::diagnostic::Diagnostic;
use std::collections::BTreeMap;

pub(crate) use from_text::go_bool;
pub(super) use to_text::{date_time, quoted};

use from_text::{expected_text, from_text};
use to_text::write_table;

/// A `[[runners]]` that is not in the file yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    node: Node,
}

/// A key of a section that a flag or an environment variable can set.
#[derive(Clone, Debug)]
pub(crate) struct SectionOption {
    /// Names of the flag without hyphens; the first is the one shown.
    pub(crate) names: Vec<String>,
    /// The environment variable.
    pub(crate) variable: Option<String>,
    /// The key.
    pub(crate) key: &'static Key,
    /// The tables between the section and the key.
    tables: Vec<&'static str>,
    /// Where the key is found, for help texts.
    pub(crate) table: &'static Table,
}

/// Why a flag's value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub(crate) struct OptionError {
    expected: String,
}

/// Every option of a section, in the order of the schema.
pub(crate) fn section_options() -> Vec<SectionOption> {
    let mut options = Vec::new();
    collect(&RUNNERS, &[], &mut options);
    options
}

fn collect(table: &'static Table, above: &[&'static str], options: &mut Vec<SectionOption>) {
    for key in table.keys {
        if let Kind::Table(inner) = key.kind {
            collect(inner, &[above, &[key.name]].concat(), options);
            continue;
        }
        let names = table.flags(key);
        if !names.is_empty() {
            options.push(SectionOption {
                names,
                variable: table.variable(key),
                key,
                tables: above.to_vec(),
                table,
            });
        }
    }
}

impl SectionOption {
    /// The key with its table, as a place in config.toml.
    pub(crate) fn place(&self) -> String {
        format!("{}.{}", self.table.path, self.key.name)
    }

    /// Whether each use adds to the value instead of replacing it.
    pub(crate) fn accumulates(&self) -> bool {
        use Kind::{BooleanMap, TextMap, TextOrTexts, Texts, TextsMap};
        matches!(self.key.kind, Texts | TextMap | TextsMap | BooleanMap | TextOrTexts)
    }

    /// Whether the value must not be shown.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self.key.kind, Kind::Secret)
    }

    /// Whether the flag can stand without a value.
    pub(crate) fn is_boolean(&self) -> bool {
        matches!(self.key.kind, Kind::Boolean | Kind::Switch)
    }
}

impl Draft {
    /// Sets an option from a text, as the command line has it.
    pub(crate) fn assign(
        &mut self,
        option: &SectionOption,
        text: &str,
    ) -> Result<Vec<Diagnostic>, OptionError> {
        let node = option.tables.iter().fold(&mut self.node, |node, table| node.table_mut(table));
        let value = from_text(option.key.kind, text, node.get(option.key.name).cloned())
            .ok_or_else(|| OptionError { expected: expected_text(option.key.kind).to_owned() })?;
        let found = check(option.key, &value);
        node.set(option.key.name, value);
        Ok(found)
    }

    /// Sets a key of the section itself.
    pub(crate) fn set(&mut self, name: &'static str, value: Value) {
        self.node.set(name, value);
    }

    /// A text of the section itself.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        text_of(&self.node, name)
    }

    /// A text of one of its tables.
    pub(crate) fn text_in(&self, table: &str, name: &str) -> Option<&str> {
        self.node.table(table).and_then(|node| text_of(node, name))
    }

    /// The feature flags of the section.
    pub(crate) fn feature_flags(&self) -> BTreeMap<String, bool> {
        match self.node.get("feature_flags") {
            Some(Value::BooleanMap(flags)) => flags.clone(),
            _ => BTreeMap::new(),
        }
    }

    /// A table below the section, made if it is not there.
    pub(crate) fn table_mut(&mut self, name: &'static str) -> &mut Node {
        self.node.table_mut(name)
    }

    /// Fills what is missing or zero from a template.
    pub(crate) fn fill_from(&mut self, template: &Node) {
        fill(&mut self.node, template);
    }

    /// Drops the tables that only other executors understand; gives back the names of those that held
    /// anything.
    pub(crate) fn keep_tables_for(&mut self, executor: &str) -> Vec<&'static str> {
        let foreign = RUNNERS.keys.iter().filter(|key| match (key.kind, key.status) {
            (Kind::Table(_), Status::For(executors)) => !executors.contains(&executor),
            _ => false,
        });
        let mut dropped = Vec::new();
        for key in foreign {
            if self.node.table(key.name).is_some_and(|node| !node.is_zero()) {
                dropped.push(key.name);
            }
            self.node.remove(key.name);
        }
        dropped
    }

    /// The section as the program uses it.
    pub(crate) fn section(&self) -> RunnerSection {
        section_of_draft(&self.node)
    }

    /// What of its docker settings cannot be used; nothing for other executors.
    pub(crate) fn docker_faults(&self) -> Vec<Diagnostic> {
        docker::faults(&self.node)
    }

    /// The section as text, beginning with `[[runners]]`: keys in the order of the schema, two blanks a
    /// level, zero values left out but for those that gitlab-runner always writes.
    pub(crate) fn to_toml(&self) -> String {
        let mut out = "[[runners]]\n".to_owned();
        write_table(&self.node, &RUNNERS, "runners", 1, &mut out);
        out
    }
}

fn text_of<'a>(node: &'a Node, name: &str) -> Option<&'a str> {
    match node.get(name)? {
        Value::Text(text) => Some(text.as_str()),
        Value::Secret(secret) => Some(secret.expose()),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

fn fill(node: &mut Node, template: &Node) {
    let names: Vec<&'static str> = template.names().collect();
    for name in names {
        let Some(offered) = template.get(name) else { continue };
        match (node.get_mut(name), offered) {
            (Some(Value::Table(own)), Value::Table(offered)) => fill(own, offered),
            (Some(own), offered) if own.is_zero() => *own = offered.clone(),
            (Some(_), _) => {}
            (None, offered) => node.set(name, offered.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
