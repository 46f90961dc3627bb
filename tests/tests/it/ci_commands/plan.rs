//! `ci plan` and `ci why`.

use super::{PIPELINE, Repository, names};

#[test]
fn the_work_tree_is_taken_as_it_is() {
    let repository = Repository::with(PIPELINE);
    repository.git(&["config", "remote.origin.url", "git@gitlab.example.com:team/app.git"]);
    let text = repository.ci(&["plan"]).fine();
    for part in [
        "Push to main of team/app at ",
        "the first commit",
        "(0 paths changed since HEAD)",
        "Pipeline: 3 jobs in 3 stages",
        "compile",
        "rust:1.80",
        "manual, blocks",
        "Left out (1):",
        "docs  not: changes",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    // A branch with a change that is not committed.
    repository.git(&["checkout", "--quiet", "-b", "side"]);
    repository.write("docs/index.md", "");
    let plan = repository.ci(&["plan", "--json"]).json();
    assert_eq!(names(&plan["jobs"]), ["compile", "test", "docs"]);
    // From a folder below, too.
    let below = repository.root().join("docs");
    assert_eq!(repository.ci_in(&below, &["plan", "--json"]).json(), plan);
    // The index is not rewritten, nor anything else.
    assert_eq!(repository.git(&["status", "--porcelain"]), "?? docs/");
}

#[test]
fn events_are_columns() {
    let repository = Repository::with(PIPELINE);
    let text = repository.ci(&["plan", "--event", "push,tag,schedule,merge_request"]).fine();
    let row = |name: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(name)).unwrap_or_default();
        line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(row("compile"), ["run", "run", "run", "-"], "{text}");
    assert_eq!(row("release"), ["manual", "run", "-", "-"], "{text}");
    assert_eq!(row("docs"), ["-", "run", "run", "-"], "{text}");
    let json = repository.ci(&["plan", "--json", "-e", "push", "-e", "tag"]).json();
    assert_eq!(json["plans"][1]["event"], "tag");
    assert_eq!(json["plans"][1]["plan"]["status"], "created");
}

#[test]
fn skipped_empty_and_refused_have_their_status() {
    let repository = Repository::with("a: {script: x, only: [tags]}\n");
    let empty = repository.ci(&["plan", "--json"]);
    assert_eq!((empty.code, empty.json()["status"].as_str()), (Some(0), Some("empty")));
    let text = repository.ci(&["plan"]).fine();
    assert!(
        text.contains("No pipeline: The resulting pipeline would have been empty.")
            && text.contains("only tags")
    );
    repository.write("x", "");
    repository.commit("wip [skip ci]");
    assert_eq!(repository.ci(&["plan", "--json"]).json()["status"], "skipped");
    repository.write(".gitlab-ci.yml", "a: {scrpt: x}\n");
    assert_eq!(repository.ci(&["plan", "--json"]).json()["status"], "skipped", "nobody reads it");
    let refused = repository.ci(&["plan", "--json", "--event", "web"]);
    assert_eq!(refused.code, Some(1));
    let error = &refused.json()["errors"][0];
    assert_eq!((error["file"].as_str(), error["line"].as_u64()), (Some(".gitlab-ci.yml"), Some(1)));
    let text = repository.ci(&["plan", "--event", "web"]);
    text.has(&["error: jobs a config should implement", "^", "No pipeline: the configuration is refused."]);
    assert_eq!(text.code, Some(1));
}

#[test]
fn workflow_that_lets_nothing_through_is_named() {
    let rules = "workflow: {rules: [{if: $CI_COMMIT_BRANCH, when: never}, {when: always}]}\n";
    let repository = Repository::with(&format!("{rules}a: {{script: x}}\n"));
    let text = repository.ci(&["plan"]).fine();
    assert!(text.contains("workflow:rules: rule 1 says never: $CI_COMMIT_BRANCH"), "{text}");
}

#[test]
fn two_revisions_are_compared() {
    let repository = Repository::with(PIPELINE);
    let changed = PIPELINE
        .replace("rust:1.80", "rust:1.90")
        .replace("docs:\n", "guide:\n")
        .replace("    - changes: [docs/*]", "    - when: always");
    repository.write(".gitlab-ci.yml", &changed);
    let text = repository.ci(&["plan", "--diff", "HEAD"]).fine();
    for part in [
        "from HEAD to the work tree",
        "3 jobs before, 4 jobs after",
        "+ guide",
        "~ compile",
        "rust:1.80",
        "rust:1.90",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    repository.commit("changed");
    let json = repository.ci(&["plan", "--json", "--diff", "HEAD..HEAD~1"]).json();
    assert_eq!((names(&json["added"]), names(&json["removed"])), (vec![], vec!["guide"]));
    assert_eq!(json["changed"][0]["attributes"]["image"]["to"], "rust:1.80");
    assert!(
        repository.ci(&["plan", "--diff", "HEAD"]).fine().contains("No job appears, vanishes or changes.")
    );
    let wrong = repository.ci(&["plan", "--diff", "nowhere"]);
    assert_eq!(wrong.code, Some(2));
    wrong.has(&["no commit, branch or tag `nowhere`"]);
}

#[test]
fn a_commit_is_evaluated_as_it_was() {
    let repository = Repository::with("include: inc.yml\n");
    repository.write("inc.yml", "old: {script: x, rules: [{exists: [gone]}]}\n");
    repository.write("gone", "");
    repository.commit("old");
    std::fs::remove_file(repository.root().join("gone")).expect("a file");
    repository.write("inc.yml", "new: {script: x}\n");
    assert_eq!(names(&repository.ci(&["plan", "--json"]).json()["jobs"]), ["new"]);
    let old = repository.ci(&["plan", "--json", "--revision", "HEAD"]).json();
    assert_eq!(names(&old["jobs"]), ["old"]);
}

#[test]
fn why_tells_rules_values_and_ways() {
    let repository = Repository::with(PIPELINE);
    let text = repository.ci(&["why", "release", "--event", "schedule"]).fine();
    for part in [
        "release is not in the pipeline  .gitlab-ci.yml:13",
        "rules: no rule matches",
        "CI_COMMIT_TAG is not defined",
        "CI_PIPELINE_SOURCE is \"schedule\" (predefined)",
        "So it is left out: no rule matches.",
        "It would be in with one of",
    ] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    let text = repository.ci(&["why", "test"]).fine();
    assert!(text.contains("test is in the pipeline") && text.contains("after compile"), "{text}");
    let typo = repository.ci(&["why", "relaese"]);
    assert_eq!(typo.code, Some(2));
    typo.has(&["no job `relaese`", "did you mean `release`?"]);
}

#[test]
fn keys_of_caches_come_from_git() {
    let files = "a: {script: x, cache: {key: {files: [lock, none], prefix: p}, paths: [x]}}\n";
    let commits = "b: {script: x, cache: {key: {files_commits: [lock], prefix: p}, paths: [x]}}\n";
    let repository = Repository::with(&format!("{files}{commits}"));
    let key = |job: usize| {
        let plan = repository.ci(&["plan", "--json"]).json();
        plan["jobs"][job]["cache"][0]["key"].as_str().expect("a key").to_owned()
    };
    assert_eq!((key(0), key(1)), ("p-default".to_owned(), "p-default".to_owned()));
    // Larger than any configuration, and no text.
    std::fs::write(repository.root().join("lock"), vec![0xff; 3_000_000]).expect("a file");
    repository.commit("a lock");
    let sha1 = |text: &str| {
        repository.write("../id", text);
        let sum = std::process::Command::new("sha1sum").arg(repository.root().join("../id")).output();
        let sum = String::from_utf8(sum.expect("sha1sum").stdout).expect("text");
        format!("p-{}", &sum[..40])
    };
    assert_eq!(key(0), sha1(&repository.git(&["rev-parse", "HEAD:lock"])));
    assert_eq!(key(1), sha1(&repository.git(&["rev-parse", "HEAD"])));
}

#[test]
fn names_of_jobs_are_whole_however_long_the_rest_is() {
    let long = "an image whose name is long and says nothing that anybody wants to know at all";
    let name = "integration tests of the second generation: x86";
    let jobs = format!(
        "{name}:\n  image: {long}\n  script: x\n  tags: [some, quite, long, tags]\n  needs: [first]\n"
    );
    let matrix = "many:\n  script: x\n  parallel: {matrix: [{V: [one, two, three]}]}\n  rules: [{if: $NONE}, {when: manual}]\n";
    let yaml = format!("first: {{script: x}}\n{}{matrix}", jobs.replacen(name, &format!("'{name}'"), 1));
    let text = Repository::with(&yaml).ci(&["plan"]).out;
    for part in [name, "many ×3", "[one], [two], [three]"] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    assert!(!text.contains("always"), "a rule without conditions says nothing: {text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}
