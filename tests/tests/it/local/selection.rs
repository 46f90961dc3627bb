//! Which jobs run.

use super::Checkout;

const PIPELINE: &str = "\
stages: [build, test, deploy]
compile: {stage: build, script: [echo x > made], artifacts: {paths: [made]}}
assets: {stage: build, script: ['true']}
unit: {stage: test, needs: [compile], script: [test -e made]}
lint: {stage: test, needs: [], script: ['true']}
deploy: {stage: deploy, script: [test -e made], when: manual}
";

/// Names of the jobs that ran, sorted.
fn ran_jobs(ran: &super::Ran) -> Vec<&str> {
    let started = ran.events.iter().filter(|event| event["event"] == "job_started");
    let mut names: Vec<&str> = started.filter_map(|event| event["job"].as_str()).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_named_job_runs_with_what_it_needs() {
    let checkout = Checkout::with(PIPELINE);
    let ran = checkout.run(&["unit"]);
    assert_eq!((ran.code, ran_jobs(&ran)), (Some(0), vec!["compile", "unit"]), "{}", ran.with_logs());
    assert_eq!(ran_jobs(&checkout.run(&["lint"])), ["lint"]);
    let ran = checkout.run(&["lint", "--no-needs"]);
    assert_eq!((ran.code, ran_jobs(&ran)), (Some(0), vec!["lint"]));
    let all = ran.events.iter().filter(|event| event["event"] == "job_finished").count();
    assert_eq!(all, 5, "jobs that are left out are told of, too");
}

#[test]
fn a_manual_job_that_is_named_runs() {
    let ran = Checkout::with(PIPELINE).run(&["deploy"]);
    assert_eq!(ran.code, Some(0), "{}", ran.with_logs());
    assert!(ran_jobs(&ran).contains(&"deploy"), "{ran:?}");
    assert_eq!(ran.job("deploy")["status"], "success");
}

#[test]
fn only_what_failed_runs_again() {
    let checkout = Checkout::with(
        "stages: [build, test]\nmake: {stage: build, script: [echo x > made], artifacts: {paths: [made]}}\n\
         check: {stage: test, script: [test -e made, test -e fixed.txt]}\nother: {stage: test, script: ['true']}\n",
    );
    let ran = checkout.run(&[]);
    assert_eq!((ran.code, ran.job("check")["status"].as_str()), (Some(1), Some("failed")));
    checkout.write("fixed.txt", "");
    let ran = checkout.run(&["--failed"]);
    assert_eq!((ran.code, ran_jobs(&ran)), (Some(0), vec!["check"]), "{}", ran.with_logs());
}

#[test]
fn what_succeeded_is_waited_for_by_nobody() {
    let checkout = Checkout::with(
        "stages: [one, two, three]\n\
         late: {stage: one, when: delayed, start_in: 1 hour, script: ['true']}\n\
         asked: {stage: two, when: manual, allow_failure: false, script: ['true']}\n\
         last: {stage: three, script: [test -e fixed.txt]}\n",
    );
    let ran = checkout.run(&["--manual", "late", "--manual", "asked"]);
    assert_eq!(ran.statuses(["late", "asked", "last"]), ["success", "success", "failed"], "{ran:?}");
    checkout.write("fixed.txt", "");
    let ran = checkout.run(&["--failed"]).succeeded();
    assert_eq!(ran_jobs(&ran), ["last"]);
    assert!(!ran.err.contains("delayed"), "{}", ran.err);
}

#[test]
fn a_run_can_begin_at_a_job() {
    let checkout = Checkout::with(PIPELINE);
    checkout.run(&[]);
    let ran = checkout.run(&["--from", "unit"]);
    assert_eq!(ran.code, Some(0), "{}", ran.with_logs());
    assert!(!ran_jobs(&ran).contains(&"compile") && ran_jobs(&ran).contains(&"unit"), "{ran:?}");
}

#[test]
fn lists_and_plans_run_nothing() {
    let checkout = Checkout::with(PIPELINE);
    for flag in ["--list", "--dry-run"] {
        let output = checkout.ci(&["run", flag]).output().expect("it runs");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success(), "{text}");
        for job in ["compile", "assets", "unit", "lint", "deploy"] {
            assert!(text.contains(job), "{flag}: no {job} in {text}");
        }
    }
    assert!(!checkout.home().join(".local/state/runner/runs").exists(), "nothing ran");
}

#[test]
fn unknown_names_are_told_with_the_nearest() {
    let checkout = Checkout::with(PIPELINE);
    for arguments in [&["run", "untt"][..], &["run", "--manual", "deplyo"], &["run", "--from", "complie"]] {
        let output = checkout.ci(arguments).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(text.contains("did you mean"), "{arguments:?}: {text}");
    }
}

#[test]
fn all_instances_of_a_parallel_job_run_by_its_name() {
    let checkout =
        Checkout::with("test: {parallel: 3, script: [echo $CI_NODE_INDEX]}\nother: {script: ['true']}\n");
    assert_eq!(ran_jobs(&checkout.run(&["test"])), ["test 1/3", "test 2/3", "test 3/3"]);
    assert_eq!(ran_jobs(&checkout.run(&["test 2/3"])), ["test 2/3"]);
}
