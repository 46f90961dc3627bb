//! From a TOML document to checked values: every known key with its declared type, and complaints about the
//! rest.

mod access;
mod node;
mod values;

use super::schema::{Check, Complaint, Key, Kind, Status, Table};
use super::suggest;
use crate::diagnostic::Diagnostic;
use toml_edit::{Item, TableLike};

pub(crate) use node::{Entry, Node, Span};
pub(crate) use values::Value;

/// Reads a document's root by the schema. Complaints are in the order of the text.
pub(crate) fn read(root: &dyn TableLike, schema: &'static Table) -> (Node, Vec<Diagnostic>) {
    let mut reader = Reader::default();
    let node = reader.table(root, schema, None, Surroundings::default());
    reader.diagnostics.sort_by_key(|diagnostic| diagnostic.span.as_ref().map_or(0, |span| span.start));
    (node, reader.diagnostics)
}

/// What matters above a table.
#[derive(Clone, Copy, Default)]
struct Surroundings<'a> {
    /// The section's executor, if it is known.
    executor: Option<&'a str>,
    /// Whether a table above has been complained about as a whole.
    quiet: bool,
}

#[derive(Default)]
struct Reader {
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    fn table(
        &mut self,
        table: &dyn TableLike,
        schema: &'static Table,
        span: Span,
        above: Surroundings<'_>,
    ) -> Node {
        let mut node = Node::at(span);
        let own = table
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("executor"))
            .and_then(|(_, item)| item.as_str());
        let above = if schema.path == "runners" { Surroundings { executor: own, ..above } } else { above };
        for (name, item) in table.iter() {
            if item.is_none() {
                continue;
            }
            let key_span = table.key(name).and_then(toml_edit::Key::span).or_else(|| item.span());
            let Some(key) = schema.key(name) else {
                self.unknown(name, item, schema, key_span);
                continue;
            };
            if key.name != name && table.contains_key(key.name) {
                let message = format!("`{name}` is given a second time");
                self.diagnostics.push(
                    Diagnostic::warning(message).at(key_span).expected(format!("`{}` counts", key.name)),
                );
                continue;
            }
            if let Some(entry) = self.entry(key, item, &key_span, schema, above) {
                node.insert(key.name, entry);
            }
        }
        node
    }

    fn entry(
        &mut self,
        key: &'static Key,
        item: &Item,
        key_span: &Span,
        table: &'static Table,
        above: Surroundings<'_>,
    ) -> Option<Entry> {
        let quiet = above.quiet
            || match key.status {
                Status::Honoured | Status::Detail => false,
                Status::For(executors) => !above.executor.is_some_and(|own| executors.contains(&own)),
                Status::Unsupported(_) | Status::Ignored(_) => true,
            };
        let below = Surroundings { quiet, ..above };
        let value = match key.kind {
            Kind::Table(schema) => self.inner_table(key, item, key_span, schema, below)?,
            Kind::Tables(schema) => self.inner_tables(key, item, key_span, schema, below)?,
            _ => match values::read(key.kind, item) {
                Ok((value, remark)) => {
                    if let Some(remark) = remark {
                        self.diagnostics.push(remark.at(span_of(item, key_span)));
                    }
                    value
                }
                Err(wrong) => {
                    self.diagnostics.push(
                        wrong_type(key, &wrong, table).at(wrong.span.or_else(|| span_of(item, key_span))),
                    );
                    return None;
                }
            },
        };
        let span = span_of(item, key_span);
        self.diagnostics.extend(check(key, &value).into_iter().map(|found| found.at(span.clone())));
        if !above.quiet {
            self.status(key, &value, key_span, table, above);
        }
        Some(Entry { value, span })
    }

    fn inner_table(
        &mut self,
        key: &Key,
        item: &Item,
        key_span: &Span,
        schema: &'static Table,
        below: Surroundings<'_>,
    ) -> Option<Value> {
        if let Some(table) = item.as_table_like() {
            return Some(Value::Table(self.table(table, schema, span_of(item, key_span), below)));
        }
        let mut diagnostic = Diagnostic::error(format!("`{}` is {}", key.name, values::kind_of(item)))
            .at(span_of(item, key_span))
            .expected("expected a table");
        if item.is_array_of_tables() {
            diagnostic = diagnostic.help(format!("write `[{}]`", schema.path));
        }
        self.diagnostics.push(diagnostic);
        None
    }

    fn inner_tables(
        &mut self,
        key: &Key,
        item: &Item,
        key_span: &Span,
        schema: &'static Table,
        below: Surroundings<'_>,
    ) -> Option<Value> {
        if let Some(tables) = item.as_array_of_tables() {
            let nodes = tables.iter().map(|table| self.table(table, schema, table.span(), below)).collect();
            return Some(Value::Tables(nodes));
        }
        if let Some(array) = item.as_array()
            && array.iter().all(toml_edit::Value::is_inline_table)
        {
            let tables = array.iter().filter_map(|value| Some((value.as_inline_table()?, value.span())));
            let nodes = tables.map(|(table, span)| self.table(table, schema, span, below)).collect();
            return Some(Value::Tables(nodes));
        }
        let diagnostic = Diagnostic::error(format!("`{}` is {}", key.name, values::kind_of(item)))
            .at(span_of(item, key_span))
            .expected("expected an array of tables")
            .help(format!("write `[[{}]]`", schema.path));
        self.diagnostics.push(diagnostic);
        None
    }

    fn unknown(&mut self, name: &str, item: &Item, table: &'static Table, span: Span) {
        let what = if item.is_table() || item.is_array_of_tables() { "table" } else { "key" };
        let place = if table.path.is_empty() { String::new() } else { format!(" in `{}`", table.path) };
        let mut diagnostic =
            Diagnostic::warning(format!("unknown {what} `{name}`{place}")).at(span).expected("has no effect");
        diagnostic.help = suggest::for_unknown_key(name, table);
        self.diagnostics.push(diagnostic);
    }

    fn status(&mut self, key: &Key, value: &Value, span: &Span, table: &Table, above: Surroundings<'_>) {
        if value.is_zero() {
            return;
        }
        let name = match (key.kind, table.path) {
            (Kind::Table(inner), _) => format!("[{}]", inner.path),
            (_, "" | "runners") => key.name.to_owned(),
            (_, path) => format!("{path}.{}", key.name),
        };
        let diagnostic = match key.status {
            Status::Unsupported(instead) => {
                Diagnostic::warning(format!("`{name}` is not supported in this version")).expected(instead)
            }
            Status::Ignored(why) => Diagnostic::warning(format!("`{name}` has no effect")).expected(why),
            Status::For(executors) => match above.executor {
                Some(executor) if !executors.contains(&executor) => {
                    Diagnostic::warning(format!("`{name}` has no effect with the {executor} executor"))
                }
                _ => return,
            },
            Status::Honoured | Status::Detail => return,
        };
        self.diagnostics.push(diagnostic.at(span.clone()));
    }
}

/// Complaints about a value of the right type.
pub(super) fn check(key: &Key, value: &Value) -> Vec<Diagnostic> {
    match (key.check, value) {
        (Check::Choice(words), Value::Text(text)) if !text.is_empty() && !words.contains(&text.as_str()) => {
            vec![wrong_choice(key, text, words)]
        }
        (Check::ChoiceAnyCase(words), Value::Text(text))
            if !text.is_empty() && !words.iter().any(|word| word.eq_ignore_ascii_case(text)) =>
        {
            vec![wrong_choice(key, text, words)]
        }
        (Check::AtLeast(least), Value::Integer(number)) if *number < least => {
            let message = format!("`{}` is {number}", key.name);
            vec![Diagnostic::error(message).expected(format!("expected {least} or more"))]
        }
        (Check::With(find), value) => find(value).into_iter().map(of_complaint).collect(),
        _ => Vec::new(),
    }
}

fn of_complaint(complaint: Complaint) -> Diagnostic {
    let mut diagnostic = match complaint.fatal {
        true => Diagnostic::error(complaint.message),
        false => Diagnostic::warning(complaint.message),
    };
    diagnostic.help = complaint.help;
    diagnostic.expected(complaint.expected)
}

/// The item's own place; a table that is only implied has none.
fn span_of(item: &Item, key_span: &Span) -> Span {
    match item {
        Item::Table(_) => key_span.clone(),
        _ => item.span().or_else(|| key_span.clone()),
    }
}

fn wrong_type(key: &Key, wrong: &values::WrongType, table: &Table) -> Diagnostic {
    let name =
        if table.path.is_empty() { key.name.to_owned() } else { format!("{}.{}", table.path, key.name) };
    let mut diagnostic = Diagnostic::error(format!("`{name}` {}", wrong.found));
    diagnostic.label = format!("expected {}", key.kind.expected());
    diagnostic.help.clone_from(&wrong.help);
    diagnostic
}

fn wrong_choice(key: &Key, text: &str, words: &'static [&'static str]) -> Diagnostic {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let expected = match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("expected {} or {last}", rest.join(", ")),
        _ => format!("expected {}", quoted.join("")),
    };
    let mut diagnostic =
        Diagnostic::error(format!("unknown {} `{text}`", key.name.replace('_', " "))).expected(expected);
    diagnostic.help = suggest::nearest(text, words.iter().copied());
    diagnostic
}
