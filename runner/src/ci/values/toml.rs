//! `variables.toml`: variables for all projects and for some, with everything that GitLab's settings know.
//!
//! ```toml
//! [variables]
//! NPM_TOKEN = "…"
//! KUBECONFIG = { path = "~/.kube/config", file = true }   # a file's content, given to jobs as a file
//! DEPLOY_KEY = [
//!   { value = "…", scope = "staging" },
//!   { value = "…", scope = "production", protected = true },
//! ]
//!
//! [projects."group/*"]
//! LEVEL = { value = "debug", masked = false, raw = true }
//! ```
//!
//! A table of `projects` is for projects whose path its name fits; the exact path wins over patterns, a longer pattern
//! over a shorter one, and each of them over `variables`.

use super::{Fault, Found, Surroundings, check_name, check_value, file, pattern};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml_edit::{Document, Item, TableLike, Value};

/// The keys of a variable.
const KEYS: [&str; 7] = ["value", "path", "file", "masked", "raw", "protected", "scope"];

/// Reads a text; only what is for the project counts.
pub(super) fn parse(text: &str, project: &str, surroundings: &Surroundings) -> Result<Vec<Found>, Fault> {
    let reader = Reader { text, surroundings };
    let document = Document::parse(text).map_err(|error| {
        // The parser's own words show the line, and with it a value.
        Fault::new(reader.line(error.span()), "this is not TOML")
    })?;
    let (mut found, mut fitting) = (Vec::new(), Vec::new());
    for (key, item) in document.as_table().iter() {
        let line = reader.line(document.as_table().key(key).and_then(toml_edit::Key::span));
        let table = item.as_table_like();
        let table = table.ok_or_else(|| {
            Fault::new(line, format!("`{key}` stands outside of a table: put it under [variables]"))
        });
        match key {
            "variables" => found.extend(reader.variables(table?)?),
            "projects" => fitting = reader.projects(table?, project)?,
            _ => {
                table?;
                return Err(Fault::new(
                    line,
                    format!("there is no table `{key}`: `variables` and `projects` are known"),
                ));
            }
        }
    }
    // The sort is stable: of tables that fit equally well the last counts.
    fitting.sort_by_key(|(fit, _)| *fit);
    found.extend(fitting.into_iter().flat_map(|(_, found)| found));
    Ok(found)
}

type Fitting = Vec<((bool, usize), Vec<Found>)>;

struct Reader<'a> {
    text: &'a str,
    surroundings: &'a Surroundings,
}

impl Reader<'_> {
    fn line(&self, span: Option<Range<usize>>) -> usize {
        let before = span.and_then(|span| self.text.get(..span.start)).unwrap_or_default();
        before.matches('\n').count() + 1
    }

    /// All tables are checked; those that fit are given.
    fn projects(&self, tables: &dyn TableLike, project: &str) -> Result<Fitting, Fault> {
        let mut fitting = Vec::new();
        for (name, item) in tables.iter() {
            let line = self.line(tables.key(name).and_then(toml_edit::Key::span));
            let table = item.as_table_like().ok_or_else(|| {
                Fault::new(
                    line,
                    format!("`projects.\"{name}\"` is no table: the variables of a project are one"),
                )
            })?;
            let fit = pattern::fit(name, project);
            let found = self.variables_if(table, fit.is_some())?;
            fitting.extend(fit.map(|fit| (fit, found)));
        }
        Ok(fitting)
    }

    fn variables(&self, table: &dyn TableLike) -> Result<Vec<Found>, Fault> {
        self.variables_if(table, true)
    }

    /// The variables of a table; where they are not wanted, they are checked and no file is read for them.
    fn variables_if(&self, table: &dyn TableLike, wanted: bool) -> Result<Vec<Found>, Fault> {
        let mut found = Vec::new();
        for (name, item) in table.iter() {
            let line = self.line(table.key(name).and_then(toml_edit::Key::span));
            check_name(line, name)?;
            self.variable(line, name, item, wanted, &mut found)?;
        }
        Ok(found)
    }

    fn variable(
        &self,
        line: usize,
        name: &str,
        item: &Item,
        wanted: bool,
        found: &mut Vec<Found>,
    ) -> Result<(), Fault> {
        if let Some(array) = item.as_array() {
            for value in array {
                let line = if value.span().is_some() { self.line(value.span()) } else { line };
                let table = value.as_inline_table().ok_or_else(|| wrong(line, name, "a list of tables"))?;
                found.push(self.detailed(line, name, table, wanted)?);
            }
            return Ok(());
        }
        if let Some(tables) = item.as_array_of_tables() {
            for table in tables {
                found.push(self.detailed(self.line(table.span()), name, table, wanted)?);
            }
            return Ok(());
        }
        found.push(match (item.as_table_like(), item.as_value().and_then(text)) {
            (Some(table), _) => self.detailed(line, name, table, wanted)?,
            (None, Some(value)) => self.checked(Found::plain(line, name, value))?,
            (None, None) => {
                return Err(wrong(line, name, "a string, a whole number, true or false, or a table"));
            }
        });
        Ok(())
    }

    fn detailed(&self, line: usize, name: &str, table: &dyn TableLike, wanted: bool) -> Result<Found, Fault> {
        for (key, _) in table.iter() {
            if !KEYS.contains(&key) {
                let near = crate::config::nearest(key, KEYS.into_iter())
                    .map(|near| format!(": {near}"))
                    .unwrap_or_default();
                return Err(Fault::new(line, format!("`{name}` has an unknown key `{key}`{near}")));
            }
        }
        let flag = |key: &str, default: bool| match table.get(key) {
            None => Ok(default),
            Some(item) => {
                item.as_bool().ok_or_else(|| wrong(line, &format!("{name}.{key}"), "true or false"))
            }
        };
        let string = |key: &str| match table.get(key) {
            None => Ok(None),
            Some(item) => {
                item.as_str().map(Some).ok_or_else(|| wrong(line, &format!("{name}.{key}"), "a string"))
            }
        };
        let value = match (table.get("value"), string("path")?) {
            (Some(item), None) => item.as_value().and_then(text).ok_or_else(|| {
                wrong(line, &format!("{name}.value"), "a string, a whole number, true or false")
            })?,
            (None, Some(path)) if wanted => self.content(line, name, path)?,
            (None, Some(_)) => String::new(),
            _ => return Err(Fault::new(line, format!("`{name}` wants either `value` or `path`"))),
        };
        let mut found = Found::plain(line, name, value);
        found.variable.file = flag("file", false)?;
        found.variable.raw = flag("raw", false)?;
        found.variable.protected = flag("protected", false)?;
        if let Some(scope) = string("scope")? {
            scope.clone_into(&mut found.variable.scope);
        }
        let mut found = self.checked(found)?;
        found.variable.masked = flag("masked", self.surroundings.secret)?;
        Ok(found)
    }

    fn checked(&self, mut found: Found) -> Result<Found, Fault> {
        check_value(found.line, &found.variable.name, &found.variable.value)?;
        found.variable.masked = self.surroundings.secret;
        Ok(found)
    }

    fn content(&self, line: usize, name: &str, path: &str) -> Result<String, Fault> {
        let Surroundings { folder, home, confined, .. } = self.surroundings;
        let full: PathBuf = match (path.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => folder.join(path),
        };
        let within: Option<&Path> = confined.then_some(folder);
        file::content(&full, within)
            .map_err(|error| Fault::new(line, format!("`{name}`: cannot read {path}: {error}")))
    }
}

fn wrong(line: usize, what: &str, expected: &str) -> Fault {
    Fault::new(line, format!("`{what}` wants {expected}"))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Boolean(flag) => Some(flag.value().to_string()),
        Value::Float(_) | Value::Datetime(_) | Value::Array(_) | Value::InlineTable(_) => None,
    }
}
