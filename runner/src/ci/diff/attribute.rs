//! What is different in the attributes of a job.

use crate::terminal::{Paint, Style, clean, width, wrap};
use serde_json::Value;
use std::fmt::Write as _;

/// Columns before an attribute's name.
const INDENT: usize = 6;

/// The attribute, what it was and what it is.
pub(super) type Attribute<'a> = (&'a str, Option<&'a Value>, Option<&'a Value>);

/// Attributes that differ, in lines.
pub(super) fn text(attributes: &[Attribute<'_>], style: Style) -> String {
    let mut page = Page { out: String::new(), style };
    for (key, before, after) in attributes {
        match (before, after) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => {
                let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
                for part in keys.filter(|part| old.get(*part) != new.get(*part)) {
                    page.change(&format!("{key}:{part}"), old.get(part), new.get(part));
                }
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) if old.len() + new.len() > 2 => {
                page.lists(key, old, new);
            }
            (before, after) => page.change(key, *before, *after),
        }
    }
    page.out
}

struct Page {
    out: String,
    style: Style,
}

impl Page {
    /// A value in one line if there is room, else what it was above what it is.
    fn change(&mut self, key: &str, before: Option<&Value>, after: Option<&Value>) {
        let (key, before, after) = (clean(key), shown(before), shown(after));
        let needed = INDENT + width(&key) + width(&before) + width(&after) + 5;
        if needed > self.style.columns() {
            let _ = writeln!(self.out, "{:INDENT$}{key}:", "");
            self.item("-", Paint::Bad, &before);
            self.item("+", Paint::Good, &after);
            return;
        }
        let (before, after) = (self.style.paint(Paint::Bad, before), self.style.paint(Paint::Good, after));
        let _ = writeln!(self.out, "{:INDENT$}{key}: {before} → {after}", "");
    }

    /// What is no more in a list, and what is new in it.
    fn lists(&mut self, key: &str, old: &[Value], new: &[Value]) {
        let gone: Vec<&Value> = missing(old, new);
        let come: Vec<&Value> = missing(new, old);
        let remark = if gone.is_empty() && come.is_empty() { " in another order" } else { "" };
        let _ = writeln!(self.out, "{:INDENT$}{}:{remark}", "", clean(key));
        for item in gone {
            self.item("-", Paint::Bad, &shown(Some(item)));
        }
        for item in come {
            self.item("+", Paint::Good, &shown(Some(item)));
        }
    }

    fn item(&mut self, sign: &str, paint: Paint, text: &str) {
        let indent = INDENT + 2;
        for (index, line) in wrap(text, self.style.columns().saturating_sub(indent + 2)).iter().enumerate() {
            let sign = if index == 0 { sign } else { " " };
            let line = self.style.paint(paint, format!("{sign} {line}"));
            let _ = writeln!(self.out, "{:indent$}{line}", "");
        }
    }
}

/// The items of one list that another lacks, counting how often each is there.
fn missing<'a>(list: &'a [Value], other: &[Value]) -> Vec<&'a Value> {
    let mut counts = std::collections::HashMap::<String, usize>::new();
    for item in other {
        *counts.entry(item.to_string()).or_default() += 1;
    }
    let known = |item: &&Value| match counts.get_mut(&item.to_string()) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    };
    list.iter().filter(known).collect()
}

/// A value in one line.
fn shown(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::Array(items)) if items.is_empty() => "none".to_owned(),
        Some(Value::Array(items)) => items.iter().map(one).collect::<Vec<_>>().join("; "),
        Some(other) => one(other),
    };
    clean(&text).into_owned()
}

fn one(value: &Value) -> String {
    match (value, value.get("job").and_then(Value::as_str)) {
        (Value::String(text), _) => text.trim_end().to_owned(),
        // What a job needs is known by the name of that.
        (_, Some(job)) => job.to_owned(),
        (other, None) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_are_seen_however_long_the_values_are() {
        let long = "configure --with everything that one can think of and then some more";
        let (old, new) = (json!([long, "make", "make"]), json!([long, "make", "make install"]));
        let (on, off) = (json!({"A": "1", "B": "2"}), json!({"A": "1", "B": "3", "C": "x"}));
        let (image, other) = (json!(long), json!(format!("{long}!")));
        let (one, two) = (json!(["a", "b"]), json!(["b", "a"]));
        let changed = [
            ("script", Some(&old), Some(&new)),
            ("variables", Some(&on), Some(&off)),
            ("image", Some(&image), Some(&other)),
            ("tags", Some(&one), Some(&two)),
            ("timeout", None, Some(&on)),
        ];
        insta::assert_snapshot!(text(&changed, Style::plain(60)), @r#"
        script:
          - make
          + make install
        variables:B: 2 → 3
        variables:C: none → x
        image:
          - configure --with everything that one can think of
            and then some more
          + configure --with everything that one can think of
            and then some more!
        tags: in another order
        timeout: none → {"A":"1","B":"2"}
        "#);
    }
}
