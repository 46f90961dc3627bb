//! Steps, `after_script`, and what is said about them.

use super::*;
use protocol::{Hook, Image, PolicyOptions};

#[tokio::test]
async fn all_goes_well() {
    let play = Play::new();
    let actor = Actor::default();
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict, Verdict::success());
    assert_eq!(actor.seen(), ["step_script running", "after_script success", "cleanup "]);
    assert_eq!(
        sections(&trace),
        [
            "prepare_executor",
            "prepare_script",
            "get_sources",
            "step_script",
            "after_script",
            "cleanup_file_variables"
        ]
    );
    assert!(trace.ends_with("\x1b[32;1mJob succeeded\x1b[0;m\n"), "{trace}");
}

const SECOND: &str = "\x1b[32;1m$ first\x1b[0;m\nx\n\x1b[32;1m$ second\x1b[0;m\n";
const LAST: &str = "\x1b[32;1m$ last\x1b[0;m\n";

#[tokio::test]
async fn a_failing_step_is_named() {
    let play = Play::new();
    let actor = Actor::with(&[("step_script", Act::End(SECOND, 3))]);
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict, Verdict::failed(FailureReason::ScriptFailure, Some(3)));
    assert!(actor.seen()[1].starts_with("after_script failed"));
    let end = "Failed at command 2 of 2 (exit status 3): $ second\x1b[0;m\n\x1b[31;1mERROR: Job failed: exit status 3\x1b[0;m\n";
    assert!(trace.ends_with(end), "{trace}");
}

#[tokio::test]
async fn an_after_script_that_fails_too_does_not_take_the_blame() {
    for status in [3, 4] {
        let play = Play::new();
        let actor =
            Actor::with(&[("step_script", Act::End(SECOND, 3)), ("after_script", Act::End(LAST, status))]);
        let (verdict, trace) = play.run(&actor).await;
        assert_eq!(verdict.exit_code, Some(3));
        assert!(trace.contains("Failed at command 2 of 2 (exit status 3): $ second"), "{trace}");
        assert!(!trace.contains("Failed at command 1"), "{trace}");
    }
}

#[tokio::test]
async fn a_failing_after_script_counts_only_on_request() {
    let actor = Actor::with(&[("after_script", Act::End(LAST, 4))]);
    let play = Play::new();
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict, Verdict::success());
    assert!(trace.contains("WARNING: after_script failed, but job will continue unaffected: exit status 4"));
    let mut play = Play::new();
    play.set("AFTER_SCRIPT_IGNORE_ERRORS", "false");
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict, Verdict::failed(FailureReason::ScriptFailure, Some(4)));
    assert!(trace.contains("Failed at command 1 of 1 (exit status 4): $ last"), "{trace}");
    assert!(!trace.contains("unaffected"));
}

#[tokio::test]
async fn steps_run_in_order_until_one_fails() {
    let mut play = Play::new();
    let step = |name: &str| Step { name: name.to_owned(), script: vec!["x".to_owned()], ..Step::default() };
    let empty = Step { name: "empty".to_owned(), ..Step::default() };
    play.order.payload.steps = vec![step("after_script"), step("One"), empty, step("two"), step("three")];
    let actor = Actor::with(&[("step_two", Act::End("", 1))]);
    let (_, trace) = play.run(&actor).await;
    let stages: Vec<_> = actor.seen().iter().map(|s| s.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(stages, ["step_one", "step_two", "after_script", "cleanup"]);
    assert!(trace.contains("Executing \"step_one\" stage of the job script"));
}

#[tokio::test]
async fn a_failing_hook_is_named_and_a_failing_git_is_not() {
    let mut play = Play::new();
    play.set("GIT_STRATEGY", "fetch");
    play.order.payload.hooks =
        vec![Hook { name: "pre_get_sources_script".to_owned(), script: vec!["hook".to_owned()] }];
    const HOOK: &str = "\x1b[32;1m$ hook\x1b[0;m\n";
    let hook = Actor::with(&[("get_sources script", Act::End(HOOK, 5))]);
    let (verdict, trace) = play.run(&hook).await;
    assert_eq!(verdict.exit_code, Some(5));
    assert!(
        trace.contains("Failed at command 1 of 1 of pre_get_sources_script (exit status 5): $ hook"),
        "{trace}"
    );
    let git = Actor::with(&[
        ("get_sources script", Act::End(HOOK, 0)),
        ("get_sources", Act::End("fatal: x\n", 128)),
    ]);
    let (verdict, trace) = play.run(&git).await;
    assert_eq!(verdict.exit_code, Some(128));
    assert!(!trace.contains("Failed at command"), "{trace}");
    assert!(!git.seen().iter().any(|stage| stage.starts_with("after_script")));
}

#[tokio::test]
async fn a_policys_job_says_so_before_its_scripts() {
    let mut play = Play::new();
    play.order.payload.policy_options = PolicyOptions {
        execution_policy_job: true,
        policy_name: "P".to_owned(),
        policy_variables_override_allowed: Some(false),
        ..PolicyOptions::default()
    };
    let (_, trace) = play.run(&Actor::default()).await;
    let line = trace.find("\x1b[32;1mJob triggered by policy \"P\".\x1b[0;m\n").unwrap();
    assert!(trace.contains("User-defined CI/CD variables are ignored in this job"));
    assert!(line > trace.find("section_end").unwrap() && line < trace.find(":step_script").unwrap());
}

#[tokio::test]
async fn images_and_services_that_there_are_not_are_named() {
    let mut play = Play::new();
    play.order.payload.image = Image { name: "ruby:3".to_owned(), ..Image::default() };
    play.order.payload.services = vec![Image { name: "postgres".to_owned(), ..Image::default() }];
    let (verdict, trace) = play.run(&Actor::default()).await;
    assert!(verdict.is_success());
    assert!(trace.contains("The actor executor has no images; ruby:3 is not used"));
    assert!(trace.contains("WARNING: The actor executor has no services; not started: postgres"));
}

#[tokio::test]
async fn without_trace_sections_there_are_headings_only() {
    let mut play = Play::new();
    play.order.payload.features.trace_sections = false;
    let (_, trace) = play.run(&Actor::default()).await;
    assert!(sections(&trace).is_empty() && !trace.contains("section_end"));
    assert!(trace.contains("Executing \"step_script\" stage of the job script"));
}

#[tokio::test]
async fn a_clean_up_that_fails_is_said_and_changes_nothing() {
    let play = Play::new();
    let actor = Actor { cleanup_fails: true, ..Actor::default() };
    let (verdict, trace) = play.run(&actor).await;
    assert!(verdict.is_success());
    assert!(
        trace.contains("WARNING: Clean-up is not complete: cannot remove what is left of the job: process 7"),
        "{trace}"
    );
}
