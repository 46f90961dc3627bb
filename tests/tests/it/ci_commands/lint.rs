//! `ci lint`.

use super::{PIPELINE, Repository};

const BROKEN: &str = "\
a:
  scrpt: make
b:
  stage: tset
  script: make
";

#[test]
fn a_valid_configuration_is_said_to_be_so() {
    let repository = Repository::with(PIPELINE);
    let text = repository.ci(&["lint"]).fine();
    assert!(text.contains(".gitlab-ci.yml is valid") && text.contains("1 file read:"), "{text}");
    assert_eq!(repository.ci(&["lint", "--json"]).json()["valid"], true);
}

#[test]
fn all_errors_have_place_excerpt_and_advice() {
    let repository = Repository::with(BROKEN);
    let said = repository.ci(&["lint"]);
    assert_eq!(said.code, Some(1));
    said.has(&[
        "error: jobs a config should implement",
        " --> .gitlab-ci.yml:",
        "2 |   scrpt: make",
        "did you mean `script`?",
        "b job: chosen stage tset does not exist",
        "is refused: ",
    ]);
    let json = repository.ci(&["lint", "--json"]).json();
    let found = json["results"][0]["diagnostics"].as_array().expect("diagnostics");
    assert!(found.iter().all(|one| one["file"] == ".gitlab-ci.yml" && one["rule"].is_string()), "{json}");
}

#[test]
fn sarif_has_what_the_format_demands() {
    let repository = Repository::with(BROKEN);
    let said = repository.ci(&["lint", "--format", "sarif"]);
    assert_eq!(said.code, Some(1));
    let log = said.json();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert_eq!(run["tool"]["driver"]["name"], "runner");
    let results = run["results"].as_array().expect("results");
    assert!(results.len() >= 2);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("an index");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning"].contains(&result["level"].as_str().expect("a level")));
        assert!(result["message"]["text"].is_string());
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], ".gitlab-ci.yml");
        assert!(place["region"]["startLine"].as_u64() >= Some(1));
    }
}

#[test]
fn several_files_are_checked_each_on_its_own() {
    let repository = Repository::with(PIPELINE);
    repository.write("ci/broken.yml", BROKEN);
    let below = repository.root().join("ci");
    let said = repository.ci_in(&below, &["lint", "../.gitlab-ci.yml", "broken.yml"]);
    assert_eq!(said.code, Some(1));
    said.has(&[".gitlab-ci.yml is valid", "ci/broken.yml is refused", " --> ci/broken.yml:1:1"]);
    let missing = repository.ci(&["lint", "none.yml"]);
    assert_eq!(missing.code, Some(2));
    missing.has(&["cannot read none.yml"]);
}

#[test]
fn ours_are_warnings_and_leave_the_status() {
    let repository = Repository::with("a: {script: x, tags: [gpu]}\n");
    let said = repository.ci(&["lint", "--runner-tags", "docker,linux"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    said.has(&["warning: ", "gpu", "1 warning"]);
    assert_eq!(repository.ci(&["lint", "--runner-tags", "gpu"]).fine().matches("warning").count(), 0);
}
