//! SARIF 2.1.0: findings for code scanning and editors.

use crate::version;
use ci_yaml::{Diagnostic, Severity, SourceMap, Span, faults};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// One log with one run of all findings.
pub(super) fn log<'a>(findings: impl IntoIterator<Item = (&'a Diagnostic, &'a SourceMap)>) -> Value {
    let mut rules: Vec<&'static str> = Vec::new();
    let mut results = Vec::new();
    for (diagnostic, files) in findings {
        let index = rules.iter().position(|rule| *rule == diagnostic.rule).unwrap_or_else(|| {
            rules.push(diagnostic.rule);
            rules.len() - 1
        });
        results.push(result(diagnostic, files, index));
    }
    let rules: Vec<Value> = rules.iter().map(|rule| rule_of(rule)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": version::NAME, "version": version::VERSION, "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule_of(rule: &str) -> Value {
    let about = faults::about(rule).unwrap_or(rule);
    json!({"id": rule, "shortDescription": {"text": about}})
}

fn result(diagnostic: &Diagnostic, files: &SourceMap, index: usize) -> Value {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut text = diagnostic.message.clone();
    for more in diagnostic.note.iter().chain(&diagnostic.help) {
        let _ = write!(text, "\n{more}");
    }
    let mut result = json!({
        "ruleId": diagnostic.rule,
        "ruleIndex": index,
        "level": level,
        "message": {"text": text},
        "locations": [],
    });
    let span = diagnostic.span.unwrap_or_default();
    result["locations"] = location(span, files, None).into_iter().collect();
    let related: Vec<Value> =
        diagnostic.labels.iter().filter_map(|label| location(label.span, files, Some(&label.text))).collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    result
}

fn location(span: Span, files: &SourceMap, message: Option<&str>) -> Option<Value> {
    let file = files.get(span.file)?;
    let mut physical = json!({"artifactLocation": {"uri": uri(&file.name)}});
    if span.start.line > 0 {
        let mut region = json!({"startLine": span.start.line, "startColumn": span.start.column.max(1)});
        if span.end > span.start {
            region["endLine"] = span.end.line.into();
            region["endColumn"] = span.end.column.into();
        }
        physical["region"] = region;
    }
    let mut location = json!({"physicalLocation": physical});
    if let Some(message) = message {
        location["message"] = json!({"text": message});
    }
    Some(location)
}

/// A path or an address as a URI.
fn uri(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~/:@!$&'()*+,;=?#%".contains(&byte);
        let address = name.contains("://");
        if plain && (address || !b"?#%:".contains(&byte)) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_uris() {
        assert_eq!(uri("ci/a b#ü.yml"), "ci/a%20b%23%C3%BC.yml");
        assert_eq!(uri("https://h/a.yml?x=1"), "https://h/a.yml?x=1");
    }
}
