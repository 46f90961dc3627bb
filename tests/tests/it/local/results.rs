//! What becomes of pipelines: statuses, exit codes, retries, coverage, and how all of it is told.

use super::Checkout;
use serde_json::json;

#[test]
fn a_failure_skips_what_comes_after_and_not_what_is_for_failures() {
    let ran = Checkout::with(
        "stages: [build, test, end]\n\
         compile: {stage: build, script: [exit 3]}\n\
         test: {stage: test, script: ['true']}\n\
         tell: {stage: end, script: ['true'], when: on_failure}\n\
         clean: {stage: end, script: ['true'], when: always}\n",
    )
    .run(&[]);
    assert_eq!(
        ran.statuses(["compile", "test", "tell", "clean"]),
        ["failed", "skipped", "success", "success"]
    );
    assert_eq!((ran.code, ran.status()), (Some(1), "failed"));
    let compile = ran.job("compile");
    assert_eq!((&compile["exit_code"], &compile["allow_failure"]), (&json!(3), &json!(false)), "{compile}");
    assert_eq!(ran.job("test")["log"], json!(null), "it never ran");
}

#[test]
fn failures_that_are_allowed_fail_nothing() {
    let ran = Checkout::with(
        "stages: [build, test]\n\
         lint: {stage: build, script: [exit 1], allow_failure: true}\n\
         codes: {stage: build, script: [exit 42], allow_failure: {exit_codes: [42]}}\n\
         test: {stage: test, script: ['true']}\n",
    )
    .run(&[])
    .succeeded();
    assert_eq!(ran.statuses(["lint", "codes", "test"]), ["failed", "failed", "success"]);
    assert_eq!(ran.job("codes")["allow_failure"], json!(true));
}

#[test]
fn jobs_that_wait_for_somebody_are_left_waiting() {
    let checkout = Checkout::with(
        "stages: [build, deploy, end]\n\
         build: {stage: build, script: ['true']}\n\
         deploy: {stage: deploy, script: ['true'], rules: [{when: manual}]}\n\
         end: {stage: end, script: ['true']}\n",
    );
    let ran = checkout.run(&[]);
    assert_eq!(ran.statuses(["build", "deploy", "end"]), ["success", "manual", "created"]);
    assert_eq!((ran.code, ran.status()), (Some(0), "manual"));
    let ran = checkout.run(&["--manual", "deploy"]).succeeded();
    assert_eq!(ran.statuses(["build", "deploy", "end"]), ["success", "success", "success"]);
}

#[test]
fn a_job_is_tried_again_as_often_as_it_may() {
    let checkout = Checkout::with(
        "flaky:\n  retry: 2\n  script: ['echo x >> \"$COUNT\"', 'test $(wc -l < \"$COUNT\") = 3']\n\
         stubborn:\n  retry: {max: 2, exit_codes: [9]}\n  script: [exit 8]\n",
    );
    let count = checkout.home().join("count");
    let ran = checkout.run(&["--variable", &format!("COUNT={}", count.display())]);
    assert_eq!(ran.statuses(["flaky", "stubborn"]), ["success", "failed"]);
    assert_eq!(std::fs::read_to_string(count).expect("the count").lines().count(), 3);
    assert_eq!(ran.code, Some(1));
}

#[test]
fn needs_go_before_stages() {
    let checkout = Checkout::with(
        "stages: [one, two]\n\
         slow: {stage: one, script: ['read line < \"$FIFO\"']}\n\
         early: {stage: two, needs: [], script: ['echo go > \"$FIFO\"']}\n\
         late: {stage: two, script: ['true']}\n",
    );
    let fifo = checkout.home().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
    // `slow` ends only if `early` runs beside it.
    let ran = checkout.run(&["-j", "2", "--variable", &format!("FIFO={}", fifo.display())]).succeeded();
    assert_eq!(ran.statuses(["slow", "early", "late"]), ["success", "success", "success"]);
}

#[test]
fn jobs_of_a_resource_group_run_one_by_one() {
    let script = "script: ['mkdir \"$LOCK\"', 'rmdir \"$LOCK\"']";
    let checkout = Checkout::with(&format!(
        "a: {{resource_group: r, {script}}}\nb: {{resource_group: r, {script}}}\nc: {{resource_group: r, {script}}}\n"
    ));
    let lock = checkout.home().join("lock");
    checkout.run(&["-j", "3", "--variable", &format!("LOCK={}", lock.display())]).succeeded();
}

#[test]
fn coverage_and_durations_are_told() {
    let ran = Checkout::with(
        "test:\n  script: ['echo \"covered 12.5 %\"', 'echo \"covered 83.25 %\"']\n  coverage: '/covered (\\d+\\.\\d+) %/'\n",
    )
    .run(&[])
    .succeeded();
    let end = ran.job("test");
    assert_eq!(end["coverage"], json!(83.25));
    assert_eq!(end["pipeline"], json!([]));
    assert!(end["duration"].as_f64().is_some_and(|seconds| seconds > 0.0), "{end}");
}

#[test]
fn events_come_in_order() {
    let ran =
        Checkout::with("a: {script: ['true']}\nb: {needs: [a], script: ['true']}\n").run(&[]).succeeded();
    let told = |event: &serde_json::Value| {
        let kind = event["event"].as_str()?;
        let known = ["job_started", "job_finished", "pipeline_finished"].contains(&kind);
        known.then(|| format!("{kind} {}", event["job"].as_str().unwrap_or_default()))
    };
    let order: Vec<String> = ran.events.iter().filter_map(told).collect();
    let expected =
        ["job_started a", "job_finished a", "job_started b", "job_finished b", "pipeline_finished "];
    assert_eq!(order, expected);
}

#[test]
fn no_pipeline_is_no_failure() {
    let checkout = Checkout::with("workflow: {rules: [{if: $CI_COMMIT_TAG}]}\na: {script: ['true']}\n");
    let ran = checkout.run(&[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.err.contains("workflow"), "{ran:?}");
    let output = checkout.ci(&["run", "--executor", "shell"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_report_for_others_has_a_case_for_each_job() {
    let checkout = Checkout::with(
        "good: {script: ['true']}\nbad: {script: ['echo \"<&>\"', exit 7]}\nlater: {needs: [bad], script: ['true']}\n",
    );
    let ran = checkout.run(&["--junit", "report.xml"]);
    assert_eq!(ran.code, Some(1));
    let report = std::fs::read_to_string(checkout.root().join("report.xml")).expect("the report");
    for part in ["name=\"good\"", "name=\"bad\"", "name=\"later\"", "<skipped", "<failure", "&lt;&amp;&gt;"] {
        assert!(report.contains(part), "no {part} in {report}");
    }
}

#[test]
fn people_see_names_statuses_and_the_command_that_failed() {
    let checkout = Checkout::with(
        "compile: {stage: build, script: [echo compiling, ./missing.sh]}\nunit: {stage: test, script: ['true']}\n",
    );
    let output = checkout.ci(&["run", "--executor", "shell"]).output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in ["compile", "compiling", "./missing.sh", "failed", "unit", "skipped"] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    assert!(!text.contains('\u{1b}'), "there is no terminal: {text:?}");
}

#[test]
fn logs_and_artifacts_of_the_last_run_can_be_asked_for() {
    let checkout = Checkout::with(
        "make: {script: [echo said, echo content > out.txt], artifacts: {paths: [out.txt]}}\n",
    );
    checkout.run(&[]).succeeded();
    let say = |arguments: &[&str]| {
        let output = checkout.ci(arguments).output().expect("it runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    assert!(say(&["log", "make"]).contains("said"));
    assert!(say(&["artifacts", "make"]).contains("artifacts.zip"));
    let folder = checkout.home().join("taken");
    say(&["artifacts", "make", "--extract", &folder.to_string_lossy()]);
    assert_eq!(std::fs::read_to_string(folder.join("out.txt")).expect("the file"), "content\n");
    let output = checkout.ci(&["log", "mkae"]).output().expect("it runs");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("make"), "{output:?}");
}
