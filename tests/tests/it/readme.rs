//! What the README shows of `runner ci` and the coordinator's commands, run on this very repository or its pipeline.

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

/// Lines of the README that call the program, without their comments.
fn commands(readme: &str) -> Vec<Vec<&str>> {
    let fenced = readme.split("```").skip(1).step_by(2).filter(|block| block.starts_with("sh\n"));
    let lines = fenced.flat_map(str::lines).map(|line| line.split(" #").next().unwrap_or_default());
    let own = lines.filter_map(|line| {
        let calls = ["runner ", "target/release/runner ", "cargo run --release -p runner -- "];
        calls.iter().find_map(|call| line.strip_prefix(call))
    });
    own.filter(|line| ["ci ", "coordinator", "demo"].iter().any(|word| line.starts_with(word)))
        .map(|line| line.split_whitespace().collect())
        .collect()
}

#[test]
fn the_program_has_every_command_that_the_readme_shows() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let commands = commands(&readme);
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands {
        // Flags and values are read from the left; help only takes the place of the command itself.
        let output =
            Command::new(kit::runner::binary()).args(&command).arg("--help").output().expect("it starts");
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_job_of_the_projects_own_pipeline_runs_on_the_shell() {
    if !Command::new("cargo").args(["fmt", "--version"]).output().is_ok_and(|output| output.status.success())
    {
        eprintln!("skipped: cargo fmt is not installed");
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let project = folder.path().join("project");
    std::fs::create_dir_all(project.join("src")).expect("a folder");
    std::fs::copy(root().join(".gitlab-ci.yml"), project.join(".gitlab-ci.yml"))
        .expect("the project's own file");
    std::fs::write(project.join("Cargo.toml"), "[package]\nname = \"it\"\nedition = \"2024\"\n")
        .expect("a file");
    let source = project.join("src/lib.rs");
    std::fs::write(&source, "//! Nothing.\n").expect("a file");
    let made = Command::new("git").args(["init", "--quiet", "--initial-branch=main"]).arg(&project).status();
    assert!(made.is_ok_and(|status| status.success()), "git runs");
    let run = || {
        let mut command = Command::new(kit::runner::binary());
        command.args(["ci", "run", "--offline", "--executor", "shell", "format", "--repo"]).arg(&project);
        command.env("XDG_STATE_HOME", folder.path().join("state"));
        command.env("XDG_CACHE_HOME", folder.path().join("cache"));
        command.output().expect("the program starts")
    };
    assert!(text(run()).contains("1 passed"));
    // What is not committed counts.
    std::fs::write(&source, "//! Nothing.\n   fn badly ( ) { }\n").expect("a file");
    let output = run();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cargo fmt --all --check") && said.contains("1 failed"), "{said}");
}
