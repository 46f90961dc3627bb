use crate::ci::args::CiArgs;
use crate::ci::{CiCommand, Done, World, variables};
use crate::environment::Environment;
use crate::error::CliError;
use crate::terminal::Style;
use clap::Parser;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    ci: CiArgs,
}

const CONFIG: &str = "\
variables: {TOP: top, OVER: top}
build:
  script: make
  variables: {OWN: $TOP/own, WITH_SECRET: \"https://u:$TOKEN@h\"}
never:
  script: 'true'
  rules: [{when: never}]
trigger:
  trigger: {include: other.yml}
";

fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    };
    write("repo/.gitlab-ci.yml", CONFIG);
    write("repo/.env", "OVER=from .env\nCI_REGISTRY_USER=me\n");
    write("repo/given", "GIVEN='a\nb'\n");
    write("home/.config/runner/variables.toml", "[variables]\nTOKEN = \"hunter2hunter2\"\n");
    folder
}

fn said(folder: &Path, line: &[&str]) -> Result<Done, CliError> {
    let words = ["ci", "variables"].iter().chain(line).chain(&["--offline"]);
    let args = Line::try_parse_from(words).unwrap().ci;
    let environment: Environment = [("HOME", folder.join("home"))].into_iter().collect();
    let (style, complaints) = (Style::plain(100), Style::plain(80));
    let world = World { environment: &environment, current: folder.join("repo"), style, complaints };
    let CiCommand::Variables(args) = &args.command else { panic!("another command") };
    variables::run(args, &world)
}

fn json(folder: &Path, line: &[&str]) -> serde_json::Value {
    serde_json::from_str(&said(folder, &[line, &["--json"]].concat()).unwrap().out).unwrap()
}

#[test]
fn a_job_is_shown_with_where_each_is_from() {
    let folder = place();
    let done = said(
        folder.path(),
        &["build", "--variables-file", "given", "--variable", "V=1", "--project-variable", "P=2"],
    )
    .unwrap();
    assert!(!done.out.contains("hunter2"), "{}", done.out);
    let chosen = [
        "VARIABLE",
        "TOP",
        "OVER",
        "OWN",
        "WITH_SECRET",
        "TOKEN",
        "GIVEN",
        "V ",
        "P ",
        "CI_JOB_NAME ",
        "CI_JOB_ID",
    ];
    let lines: Vec<&str> = done
        .out
        .lines()
        .map(str::trim)
        .filter(|line| chosen.iter().any(|name| line.starts_with(name)))
        .collect();
    let lines = lines.join("\n").replace(&folder.path().display().to_string(), "PLACE");
    insta::assert_snapshot!(lines);
}

#[test]
fn programs_get_values_but_no_secrets() {
    let folder = place();
    let object = json(folder.path(), &["build", "--variables-file", "given"]);
    let find = |name: &str| {
        let list = object["variables"].as_array().unwrap();
        list.iter().find(|variable| variable["name"] == name).unwrap_or_else(|| panic!("{name}")).clone()
    };
    assert_eq!(object["job"], "build");
    assert_eq!(find("GIVEN")["value"], "a\nb");
    assert_eq!((&find("TOKEN")["value"], &find("TOKEN")["hidden"]), (&serde_json::Value::Null, &true.into()));
    assert_eq!(
        (&find("CI_JOB_ID")["value"], &find("CI_JOB_ID")["at_run"]),
        (&serde_json::Value::Null, &true.into())
    );
    assert!(!object.to_string().contains("hunter2"));
    let all = json(folder.path(), &[]);
    let names =
        all["variables"].as_array().unwrap().iter().map(|variable| variable["name"].as_str().unwrap());
    let names: Vec<&str> = names.collect();
    assert!(
        names.contains(&"TOKEN") && names.contains(&"CI_COMMIT_SHA") && !names.contains(&"OWN"),
        "{names:?}"
    );
}

#[test]
fn what_is_missing_says_why_unless_it_is_given() {
    let folder = place();
    let missing = |line: &[&str]| -> Vec<String> {
        let object = json(folder.path(), &[line, &["--missing"]].concat());
        assert!(object.get("variables").is_none());
        let list = object["missing"].as_array().unwrap();
        list.iter().map(|missing| missing["name"].as_str().unwrap().to_owned()).collect()
    };
    let names = missing(&["build"]);
    assert!(
        names.contains(&"CI_REGISTRY_PASSWORD".to_owned()) && !names.contains(&"CI_REGISTRY_USER".to_owned())
    );
    assert!(!names.iter().any(|name| name == "TRIGGER_PAYLOAD" || name == "CI_MERGE_REQUEST_APPROVED"));
    assert!(!names.iter().any(|name| name == "CI_RELEASE_NAME"));
    assert!(!missing(&["--open-merge-request", "7"]).contains(&"CI_OPEN_MERGE_REQUESTS".to_owned()));
    assert!(missing(&["--event", "trigger"]).contains(&"TRIGGER_PAYLOAD".to_owned()));
    assert!(missing(&["--event", "tag", "--ref", "v1"]).contains(&"CI_RELEASE_NAME".to_owned()));
    assert!(missing(&["--event", "merge_request"]).contains(&"CI_MERGE_REQUEST_APPROVED".to_owned()));
    insta::assert_snapshot!(said(folder.path(), &["build", "--missing"]).unwrap().out);
}

#[test]
fn jobs_that_get_none_are_named() {
    let folder = place();
    let refused = |job: &str| said(folder.path(), &[job]).err().unwrap().render();
    let mut out = refused("biuld");
    out += &refused("never");
    out += &refused("trigger");
    insta::assert_snapshot!(out);
}
