//! The pipelines of `examples/`: `docker` runs those that need a GitLab around them, here is the one that needs none.

use kit::docker::Engine;
use std::path::Path;
use std::process::Command;

fn folders() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let entries = folder.read_dir().expect("the examples").flatten();
    let has_pipeline = |path: &Path| path.join(".gitlab-ci.yml").is_file();
    let mut folders: Vec<String> = entries
        .filter(|entry| has_pipeline(&entry.path()))
        .map(|entry| entry.path().to_string_lossy().into_owned())
        .collect();
    folders.sort();
    folders
}

#[test]
fn every_pipeline_is_valid() {
    let folders = folders();
    assert_eq!(folders.len(), 7, "{folders:?}");
    for folder in folders {
        let mut lint = Command::new(kit::runner::binary());
        let output =
            lint.args(["ci", "lint", "--offline", "--repo", &folder]).output().expect("the program starts");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains(".gitlab-ci.yml is valid"), "{folder}: {text}");
    }
}

#[test]
fn every_pipeline_has_a_page_that_the_list_names() {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/README.md");
    let list = std::fs::read_to_string(list).expect("the list of examples");
    for folder in folders() {
        let name = folder.rsplit('/').next().unwrap_or_default();
        assert!(list.contains(&format!("({name}/README.md)")), "{name} is not in the list");
        assert!(Path::new(&folder).join("README.md").is_file(), "{name} has no page");
    }
}

#[test]
fn a_service_runs_beside_its_job() {
    let Some(engine) = Engine::require() else { return };
    let home = tempfile::tempdir().expect("a home");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let project = tempfile::tempdir_in(&home).expect("a folder");
    // A repository of its own: what others change in this one meanwhile is none of the job's business.
    let made =
        Command::new("git").args(["init", "--quiet"]).current_dir(&project).status().expect("git runs");
    assert!(made.success());
    std::fs::copy(root.join("examples/with-a-service/.gitlab-ci.yml"), project.path().join(".gitlab-ci.yml"))
        .expect("the example");
    let ci = |arguments: &[&str]| {
        let mut command = Command::new(kit::runner::binary());
        command.arg("ci").args(arguments).current_dir(&project).env_clear().env("HOME", home.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let output = command.output().expect("the program starts");
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert!(output.status.success(), "{arguments:?}: {text}");
        text
    };
    let images = ["IMAGE=rig/busybox", "SERVICE_IMAGE=rig/web", "SERVICE_PORT=8080"];
    let mut run = vec!["run", "--docker-host", engine.host(), "--pull-policy", "never"];
    run.extend(images.iter().flat_map(|image| ["--variable", image]));
    assert!(ci(&run).contains("2 passed"));
    assert!(ci(&["log", "count"]).contains("The answer has 7 bytes."));
    let out = project.path().join("out");
    ci(&["artifacts", "ask", "--extract", &out.to_string_lossy()]);
    assert_eq!(std::fs::read_to_string(out.join("answer.html")).expect("the answer"), "web-ok\n");
}
