//! What may be done with a job that failed, before it is cleaned up.

use super::*;
use crate::{FailedCommand, Outcome};

struct Looked {
    outcome: Outcome,
    trace: String,
    seen: Vec<String>,
}

/// Runs a job whose failure is looked into: what was known by then, how it ended, and all that happened.
async fn look(play: &Play, actor: &Actor, look: impl AsyncFnOnce(&str)) -> (Option<Looked>, Outcome, String) {
    let spool = Spool::new(tempfile::tempfile().unwrap(), 1 << 20);
    let transfer = Transfer::Folder(play.folder.path().join("artifacts"));
    let text = || String::from_utf8_lossy(&spool.read_at(0, 1 << 20).unwrap()).into_owned();
    let mut looked = None;
    let on_failure = async |failed: &mut crate::Failed<'_>| {
        let (trace, seen) = (text(), actor.seen());
        assert!(spool.watch().now().finished);
        assert_eq!(failed.executor(), "actor");
        assert!(failed.project_dir().ends_with("g/p"));
        look(&trace).await;
        looked = Some(Looked { outcome: failed.outcome().clone(), trace, seen });
    };
    let run = crate::run_with(
        &play.order,
        actor.clone(),
        spool.clone(),
        &transfer,
        &play.control,
        Some(on_failure),
    );
    let (outcome, remains) = Box::pin(run).await;
    remains.clear().await;
    (looked, outcome, text())
}

fn failing() -> Actor {
    Actor::with(&[("step_script", Act::End("\x1b[32;1m$ second\x1b[0;m\nno\n", 3))])
}

#[tokio::test]
async fn the_log_is_finished_and_all_is_still_there() {
    let mut play = Play::new();
    play.order.payload.steps[0].script = vec!["second".to_owned()];
    let (looked, outcome, trace) = look(&play, &failing(), async |_| {}).await;
    let looked = looked.unwrap();
    assert_eq!(looked.outcome, outcome);
    assert!(looked.trace.contains("Job failed: exit status 3"), "{}", looked.trace);
    assert_eq!(looked.trace, trace, "nothing is written after that");
    assert!(looked.seen.iter().all(|what| !what.starts_with("cleanup")), "{:?}", looked.seen);
    let command = FailedCommand { command: "second".to_owned(), number: 1, of: 1, origin: None };
    assert_eq!(outcome.failed_command, Some(command));
    assert_eq!(outcome.cause.as_deref(), Some("exit status 3"));
}

#[tokio::test]
async fn clean_up_comes_afterwards_all_the_same() {
    let play = Play::new();
    let actor = failing();
    let (looked, ..) = look(&play, &actor, async |_| {}).await;
    assert!(looked.is_some());
    assert!(actor.seen().iter().any(|what| what.starts_with("cleanup")), "{:?}", actor.seen());
}

#[tokio::test(start_paused = true)]
async fn the_jobs_time_does_not_count_and_an_abort_does() {
    let play = Play::new();
    let held = async |_: &str| tokio::time::sleep(std::time::Duration::from_secs(7200)).await;
    let (looked, outcome, _) = look(&play, &failing(), held).await;
    assert!(looked.is_some() && outcome.verdict.exit_code == Some(3));

    let control = play.control.clone();
    let endless = async |_: &str| {
        control.abort(AbortCause::Signal("interrupt"));
        std::future::pending::<()>().await;
    };
    let (looked, outcome, _) = look(&play, &failing(), endless).await;
    assert!(looked.is_none());
    assert_eq!(outcome.verdict.exit_code, Some(3), "it had failed before");
}

#[tokio::test]
async fn only_failures_of_its_own_are_looked_into() {
    let play = Play::new();
    let (looked, outcome, trace) = look(&play, &Actor::default(), async |_| {}).await;
    assert!(looked.is_none() && outcome.verdict.is_success() && outcome.cause.is_none());
    assert!(trace.contains("Cleaning up project directory"), "{trace}");
    let canceled = Actor::with(&[("step_script", Act::Cancel(play.control.clone()))]);
    let (looked, outcome, _) = look(&play, &canceled, async |_| {}).await;
    assert!(looked.is_none());
    assert_eq!(outcome.cause.as_deref(), Some("canceled"));
    let play = Play::new();
    let unprepared = Actor::default();
    let error = PrepareError::Configuration { message: "no such image".to_owned() };
    unprepared.prepare_failures.borrow_mut().push(error);
    let (looked, outcome, _) = look(&play, &unprepared, async |_| {}).await;
    assert!(looked.is_none());
    assert_eq!(outcome.cause.as_deref(), Some("no such image"));
}

#[tokio::test]
async fn secrets_of_a_command_stay_hidden() {
    let mut play = Play::new();
    play.order.payload.steps[0].script = vec!["echo hunter2-and-more".to_owned()];
    let secret = Variable { masked: true, ..Variable::public("SECRET", "hunter2-and-more") };
    play.order.payload.variables.push(secret);
    let act = Act::End("\x1b[32;1m$ echo hunter2-and-more\x1b[0;m\n", 1);
    let (_, outcome, _) = look(&play, &Actor::with(&[("step_script", act)]), async |_| {}).await;
    assert_eq!(outcome.failed_command.unwrap().command, "echo [MASKED]");
}
