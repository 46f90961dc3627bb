//! The pipelines of `examples/`, without running them; `docker` runs them.

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
    assert_eq!(folders.len(), 4, "{folders:?}");
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
