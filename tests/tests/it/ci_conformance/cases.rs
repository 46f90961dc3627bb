//! The made-up cases, one point each.

use super::answer::{Answer, ask, says};
use super::{ask_all, deviations};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(rename = "about")]
    _about: String,
    #[serde(rename = "basis", default)]
    _basis: Option<String>,
    files: BTreeMap<String, String>,
    #[serde(default)]
    context: Context,
    expect: Expected,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Context {
    source: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    tag: bool,
    target: Option<String>,
    new_ref: bool,
    default_branch: Option<String>,
    project: Option<String>,
    message: Option<String>,
    variables: BTreeMap<String, String>,
    project_variables: BTreeMap<String, String>,
    inputs: BTreeMap<String, Value>,
    changed: Option<Vec<String>>,
    lint: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    jobs: Option<Vec<String>>,
    error: Option<String>,
    skipped: Option<bool>,
    empty: Option<bool>,
    stages: Option<Vec<String>>,
    job: Option<BTreeMap<String, Map<String, Value>>>,
    name: Option<String>,
    warnings: Option<Vec<String>>,
}

impl Context {
    fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        let mut give = |flag: &str, value: &str| arguments.extend([flag.to_owned(), value.to_owned()]);
        give("--source", self.source.as_deref().unwrap_or("push"));
        give("--ref", self.reference.as_deref().unwrap_or("main"));
        give("--default-branch", self.default_branch.as_deref().unwrap_or("main"));
        give("--project", self.project.as_deref().unwrap_or("g/p"));
        give("--message", self.message.as_deref().unwrap_or("commit"));
        if let Some(target) = &self.target {
            give("--target", target);
        }
        for (flag, values) in
            [("--variable", &self.variables), ("--project-variable", &self.project_variables)]
        {
            for (key, value) in values {
                give(flag, &format!("{key}={value}"));
            }
        }
        for (key, value) in &self.inputs {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            give("--input", &format!("{key}={text}"));
        }
        for path in self.changed.iter().flatten() {
            give("--changed", path);
        }
        let no_changes = self.changed.as_ref().is_some_and(Vec::is_empty);
        for (flag, given) in [
            ("--tag", self.tag),
            ("--new-ref", self.new_ref),
            ("--no-changes", no_changes),
            ("--lint", self.lint),
        ] {
            arguments.extend(given.then(|| flag.to_owned()));
        }
        arguments
    }
}

impl Case {
    /// What is answered otherwise than GitLab would.
    fn faults(&self) -> Vec<String> {
        let repository = tempfile::tempdir().expect("a temporary folder");
        for (path, text) in &self.files {
            let file = repository.path().join(path);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder of the repository");
            std::fs::write(file, text).expect("a file of the repository");
        }
        let found = match ask(repository.path(), &self.context.arguments()) {
            Ok(answer) => self.compare(&answer),
            Err(fault) => vec![fault],
        };
        found.into_iter().map(|fault| format!("{}: {fault}", self.name)).collect()
    }

    fn compare(&self, answer: &Answer) -> Vec<String> {
        let mut faults = Vec::new();
        let expected = &self.expect;
        let (status, code) = match (&expected.jobs, &expected.error, expected.skipped, expected.empty) {
            (Some(_), None, None, None) => ("created", 0),
            (None, Some(_), None, None) => ("invalid", 1),
            (None, None, Some(true), None) => ("skipped", 0),
            (None, None, None, Some(true)) => ("empty", 0),
            _ => return vec!["the case expects no single thing".to_owned()],
        };
        differ(&mut faults, "status", &answer.status(), &status);
        differ(&mut faults, "exit code", &answer.code, &Some(code));
        if !faults.is_empty() {
            faults.push(format!("it says {:?} {}", answer.errors(), answer.stderr));
        }
        if let Some(error) = &expected.error
            && !answer.errors().first().is_some_and(|first| says(first, error))
        {
            faults.push(format!("errors are {:?}, not {error:?}", answer.errors()));
        }
        if let Some(jobs) = &expected.jobs {
            differ(&mut faults, "jobs", &answer.jobs(), &jobs.iter().map(String::as_str).collect());
        }
        if let Some(stages) = &expected.stages {
            differ(&mut faults, "stages", &answer.plan["stages"], &serde_json::json!(stages));
        }
        if let Some(name) = &expected.name {
            differ(&mut faults, "name", &answer.plan["name"], &serde_json::json!(name));
        }
        for warning in expected.warnings.iter().flatten() {
            if !answer.warnings().iter().any(|given| given.contains(warning.as_str())) {
                faults.push(format!("warnings are {:?}, without {warning:?}", answer.warnings()));
            }
        }
        for (name, attributes) in expected.job.iter().flatten() {
            match answer.job(name) {
                Some(job) => {
                    faults.extend(attributes.iter().filter_map(|(key, value)| attribute(job, key, value)));
                }
                None => faults.push(format!("job {name} is not there")),
            }
        }
        faults
    }
}

/// How an attribute differs: null stands for absent, and short forms are compared as such.
fn attribute(job: &Value, key: &str, expected: &Value) -> Option<String> {
    let given = &job[key];
    let shown = match (key, expected) {
        ("needs" | "services", Value::Array(_)) => Value::Array(names(given)),
        ("image" | "environment", Value::String(_)) => given.get("name").unwrap_or(given).clone(),
        _ => given.clone(),
    };
    let same = shown == *expected || (key == "needs" && is_none(&shown) && is_none(expected));
    (!same).then(|| format!("{} has {key} {shown}, not {expected}", job["name"]))
}

fn is_none(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// The names in a list of maps or names.
fn names(list: &Value) -> Vec<Value> {
    let name = |item: &Value| item.get("job").or(item.get("name")).unwrap_or(item).clone();
    list.as_array().into_iter().flatten().map(name).collect()
}

fn differ<T: PartialEq + std::fmt::Debug>(faults: &mut Vec<String>, what: &str, given: &T, expected: &T) {
    if given != expected {
        faults.push(format!("{what} is {given:?}, not {expected:?}"));
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/ci-yaml")
}

fn load() -> Vec<Case> {
    let mut cases = Vec::new();
    let files = std::fs::read_dir(folder()).expect("the folder of cases");
    for path in files
        .flatten()
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
    {
        let text = std::fs::read_to_string(&path).expect("a file of cases");
        let of_file: Vec<Case> =
            serde_norway::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        cases.extend(of_file);
    }
    cases
}

#[test]
fn gitlab_decides_the_same() {
    let cases = load();
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "case names are unique");
    assert!(cases.len() >= 646, "there are only {} cases", cases.len());
    let faults = ask_all(&cases, Case::faults);
    let (known, faults): (Vec<_>, Vec<_>) = faults.into_iter().partition(|fault| deviations::is_known(fault));
    eprintln!("{} cases, {} deviations, {} faults", cases.len(), known.len(), faults.len());
    assert!(faults.is_empty(), "{} of {} cases:\n{}", faults.len(), cases.len(), faults.join("\n"));
}
