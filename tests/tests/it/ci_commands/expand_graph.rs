//! `ci expand` and `ci graph`.

use super::{PIPELINE, Repository};

const EXTENDING: &str = "\
include: inc.yml
build:
  extends: .base
  script: [!reference [.base, before_script], make]
";

#[test]
fn expanding_an_expanded_configuration_changes_nothing() {
    let repository = Repository::with(EXTENDING);
    repository.write("inc.yml", ".base:\n  image: 'rust:1'\n  before_script: [\"echo 'a: b'\"]\n");
    let once = repository.ci(&["expand"]).fine();
    assert!(!once.contains("include") && once.contains("image: rust:1"), "{once}");
    let plan = repository.ci(&["plan", "--json", "--lint"]).json();
    repository.write(".gitlab-ci.yml", &once);
    assert_eq!(repository.ci(&["expand"]).fine(), once);
    let again = repository.ci(&["plan", "--json", "--lint"]).json();
    assert_eq!(plan["jobs"][0]["script"], again["jobs"][0]["script"]);
}

#[test]
fn one_job_with_the_origin_of_each_value() {
    let repository = Repository::with(EXTENDING);
    repository.write("inc.yml", ".base:\n  image: 'rust:1'\n  before_script: [a]\n");
    let text = repository.ci(&["expand", "--job", "build", "--origins"]).fine();
    assert!(!text.contains(".base:"), "{text}");
    for part in ["image: rust:1  # inc.yml:2", "- make  # .gitlab-ci.yml:4"] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    let typo = repository.ci(&["expand", "--job", "biuld"]);
    assert_eq!(typo.code, Some(2));
    typo.has(&["did you mean `build`?"]);
}

#[test]
fn a_pipeline_is_drawn_in_three_ways() {
    let repository = Repository::with(PIPELINE);
    let text = repository.ci(&["graph"]).fine();
    assert!(text.contains("└─ test              ← compile") && text.contains("release (manual)"), "{text}");
    let mermaid = repository.ci(&["graph", "--format", "mermaid"]).fine();
    assert!(mermaid.starts_with("flowchart LR\n") && mermaid.contains("j0 --> j1"), "{mermaid}");
    let dot = repository.ci(&["graph", "--format", "dot"]).fine();
    assert!(dot.starts_with("digraph") && dot.contains("j0 -> j1;") && dot.ends_with("}\n"), "{dot}");
}
