//! The order of stages and what stops what, with an executor that runs nothing.

use super::run;
use crate::{AbortCause, Control, Order, Transfer, Verdict};
use executor::{
    CancellationToken, CleanupError, Command, Executor, Exit, Output, PrepareError, RunError, Stream,
    Workspace,
};
use protocol::{CacheEntry, FailureReason, Job, Step, Variable};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use trace::Spool;

/// What the executor does when a stage's command runs.
#[derive(Clone)]
enum Act {
    /// Prints a text and ends with a status.
    End(&'static str, i32),
    /// Runs until it is stopped.
    Hang,
    /// Asks for a cancel, then runs until it is stopped.
    Cancel(Control),
    /// Aborts the job, then runs until it is stopped.
    Abort(Control),
}

#[derive(Clone, Default)]
struct Actor {
    acts: HashMap<&'static str, Act>,
    prepare_failures: Rc<RefCell<Vec<PrepareError>>>,
    seen: Rc<RefCell<Vec<String>>>,
}

impl Actor {
    fn with(acts: &[(&'static str, Act)]) -> Self {
        Self { acts: acts.iter().cloned().collect(), ..Self::default() }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.borrow().clone()
    }
}

impl Executor for Actor {
    fn name(&self) -> &'static str {
        "actor"
    }

    async fn prepare(&mut self, _: &Workspace, output: &dyn Output) -> Result<(), PrepareError> {
        output.write(Stream::Stdout, b"on stage\n");
        self.prepare_failures.borrow_mut().pop().map_or(Ok(()), Err)
    }

    async fn run(
        &mut self,
        command: Command,
        output: Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Result<Exit, RunError> {
        let script = String::from_utf8_lossy(&command.stdin).into_owned();
        let status = script.split("CI_JOB_STATUS=").nth(1).map_or("", |rest| &rest[..7.min(rest.len())]);
        self.seen.borrow_mut().push(format!("{} {status}", command.stage));
        match self.acts.get(command.stage.as_str()) {
            None => return Ok(Exit::Code(0)),
            Some(Act::End(text, code)) => {
                output.write(Stream::Stdout, text.as_bytes());
                return Ok(Exit::Code(*code));
            }
            Some(Act::Hang) => {}
            Some(Act::Cancel(control)) => control.cancel(),
            Some(Act::Abort(control)) => control.abort(AbortCause::Signal("terminated")),
        }
        stop.cancelled().await;
        Ok(Exit::Code(1))
    }

    async fn cleanup(&mut self) -> Result<(), CleanupError> {
        self.seen.borrow_mut().push("cleanup ".to_owned());
        Ok(())
    }
}

/// A job with a script and an `after_script`, and a folder to run it in.
struct Play {
    folder: tempfile::TempDir,
    order: Order,
    control: Control,
}

impl Play {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let step = |name: &str, script: &[&str]| Step {
            name: name.to_owned(),
            script: script.iter().map(|s| (*s).to_owned()).collect(),
            ..Step::default()
        };
        let mut payload = Job {
            id: 1,
            token: "tok-of-the-job".into(),
            steps: vec![step("script", &["first", "second"]), step("after_script", &["last"])],
            variables: vec![
                Variable::public("GIT_STRATEGY", "none"),
                Variable::public("FF_TIMESTAMPS", "false"),
            ],
            ..Job::default()
        };
        payload.features.trace_sections = true;
        payload.runner_info.timeout = 60;
        payload.git_info.repo_url = "https://h/g/p.git".into();
        let settings = crate::Settings {
            builds_dir: folder.path().join("builds"),
            cache_dir: folder.path().join("cache"),
            ..crate::Settings::default()
        };
        let order = Order {
            payload,
            url: "https://h".to_owned(),
            runner_name: "r".to_owned(),
            short_token: "short".to_owned(),
            system_id: "s_0".to_owned(),
            info: protocol::Info::default(),
            concurrent_id: 0,
            concurrent_project_id: 0,
            correlation_id: String::new(),
            tls: crate::TlsFiles::default(),
            settings,
        };
        Self { folder, order, control: Control::new() }
    }

    async fn run(&self, actor: &Actor) -> (Verdict, String) {
        let spool = Spool::new(tempfile::tempfile().unwrap(), 1 << 20);
        let transfer = Transfer::Folder(self.folder.path().join("artifacts"));
        let verdict = run(&self.order, actor.clone(), spool.clone(), &transfer, &self.control).await;
        let bytes = spool.read_at(0, 1 << 20).unwrap();
        (verdict, String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The names of sections in the order in which they start.
fn sections(trace: &str) -> Vec<&str> {
    trace.split("section_start:").skip(1).filter_map(|rest| rest.split([':', '\r']).nth(1)).collect()
}

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

#[tokio::test]
async fn a_failing_step_is_named() {
    let play = Play::new();
    let actor = Actor::with(&[(
        "step_script",
        Act::End("\x1b[32;1m$ first\x1b[0;m\nx\n\x1b[32;1m$ second\x1b[0;m\n", 3),
    )]);
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict, Verdict::failed(FailureReason::ScriptFailure, Some(3)));
    assert!(actor.seen()[1].starts_with("after_script failed"));
    let end = "Failed at command 2 of 2 (exit status 3): $ second\x1b[0;m\n\x1b[31;1mERROR: Job failed: exit status 3\x1b[0;m\n";
    assert!(trace.ends_with(end), "{trace}");
}

#[tokio::test(start_paused = true)]
async fn after_a_timeout_after_script_still_runs() {
    let play = Play::new();
    let actor = Actor::with(&[("step_script", Act::Hang)]);
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict, Verdict::failed(FailureReason::JobExecutionTimeout, None));
    assert!(actor.seen()[1].starts_with("after_script timedou"), "{:?}", actor.seen());
    assert!(trace.contains("step_script could not run to completion"), "{trace}");
    assert!(trace.contains("Job failed: execution took longer than 1m0s seconds"), "{trace}");
}

#[tokio::test(start_paused = true)]
async fn the_scripts_own_limit() {
    let mut play = Play::new();
    for name in ["RUNNER_SCRIPT_TIMEOUT", "RUNNER_AFTER_SCRIPT_TIMEOUT"] {
        play.order.payload.variables.push(Variable::public(name, "5s"));
    }
    let actor = Actor::with(&[("step_script", Act::Hang), ("after_script", Act::Hang)]);
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict.failure, Some(FailureReason::JobExecutionTimeout));
    assert!(
        trace.contains("after_script failed, but job will continue unaffected: exit status 1"),
        "{trace}"
    );
    assert!(trace.contains("Job failed: script timeout: context deadline exceeded"), "{trace}");
}

#[tokio::test]
async fn a_cancel_ends_the_script_only() {
    let play = Play::new();
    let actor = Actor::with(&[("step_script", Act::Cancel(play.control.clone()))]);
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict.failure, Some(FailureReason::UnknownFailure));
    assert!(actor.seen()[1].starts_with("after_script cancele"));
    assert!(trace.contains("WARNING: script canceled externally (UI, API)"));
    assert!(trace.contains("ERROR: Job failed: canceled"));
}

#[tokio::test]
async fn a_cancel_before_the_scripts_ends_the_job() {
    let mut play = Play::new();
    play.order.payload.cache =
        vec![CacheEntry { key: "k".into(), paths: vec!["x".into()], ..CacheEntry::default() }];
    play.control.cancel();
    let actor = Actor::default();
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict.failure, Some(FailureReason::UnknownFailure));
    assert_eq!(actor.seen(), ["cleanup "]);
    assert!(trace.contains("ERROR: Job failed: canceled"));
}

#[tokio::test]
async fn an_abort_leaves_nothing_but_clean_up() {
    let mut play = Play::new();
    play.order.payload.features.failure_reasons = vec!["runner_interrupted".to_owned()];
    let actor = Actor::with(&[("step_script", Act::Abort(play.control.clone()))]);
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict, Verdict::failed(FailureReason::RunnerInterrupted, None));
    assert_eq!(actor.seen(), ["step_script running", "cleanup "]);
    assert!(trace.contains("ERROR: Job failed: aborted: terminated"));
    assert_eq!(sections(&trace).last(), Some(&"cleanup_file_variables"));
}

#[tokio::test(start_paused = true)]
async fn preparing_is_tried_again() {
    let play = Play::new();
    let actor = Actor::default();
    *actor.prepare_failures.borrow_mut() = vec![PrepareError::Temporary { message: "not yet".to_owned() }];
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict, Verdict::success());
    assert!(trace.contains("ERROR: Preparation failed: not yet"), "{trace}");
}

#[tokio::test]
async fn what_cannot_be_prepared_runs_nothing() {
    let play = Play::new();
    let actor = Actor::default();
    *actor.prepare_failures.borrow_mut() = vec![PrepareError::Configuration { message: "no".to_owned() }];
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict.failure, Some(FailureReason::ScriptFailure));
    assert_eq!(actor.seen(), ["cleanup "]);
    assert_eq!(sections(&trace), ["prepare_executor"]);
}
