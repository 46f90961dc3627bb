//! What the commands print, 80 columns wide, for a folder that is no repository: nothing in it depends on a commit.

mod diagnostics;

use super::args::{CiArgs, CiCommand};
use super::*;
use crate::terminal;
use clap::Parser;
use std::fs;
use std::path::Path;

/// The command line alone.
#[derive(Parser)]
struct Line {
    #[command(flatten)]
    ci: CiArgs,
}

const CONFIGURATION: &str = r#"
stages: [build, test, deploy]
workflow:
  name: Pipeline of $CI_COMMIT_REF_NAME
  rules:
    - if: $CI_COMMIT_BRANCH
    - if: $CI_COMMIT_TAG
include: {local: ci/deploy.yml}
compile:
  stage: build
  image: registry.example.com/group/project/images/rust:1.80
  tags: [docker, linux]
  script: cargo build
test:
  parallel: {matrix: [{RUST: [stable, beta]}]}
  needs: [compile]
  script: cargo test
lint:
  needs: []
  allow_failure: true
  script: cargo clippy
  rules: [{changes: [src/**/*]}, {if: $LINT == "1"}]
"#;

const DEPLOY: &str = r#"
deploy:
  stage: deploy
  script: ./deploy
  environment: production
  rules:
    - if: $CI_COMMIT_TAG =~ /^v\d/
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_PIPELINE_SOURCE != "schedule"
      when: manual
nightly:
  stage: deploy
  script: ./nightly
  only: [schedules]
"#;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn said(folder: &Path, line: &[&str]) -> Result<Done, CliError> {
    let words = std::iter::once("ci").chain(line.iter().copied()).chain(["--offline"]);
    let args = Line::try_parse_from(words).unwrap().ci;
    let environment = Environment::default();
    let world = World {
        environment: &environment,
        current: folder.to_owned(),
        style: Style::plain(80),
        complaints: Style::plain(80),
    };
    match &args.command {
        CiCommand::Lint(args) => lint::run(args, &world),
        CiCommand::Plan(args) => plan::run(args, &world),
        CiCommand::Why(args) => why::run(args, &world),
        CiCommand::Expand(args) => expand::run(args, &world),
        CiCommand::Graph(args) => graph::run(args, &world),
        CiCommand::Artifacts(args) => artifacts::run(args, &world),
        CiCommand::Run(_) | CiCommand::Log(_) => unreachable!("it prints while it works"),
        CiCommand::Variables(args) => variables::run(args, &world),
    }
}

/// What goes to stdout, then what goes to stderr.
fn shown(folder: &Path, line: &[&str]) -> String {
    let done = said(folder, line).unwrap();
    for line in done.out.lines() {
        // GitLab's messages stay in one piece, so that they can be searched for.
        let fits = terminal::width(line) <= 80
            || line.starts_with("error: ")
            || line.starts_with("warning: ")
            || line.contains('"');
        assert!(fits, "{line}");
    }
    let warnings: String = done.warnings.iter().map(|warning| format!("! {warning}\n")).collect();
    format!("{}{warnings}", done.out)
}

fn valid() -> tempfile::TempDir {
    folder(&[(".gitlab-ci.yml", CONFIGURATION), ("ci/deploy.yml", DEPLOY)])
}

#[test]
fn a_plan() {
    let folder = valid();
    insta::assert_snapshot!("plan", shown(folder.path(), &["plan"]));
    insta::assert_snapshot!(
        "plan_tag",
        shown(folder.path(), &["plan", "--ref", "v1", "--tag", "--no-changes"])
    );
    insta::assert_snapshot!("plan_lint", shown(folder.path(), &["plan", "--lint"]));
    insta::assert_snapshot!(
        "plan_refused_by_workflow",
        shown(folder.path(), &["plan", "-e", "merge_request"])
    );
}

#[test]
fn a_table_of_events() {
    let folder = valid();
    insta::assert_snapshot!(shown(folder.path(), &["plan", "-e", "push,tag,schedule,merge_request"]));
}

#[test]
fn reasons() {
    let folder = valid();
    insta::assert_snapshot!("why_in", shown(folder.path(), &["why", "deploy"]));
    let schedule = ["why", "lint", "-e", "schedule", "--no-changes", "--project-variable", "LINT=no"];
    insta::assert_snapshot!("why_out", shown(folder.path(), &schedule));
    insta::assert_snapshot!("why_only", shown(folder.path(), &["why", "nightly"]));
    let unknown = said(folder.path(), &["why", "test"]).err().map(|error| error.render());
    assert_eq!(
        unknown.as_deref(),
        Some("error: `test` is a parallel job\nhint: name one of `test: [stable]`, `test: [beta]`\n")
    );
}

#[test]
fn drawings() {
    let folder = valid();
    insta::assert_snapshot!("graph_text", shown(folder.path(), &["graph"]));
    insta::assert_snapshot!("graph_mermaid", shown(folder.path(), &["graph", "--format", "mermaid"]));
    insta::assert_snapshot!("graph_dot", shown(folder.path(), &["graph", "--format", "dot"]));
}

const BROKEN: &str = r#"
.base:
  script: make
  artifcats: {paths: [x]}
a: {extends: .base}
b: {extends: .base}
c:
  stage: deploi
  script: [make, 3: 4]
d: {script: x, needs: [e], when: sometimes}
"#;

#[test]
fn findings() {
    let folder = folder(&[(".gitlab-ci.yml", BROKEN), ("fine.yml", "a: {script: x}\n")]);
    insta::assert_snapshot!("lint_broken", shown(folder.path(), &["lint"]));
    insta::assert_snapshot!(
        "lint_several",
        shown(folder.path(), &["lint", "-q", "fine.yml", ".gitlab-ci.yml"])
    );
    insta::assert_snapshot!("lint_sarif", shown(folder.path(), &["lint", "--format", "sarif"]));
    insta::assert_snapshot!("plan_broken", shown(folder.path(), &["plan"]));
    let valid = valid();
    insta::assert_snapshot!("lint_valid", shown(valid.path(), &["lint", "--runner-tags", "docker"]));
    insta::assert_snapshot!("lint_json", shown(valid.path(), &["lint", "--json"]));
}

#[test]
fn an_expanded_job() {
    let folder = valid();
    insta::assert_snapshot!(shown(folder.path(), &["expand", "--job", "test: [beta]", "--origins"]));
}
