//! Queries and forms: names and values, in the order in which they were sent.

use crate::model::{Page, PipelineVariable};
use axum::extract::{FromRequest, Query, Request};
use http::Uri;
use pipeline::Moment;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Names and values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(pub(super) Vec<(String, String)>);

impl Fields {
    /// Of the query of an address.
    pub(super) fn of_query(uri: &Uri) -> Self {
        Self(
            Query::<Vec<(String, String)>>::try_from_uri(uri).map(|Query(fields)| fields).unwrap_or_default(),
        )
    }

    /// Of the body of a request.
    pub(super) async fn of_body(request: Request) -> Option<Self> {
        let form = axum::Form::<Vec<(String, String)>>::from_request(request, &()).await;
        form.ok().map(|axum::Form(fields)| Self(fields))
    }

    /// The first value of a name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first value of a name, without blanks around it; empty where there is none.
    pub(super) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().trim().to_owned()
    }

    /// The same; nothing where it is empty.
    pub(super) fn some(&self, name: &str) -> Option<String> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Whether a box was ticked.
    pub(super) fn ticked(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// All values of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A number.
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name).and_then(|text| text.trim().parse().ok())
    }

    /// Which part of a list.
    pub(super) fn page(&self, size: u32) -> Page {
        Page::new(self.number("page").unwrap_or(1), size)
    }

    /// Rows of variables; those without a key are left out. Text areas send CR LF where lines end.
    pub(super) fn variables(&self) -> Vec<PipelineVariable> {
        let rows = self.all("variable_key").zip(self.all("variable_value")).zip(self.all("variable_type"));
        let variable = |((key, value), kind): ((&str, &str), &str)| PipelineVariable {
            key: key.trim().to_owned(),
            value: lines(value),
            file: kind == "file",
            raw: false,
        };
        rows.map(variable).filter(|variable| !variable.key.is_empty()).collect()
    }

    /// Names and values of `prefix[name]`.
    pub(super) fn inside(&self, prefix: &str) -> Vec<(String, String)> {
        let name =
            |key: &str| Some(key.strip_prefix(prefix)?.strip_prefix('[')?.strip_suffix(']')?.to_owned());
        self.0.iter().filter_map(|(key, value)| Some((name(key)?, value.clone()))).collect()
    }
}

/// Text of a text area.
pub(super) fn lines(value: &str) -> String {
    value.replace("\r\n", "\n")
}

/// The begin of a day, as date fields send it: `2026-01-31`.
pub(super) fn day(text: &str) -> Option<Moment> {
    let at = OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339).ok()?;
    u64::try_from(at.unix_timestamp()).ok()?.checked_mul(1000).map(Moment)
}

/// Whether two secrets are equal. How long it takes says nothing of where they differ.
pub(super) fn same(one: &str, other: &str) -> bool {
    let different = one.bytes().zip(other.bytes()).fold(0, |found, (one, other)| found | (one ^ other));
    !one.is_empty() && one.len() == other.len() && different == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_become_fields() {
        let fields = Fields::of_query(&"/x?a=1&a=2&var[K]=v%20w&page=3".parse().unwrap());
        assert_eq!(fields.get("a"), Some("1"));
        assert_eq!(fields.inside("var"), [("K".to_owned(), "v w".to_owned())]);
        assert_eq!(fields.page(15).offset(), 30);
        assert_eq!(Fields::of_query(&"/x?page=-1".parse().unwrap()).page(15).number, 1);
    }

    #[test]
    fn days_begin_at_midnight_in_utc() {
        assert_eq!(day("2026-01-05"), Some(Moment(1_767_571_200_000)));
        for wrong in ["", "2026-13-01", "2026-02-30", "yesterday", "2026-01-05T00:00:00Z", "1900-01-01"] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn rows_without_keys_are_left_out() {
        let row = |kind: &str, key: &str, value: &str| {
            [("variable_type", kind), ("variable_key", key), ("variable_value", value)]
                .map(|(a, b)| (a.into(), b.into()))
        };
        let fields =
            Fields([row("env_var", "A", "1\r\n2"), row("file", " ", "x"), row("file", "B", "y")].concat());
        let found: Vec<_> = fields.variables().into_iter().map(|v| (v.key, v.value, v.file)).collect();
        assert_eq!(found, [("A".into(), "1\n2".into(), false), ("B".into(), "y".into(), true)]);
    }

    #[test]
    fn an_empty_secret_is_like_no_other() {
        assert!(same("ab", "ab"));
        assert!(!same("ab", "ac") && !same("ab", "abc") && !same("", ""));
    }
}
