//! Artifacts, reports and caches between jobs and runs.

use super::Checkout;
use serde_json::json;
use std::fs;
use std::path::Path;

#[test]
fn artifacts_reach_the_jobs_that_depend_on_them() {
    let ran = Checkout::with(
        "stages: [build, test]\n\
         one: {stage: build, script: [mkdir out, echo 1 > out/one], artifacts: {paths: [out]}}\n\
         two: {stage: build, script: [mkdir out, echo 2 > out/two], artifacts: {paths: [out]}}\n\
         both: {stage: test, script: [cat out/one out/two]}\n\
         first: {stage: test, needs: [one], script: [test -e out/one, test ! -e out/two]}\n\
         some: {stage: test, dependencies: [two], script: [test ! -e out/one, test -e out/two]}\n\
         none: {stage: test, dependencies: [], script: [test ! -e out]}\n\
         bare: {stage: test, needs: [{job: one, artifacts: false}], script: [test ! -e out]}\n",
    )
    .run(&[])
    .succeeded();
    let kept = &ran.job("one")["artifacts"][0];
    assert_eq!(kept["type"], json!("archive"));
    assert!(Path::new(kept["path"].as_str().expect("a path")).is_file(), "{kept}");
}

#[test]
fn the_last_of_two_that_leave_the_same_file_wins() {
    let job = |name: &str| {
        format!(
            "{name}: {{stage: build, script: [echo {name} > same.txt], artifacts: {{paths: [same.txt]}}}}\n"
        )
    };
    let text = format!(
        "stages: [build, test]\n{}{}look: {{stage: test, script: [cat same.txt]}}\n",
        job("a"),
        job("b")
    );
    let log = Checkout::with(&text).run(&[]).succeeded().log("look");
    assert!(log.contains("\nb\n"), "{log}");
}

#[test]
fn variables_of_a_report_reach_later_jobs() {
    let ran = Checkout::with(
        "stages: [build, test]\n\
         make: {stage: build, script: ['echo VERSION=1.2 > build.env'], artifacts: {reports: {dotenv: build.env}}}\n\
         use: {stage: test, script: ['test \"$VERSION\" = 1.2']}\n\
         not: {stage: test, needs: [], script: ['test -z \"$VERSION\"']}\n\
         wrong: {stage: build, script: ['echo nonsense > x.env'], artifacts: {reports: {dotenv: x.env}}, allow_failure: true}\n",
    )
    .run(&[]);
    assert_eq!(ran.statuses(["use", "not"]), ["success", "success"], "{}", ran.with_logs());
    assert_eq!(ran.job("make")["artifacts"][0]["type"], json!("dotenv"));
}

#[test]
fn artifacts_of_failures_are_kept_when_they_are_wanted() {
    let ran = Checkout::with(
        "a: {script: [echo x > log.txt, exit 1], artifacts: {paths: [log.txt], when: on_failure}}\n\
         b: {script: [echo x > log.txt, exit 1], artifacts: {paths: [log.txt]}}\n",
    )
    .run(&[]);
    assert_eq!(ran.job("a")["artifacts"].as_array().map(Vec::len), Some(1));
    assert_eq!(ran.job("b")["artifacts"], json!([]));
}

#[test]
fn caches_live_from_run_to_run() {
    let checkout = Checkout::with(
        "a:\n  script: ['cat kept/count || mkdir -p kept', 'echo x >> kept/count', 'wc -l < kept/count']\n  \
         cache: {key: \"k-$CI_COMMIT_REF_SLUG\", paths: [kept/]}\n",
    );
    for expected in ["1", "2", "3"] {
        let ran = checkout.run(&[]).succeeded();
        let log = ran.log("a");
        assert!(log.contains(&format!("\n{expected}\n")), "{log}");
        let cache = &ran.job("a")["caches"][0];
        assert!(cache["key"].as_str().is_some_and(|key| key.starts_with("k-main")), "{cache}");
        assert!(Path::new(cache["path"].as_str().expect("a path")).is_file(), "{cache}");
    }
    assert!(!checkout.root().join("kept").exists());
}

#[test]
fn artifacts_can_be_brought_into_the_tree() {
    let checkout = Checkout::with(
        "make: {script: [mkdir -p out, echo new > out/file], artifacts: {paths: [out]}}\n\
         fail: {script: [mkdir -p bad, echo new > bad/file, exit 1], artifacts: {paths: [bad], when: always}, allow_failure: true}\n",
    );
    checkout.write(".gitignore", "out\nbad\n");
    let ran = checkout.run(&["--write-back"]).succeeded();
    assert!(ran.err.contains(" wrote to the work tree: out/file"), "{}", ran.err);
    assert_eq!(fs::read_to_string(checkout.root().join("out/file")).expect("the file"), "new\n");
    assert!(!checkout.root().join("bad").exists(), "a job that failed brings nothing");
}
