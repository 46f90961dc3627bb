//! `artifacts:reports`.

use super::attribute::Attribute;
use super::convert::json;
use super::{keys, twice_a_map};
use crate::Node;
use crate::entry::Report;
use indexmap::IndexMap;
use serde_json::Value as Json;
use std::sync::Arc;

/// All kinds, in the order GitLab names and checks them. Those of the paid edition are among them.
const KINDS: [&str; 26] = [
    "junit",
    "api_fuzzing",
    "coverage_fuzzing",
    "sast",
    "secret_detection",
    "dependency_scanning",
    "container_scanning",
    "cluster_image_scanning",
    "dast",
    "performance",
    "browser_performance",
    "load_performance",
    "license_scanning",
    "metrics",
    "lsif",
    "dotenv",
    "terraform",
    "accessibility",
    "requirements",
    "requirements_v2",
    "cyclonedx",
    "annotations",
    "repository_xray",
    "sarif",
    "codequality",
    "coverage_report",
];
const FORMATS: [&str; 2] = ["cobertura", "jacoco"];

/// Files that GitLab reads itself, by kind (`Entry::Reports`): lists of paths; a map for `coverage_report`.
pub(crate) fn reports(value: &Node, parent: &mut Report<'_>) -> Option<IndexMap<Arc<str>, Json>> {
    let mut report = parent.within("reports");
    let before = report.count();
    let map = twice_a_map(value, &mut report)?;
    keys::known(value, &KINDS, &mut report);
    if map.has("cobertura") {
        retired(&mut report);
    }
    // The last two are not looked at here: one GitLab does not check, the other has a form of its own.
    for kind in KINDS.iter().take(KINDS.len() - 2) {
        let again = if *kind == "sast" { 2 } else { 1 };
        (0..again).for_each(|_| drop(Attribute::of(value, kind).strings_or_string(&mut report)));
    }
    if let Some(coverage) = Attribute::of(value, "coverage_report").given() {
        super::below(before, &mut report, |report| coverage_report(coverage, report));
    }
    let given = map.iter().filter(|(_, entry)| !entry.value.is_null());
    (report.count() == before)
        .then(|| given.map(|(key, entry)| (key.to_string().into(), normal(&entry.value))).collect())
}

fn normal(value: &Node) -> Json {
    match json(value) {
        one @ (Json::Object(_) | Json::Array(_)) => one,
        one => Json::Array(vec![one]),
    }
}

fn retired(report: &mut Report<'_>) {
    let help =
        "GitLab 15 replaced `cobertura` with `coverage_report: {coverage_format: cobertura, path: …}`.";
    if let Some(found) = report.last() {
        found.help = vec![help.into()];
    }
}

/// `coverage_report` (`Entry::Reports::CoverageReport`).
fn coverage_report(value: &Node, parent: &mut Report<'_>) {
    let mut report = parent.within("coverage_report");
    let config = Attribute::config(value);
    if config.map(&mut report).is_some() {
        keys::known(value, &["coverage_format", "path"], &mut report);
    }
    let format = Attribute::of(value, "coverage_format");
    format.present(&mut report);
    if !format.given().and_then(Node::as_str).is_some_and(|text| FORMATS.contains(&text)) {
        let text = format!("must be one of supported formats: {}.", FORMATS.join(", "));
        format.fail(&mut report, "unknown-value", text);
    }
    let path = Attribute::of(value, "path");
    path.present(&mut report);
    if path.given().and_then(Node::as_str).is_none() {
        path.wrong(&mut report, "should be a string");
    }
}
