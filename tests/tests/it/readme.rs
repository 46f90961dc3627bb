//! What the README shows of `runner ci`, run on this very repository.

use std::path::Path;
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The project's own file, in a folder that is no git repository: the answer does not depend on what is checked out.
fn ci(arguments: &[&str]) -> Output {
    let copy = tempfile::tempdir().expect("a temporary folder");
    std::fs::copy(root().join(".gitlab-ci.yml"), copy.path().join(".gitlab-ci.yml"))
        .expect("the project's own file");
    let mut command = Command::new(kit::runner::binary());
    let context = ["--default-branch", "main", "--offline"];
    command.arg("ci").args(arguments).args(if arguments[0] == "lint" { &context[2..] } else { &context });
    command.arg("--repo").arg(copy.path()).output().expect("the program starts")
}

fn text(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_projects_own_file_is_valid() {
    assert!(text(ci(&["lint"])).starts_with(".gitlab-ci.yml is valid."));
}

#[test]
fn its_plan_is_what_it_says() {
    let plan = text(ci(&["plan", "--json", "--ref", "topic"]));
    let plan: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    let jobs: Vec<&str> =
        plan["jobs"].as_array().expect("jobs").iter().filter_map(|job| job["name"].as_str()).collect();
    assert_eq!(jobs, ["format", "lints", "documentation", "tests"]);
}

#[test]
fn the_readme_shows_what_why_says() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let (_, shown) = readme.split_once("$ runner ci why bench --ref topic\n").expect("the example");
    let (shown, _) = shown.split_once("```").expect("its end");
    let said = text(ci(&["why", "bench", "--ref", "topic"]));
    let mut rest = said.as_str();
    for line in shown.lines().filter(|line| !line.is_empty() && *line != "…") {
        let (_, after) = rest.split_once(line).unwrap_or_else(|| panic!("{line:?} is not in\n{said}"));
        rest = after;
    }
}
