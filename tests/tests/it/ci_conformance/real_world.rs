//! Files of public projects and what GitLab makes of them in six contexts. They belong to others and are read in
//! place; where they are not, the test says that it was skipped.

use super::answer::{Answer, ask};
use super::{ask_all, deviations};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct Expected {
    project: Option<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(default)]
    assumes: BTreeMap<String, Option<String>>,
    contexts: BTreeMap<String, InContext>,
    lint: Option<Lint>,
}

#[derive(Deserialize)]
struct InContext {
    #[serde(default)]
    jobs: Vec<String>,
    #[serde(default)]
    when: BTreeMap<String, String>,
    #[serde(default)]
    allow_failure: BTreeSet<String>,
    empty: Option<bool>,
    why: Option<String>,
    error: Option<String>,
    kind: Option<String>,
    left_out: Option<Value>,
}

#[derive(Deserialize)]
struct Lint {
    #[serde(default)]
    stages: Vec<String>,
    #[serde(default)]
    jobs: Vec<LintJob>,
    warnings: Option<usize>,
    #[serde(default)]
    errors: Vec<String>,
    kind: Option<String>,
}

#[derive(Deserialize)]
struct LintJob {
    name: String,
    stage: String,
    when: String,
    image: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    needs: Option<Vec<String>>,
    #[serde(default)]
    needs_optional: Vec<String>,
}

struct Folder {
    name: String,
    path: PathBuf,
    expected: Expected,
}

/// The flags of a context.
fn flags(context: &str) -> &'static [&'static str] {
    match context {
        "push-main" => &["--source", "push", "--ref", "main"],
        "push-feature" => &["--source", "push", "--ref", "feature/x"],
        "tag" => &["--source", "push", "--ref", "v1.2.3", "--tag"],
        "schedule" => &["--source", "schedule", "--ref", "main"],
        "mr" => &["--source", "merge_request_event", "--ref", "feature/x", "--target", "main"],
        "push-master" => &["--source", "push", "--ref", "master", "--default-branch", "master"],
        "lint" => &["--lint"],
        other => panic!("unknown context {other}"),
    }
}

impl Folder {
    fn load(path: PathBuf) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path.join("expected.yaml")).expect("the expectations of a folder");
        let expected = serde_norway::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name, path, expected }
    }

    fn arguments(&self, context: &str) -> Vec<String> {
        let mut arguments: Vec<String> = flags(context).iter().map(ToString::to_string).collect();
        let mut give = |flag: &str, value: String| arguments.extend([flag.to_owned(), value]);
        if context != "push-master" {
            give("--default-branch", "main".to_owned());
        }
        give("--project", self.expected.project.clone().unwrap_or_else(|| "g/p".to_owned()));
        give("--message", "commit".to_owned());
        for (key, value) in &self.expected.variables {
            give("--variable", format!("{key}={value}"));
        }
        for (key, value) in &self.expected.assumes {
            if let Some(value) = value {
                give("--project-variable", format!("{key}={value}"));
            }
        }
        arguments
    }

    fn faults(&self) -> Vec<String> {
        let repository = tempfile::tempdir().expect("a temporary folder");
        copy(&self.path, repository.path());
        std::fs::remove_file(repository.path().join("expected.yaml"))
            .expect("the expectations are copied as well");
        let mut faults = Vec::new();
        for (context, expected) in &self.expected.contexts {
            if expected.left_out.is_some() {
                continue;
            }
            let found = match ask(repository.path(), &self.arguments(context)) {
                Ok(answer) => expected.compare(&answer, self.expected.lint.as_ref()),
                Err(fault) => vec![fault],
            };
            faults.extend(found.into_iter().map(|fault| format!("{} {context}: {fault}", self.name)));
        }
        if let Some(lint) = &self.expected.lint {
            let found = match ask(repository.path(), &self.arguments("lint")) {
                Ok(answer) => lint.compare(&answer),
                Err(fault) => vec![fault],
            };
            faults.extend(found.into_iter().map(|fault| format!("{} lint: {fault}", self.name)));
        }
        faults
    }
}

/// How a refusal differs from the expected one. Of errors in the YAML itself it is enough that there is one.
fn refused(answer: &Answer, kind: Option<&str>, given: &[&str], expected: &[&str]) -> Option<String> {
    if answer.status() != "invalid" || answer.code != Some(1) {
        return Some(format!("it is {}, not refused with {expected:?}", answer.status()));
    }
    let same = if kind == Some("yaml") { !given.is_empty() } else { given == expected };
    (!same).then(|| format!("errors are {given:?}, not {expected:?}"))
}

impl InContext {
    fn compare(&self, answer: &Answer, lint: Option<&Lint>) -> Vec<String> {
        if let Some(error) = &self.error {
            let first: Vec<&str> = answer.errors().into_iter().take(1).collect();
            return refused(answer, self.kind.as_deref(), &first, &[error]).into_iter().collect();
        }
        if self.empty == Some(true) {
            let fault =
                format!("it is {}, not empty ({:?}): {:?}", answer.status(), self.why, answer.errors());
            return (answer.status() != "empty").then_some(fault).into_iter().collect();
        }
        if answer.status() != "created" || answer.jobs() != self.jobs {
            return vec![format!(
                "{} {:?} {:?}, not {:?}",
                answer.status(),
                answer.errors(),
                answer.jobs(),
                self.jobs
            )];
        }
        answer.list("jobs").iter().filter_map(|job| self.differs(job, lint)).collect()
    }

    fn differs(&self, job: &Value, lint: Option<&Lint>) -> Option<String> {
        let name = job["name"].as_str()?;
        let of_lint = || lint?.jobs.iter().find(|known| known.name == name).map(|known| &known.when);
        let when = self.when.get(name).or_else(of_lint)?;
        let forgiven = self.allow_failure.contains(name);
        let same = job["when"] == **when && job["allow_failure"] == forgiven;
        (!same).then(|| {
            format!(
                "{name}: when {}, allow_failure {}; not {when}, {forgiven}",
                job["when"], job["allow_failure"]
            )
        })
    }
}

impl Lint {
    fn compare(&self, answer: &Answer) -> Vec<String> {
        if !self.errors.is_empty() {
            let expected: Vec<&str> = self.errors.iter().map(String::as_str).collect();
            return refused(answer, self.kind.as_deref(), &answer.errors(), &expected).into_iter().collect();
        }
        if answer.status() == "invalid" {
            return vec![format!("it is refused: {:?}", answer.errors())];
        }
        let mut faults = Vec::new();
        if answer.plan["stages"] != serde_json::json!(self.stages) {
            faults.push(format!("stages are {}, not {:?}", answer.plan["stages"], self.stages));
        }
        if self.warnings.unwrap_or(0) != answer.warnings().len() {
            faults.push(format!("warnings are {:?}, not {:?}", answer.warnings(), self.warnings));
        }
        let (given, expected): (BTreeSet<_>, BTreeSet<_>) =
            (answer.jobs().into_iter().collect(), self.jobs.iter().map(|job| job.name.as_str()).collect());
        if given != expected {
            faults.push(format!("jobs are {given:?}, not {expected:?}"));
        }
        faults.extend(self.jobs.iter().filter_map(|job| job.differs(answer.job(&job.name)?)));
        faults
    }
}

impl LintJob {
    fn differs(&self, given: &Value) -> Option<String> {
        let list = |value: &Value, wanted: &dyn Fn(&Value) -> bool| -> Vec<String> {
            let items = value.as_array().into_iter().flatten().filter(|item| wanted(item));
            items
                .map(|item| item.get("job").unwrap_or(item).as_str().unwrap_or_default().to_owned())
                .collect()
        };
        let image = given["image"].get("name").unwrap_or(&given["image"]).as_str();
        // The recorded answers make no difference between no needs and an empty list of them.
        let needs =
            Some(list(&given["needs"], &|need| need["optional"] != true)).filter(|needs| !needs.is_empty());
        let optional = list(&given["needs"], &|need| need["optional"] == true);
        let mut expected_needs = self.needs.clone();
        if let Some(needs) = &mut expected_needs {
            needs.retain(|need| !self.needs_optional.contains(need));
        }
        expected_needs = expected_needs.filter(|needs| !needs.is_empty());
        let strings = |list: &[String]| serde_json::json!(list);
        let compared = [
            ("stage", given["stage"].clone(), serde_json::json!(self.stage)),
            ("when", given["when"].clone(), serde_json::json!(self.when)),
            ("image", serde_json::json!(image), serde_json::json!(self.image)),
            ("tags", strings(&list(&given["tags"], &|_| true)), strings(&self.tags)),
            ("needs", serde_json::json!(needs), serde_json::json!(expected_needs)),
            ("optional needs", strings(&optional), strings(&self.needs_optional)),
        ];
        let differing: Vec<String> = compared
            .into_iter()
            .filter(|(_, given, expected)| given != expected)
            .map(|(what, given, expected)| format!("{what} {given}, not {expected}"))
            .collect();
        (!differing.is_empty()).then(|| format!("{} has {}", self.name, differing.join("; ")))
    }
}

/// Copies a folder of files; there is nothing but files and folders in it.
fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder of files").flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a kind of file").is_dir() {
            std::fs::create_dir(&target).expect("a folder of the repository");
            copy(&entry.path(), &target);
        } else {
            // Not `fs::copy`: the copy must be writable whatever the original is.
            std::fs::write(&target, std::fs::read(entry.path()).expect("a file"))
                .expect("a file of the repository");
        }
    }
}

fn place() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/real-world");
    std::env::var_os("REAL_WORLD_CI_FILES").map_or_else(beside, PathBuf::from)
}

#[test]
fn real_files_are_decided_as_gitlab_does() {
    let Ok(folders) = std::fs::read_dir(place()) else {
        eprintln!("SKIPPED: no real files here; name their folder in REAL_WORLD_CI_FILES");
        return;
    };
    let folders: Vec<Folder> = folders
        .flatten()
        .map(|folder| folder.path())
        .filter(|path| path.is_dir())
        .map(Folder::load)
        .collect();
    assert!(!folders.is_empty(), "there are no real files in {}", place().display());
    let faults = ask_all(&folders, Folder::faults);
    let (known, faults): (Vec<_>, Vec<_>) = faults.into_iter().partition(|fault| deviations::is_known(fault));
    eprintln!("{} real files, {} deviations, {} faults", folders.len(), known.len(), faults.len());
    assert!(faults.is_empty(), "{} faults in {} files:\n{}", faults.len(), folders.len(), faults.join("\n"));
}
