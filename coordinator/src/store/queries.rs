//! Conditions that are put together.

use crate::error::StoreError;
use crate::model::{Page, Paged};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};

/// Conditions of a query, all of which hold. Values are bound, never written into the text.
#[derive(Default)]
pub(crate) struct Where {
    text: String,
    values: Vec<Value>,
}

impl Where {
    /// One more, without a value.
    pub(crate) fn that(&mut self, condition: &str) {
        self.text.push_str(if self.text.is_empty() { " WHERE " } else { " AND " });
        self.text.push_str(condition);
    }

    /// One more, whose `?` stands for the value.
    pub(crate) fn with(&mut self, condition: &str, value: impl Into<Value>) {
        self.that(condition);
        self.values.push(value.into());
    }

    /// One more, where there is a value.
    pub(crate) fn maybe(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.with(condition, value);
        }
    }

    /// One of several values.
    pub(crate) fn one_of(&mut self, column: &str, values: &[&str]) {
        let marks = vec!["?"; values.len()].join(", ");
        self.that(&format!("{column} IN ({marks})"));
        self.values.extend(values.iter().map(|value| Value::Text((*value).to_owned())));
    }

    /// One more that looks for a text anywhere in a column, whatever the case.
    pub(crate) fn contains(&mut self, column: &str, text: &str) {
        self.with(&format!("instr(lower({column}), lower(?)) > 0"), text.to_owned());
    }

    /// All rows, in order.
    pub(crate) fn all<T>(
        &self,
        db: &Connection,
        select: &str,
        rest: &str,
        of: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = db.prepare_cached(&format!("{select}{} {rest}", self.text))?;
        let rows = statement.query_map(params_from_iter(&self.values), of)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One page of the rows, and how many there are. `from` is what the columns are of.
    pub(crate) fn page<T>(
        &self,
        db: &Connection,
        (columns, from, order): (&str, &str, &str),
        page: Page,
        of: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Paged<T>, StoreError> {
        let mut count = db.prepare_cached(&format!("SELECT count(*) FROM {from}{}", self.text))?;
        let total: i64 = count.query_row(params_from_iter(&self.values), |row| row.get(0))?;
        let rest = format!("ORDER BY {order} LIMIT {} OFFSET {}", page.size, page.offset());
        let items = self.all(db, &format!("SELECT {columns} FROM {from}"), &rest, of)?;
        Ok(Paged { items, total: u64::try_from(total).unwrap_or_default() })
    }
}
