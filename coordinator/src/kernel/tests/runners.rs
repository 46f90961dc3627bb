//! Runners: who they are, what they get, how they wait.

use crate::kernel::testing::{Bench, machine};
use crate::kernel::{Handout, Machine, Reason, RunnerError};
use crate::model::{NewProject, NewRunner, RunnerChange, RunnerKind, RunnerState};
use protocol::{RegisterRequest, Secret};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(30);

#[tokio::test]
async fn unknown_tokens_get_nothing() {
    let bench = Bench::new().await;
    let nobody = Secret::new("glrt-nobody");
    let answer = bench.kernel.request_job(&nobody, machine(), None, Duration::ZERO).await;
    assert_eq!(answer.map(|_| ()).unwrap_err(), RunnerError::Forbidden);
    assert_eq!(bench.kernel.verify_runner(&nobody, machine()).await.unwrap_err(), RunnerError::Forbidden);
    let request = RegisterRequest { token: nobody, ..RegisterRequest::default() };
    assert_eq!(bench.kernel.register_runner(request).await.unwrap_err(), RunnerError::Forbidden);
}

#[tokio::test]
async fn runners_register_verify_reset_and_leave() {
    let bench = Bench::new().await;
    let registration = bench.kernel.registration_token().await.unwrap();
    assert_eq!(bench.kernel.registration_token().await.unwrap(), registration);
    let request = RegisterRequest {
        token: registration.clone(),
        tag_list: "a, b,,a".into(),
        run_untagged: true,
        ..RegisterRequest::default()
    };
    let (runner, token) = bench.kernel.register_runner(request).await.unwrap();
    assert_eq!(runner.tags, ["a", "b"]);
    assert!(token.expose().starts_with("glrtr-") && !runner.short_token.is_empty());
    assert_eq!(bench.kernel.runner(runner.id).await.unwrap().state, RunnerState::NeverContacted);
    bench.kernel.verify_runner(&token, machine()).await.unwrap();
    let legacy = Machine { system_id: String::new(), ..machine() };
    bench.kernel.verify_runner(&token, legacy).await.unwrap();
    let view = bench.kernel.runner(runner.id).await.unwrap();
    assert_eq!((view.state, view.managers.len()), (RunnerState::Online, 2));
    assert!(view.managers.iter().any(|manager| manager.system_id == "<legacy>"));
    bench.kernel.unregister_manager(&token, "").await.unwrap();
    bench.clock.advance(3 * 3600);
    assert_eq!(bench.kernel.runner(runner.id).await.unwrap().state, RunnerState::Offline);
    let (_, fresh) = bench.kernel.reset_own_token(&token).await.unwrap();
    assert!(bench.kernel.verify_runner(&token, machine()).await.is_err());
    bench.kernel.unregister_runner(&fresh).await.unwrap();
    assert!(bench.kernel.runner(runner.id).await.is_err());
    assert_ne!(bench.kernel.reset_registration_token().await.unwrap(), registration);
}

#[tokio::test]
async fn a_runner_of_no_project_is_told_so() {
    let bench = Bench::new().await;
    let other = bench.kernel.create_project(NewProject::at("g/other")).await.unwrap();
    let new =
        NewRunner { kind: RunnerKind::ProjectType, projects: vec![other.id], ..NewRunner::instance("own") };
    let (_, token) = bench.kernel.create_runner(new.clone()).await.unwrap();
    bench.push("a: {script: [x]}").await;
    assert!(matches!(bench.ask(&token).await, Handout::Nothing { .. }));
    bench.kernel.delete_project(other.id).await.unwrap();
    let answer = bench.kernel.request_job(&token, machine(), None, Duration::ZERO).await;
    assert_eq!(answer.map(|_| ()).unwrap_err(), RunnerError::NoProject);
    assert!(bench.kernel.create_runner(NewRunner { projects: Vec::new(), ..new }).await.is_err());
}

#[tokio::test]
async fn a_waiting_runner_gets_a_new_job_at_once() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let kernel = bench.kernel.clone();
    let mut runners = bench.kernel.watch(crate::kernel::Topic::Runners);
    let waiting = tokio::spawn(async move {
        let answer = kernel.request_job(&token, machine(), None, LONG).await.unwrap();
        (Instant::now(), answer)
    });
    assert!(runners.changed().await, "its machine was noted when it asked");
    let id = bench.push("a: {script: [x]}").await;
    let pushed = Instant::now();
    let (at, answer) = tokio::time::timeout(LONG, waiting).await.unwrap().unwrap();
    assert!(matches!(answer, Handout::Job(job) if job.job_info.pipeline_id == id.0));
    assert!(at.saturating_duration_since(pushed) < Duration::from_millis(500));
}

#[tokio::test]
async fn a_runner_that_gives_up_waiting_does_not_take_a_job_along() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    for _ in 0..20 {
        let (kernel, asking) = (bench.kernel.clone(), token.clone());
        let gone = tokio::spawn(async move { kernel.request_job(&asking, machine(), None, LONG).await });
        tokio::task::yield_now().await;
        let (kernel, asking) = (bench.kernel.clone(), token.clone());
        let stays = tokio::spawn(async move { kernel.request_job(&asking, machine(), None, LONG).await });
        let job = bench.push("a: {script: [x]}");
        gone.abort();
        let id = job.await;
        let gone = gone.await;
        let answer = match gone {
            // It was faster.
            Ok(answer) => {
                stays.abort();
                let _ = stays.await;
                answer
            }
            Err(_) => match bench.named(id, "a").await.status {
                pipeline::Status::Pending | pipeline::Status::Running => {
                    match tokio::time::timeout(Duration::from_secs(5), stays).await {
                        Ok(answer) => answer.unwrap(),
                        // It was taken just as the other went away: its lease ends in time.
                        Err(_) => {
                            assert_eq!(bench.named(id, "a").await.status, pipeline::Status::Running);
                            continue;
                        }
                    }
                }
                other => panic!("{other}"),
            },
        };
        if let Handout::Job(job) = answer.unwrap() {
            bench.say(&job, crate::kernel::JobWord::Success).await;
        }
    }
}

#[tokio::test]
async fn the_version_of_a_queue_changes_with_jobs_that_fit() {
    let bench = Bench::new().await;
    let (runner, token) = bench.kernel.create_runner(NewRunner::instance("any")).await.unwrap();
    let version = async || match bench.ask(&token).await {
        Handout::Nothing { last_update } => last_update,
        other => panic!("{other:?}"),
    };
    let first = version().await;
    assert_eq!(version().await, first);
    bench.push("a: {script: [x], tags: [rare]}").await;
    assert_eq!(version().await, first, "it does not fit");
    bench.push_to(&crate::model::GitRef::Branch("b".into()), "m", "a: {script: [x]}").await;
    bench.succeed(&token).await;
    let second = version().await;
    assert_ne!(second, first);
    let paused = RunnerChange { paused: Some(true), ..RunnerChange::default() };
    bench.kernel.update_runner(runner.id, paused).await.unwrap();
    assert!(matches!(bench.ask(&token).await, Handout::Paused { .. }));
}

#[tokio::test]
async fn new_tags_bring_jobs_to_a_runner_that_waits() {
    let bench = Bench::new().await;
    let (runner, token) = bench.kernel.create_runner(NewRunner::instance("any")).await.unwrap();
    bench.push("a: {script: [x], tags: [rare]}").await;
    let kernel = bench.kernel.clone();
    let waiting = tokio::spawn(async move { kernel.request_job(&token, machine(), None, LONG).await });
    tokio::task::yield_now().await;
    let tagged = RunnerChange { tags: Some(vec!["rare".into()]), ..RunnerChange::default() };
    bench.kernel.update_runner(runner.id, tagged).await.unwrap();
    let answer = tokio::time::timeout(LONG, waiting).await.unwrap().unwrap().unwrap();
    assert!(matches!(answer, Handout::Job(_)));
}

#[tokio::test]
async fn instance_runners_are_fair_between_projects() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let jobs: String = (0..3).map(|n| format!("a{n}: {{script: [x]}}\n")).collect();
    bench.push(&jobs).await;
    let other = bench.kernel.create_project(NewProject::at("g/other")).await.unwrap();
    let sha = "d".repeat(40);
    bench.repositories.commit(&sha, "m", "z: {script: [x]}");
    let main = crate::model::GitRef::Branch("main".into());
    let new = crate::kernel::NewPipeline::push(other.id, main, sha, crate::model::UserId::ROOT);
    bench.kernel.create_pipeline(new).await.unwrap();
    let mut order = Vec::new();
    for _ in 0..4 {
        order.push(bench.take(&token).await.job_info.name);
    }
    assert_eq!(order, ["a0", "z", "a1", "a2"]);
}

#[tokio::test]
async fn why_a_job_is_pending_is_told_of_each_runner() {
    let bench = Bench::new().await;
    let new = |description: &str| NewRunner::instance(description);
    bench.kernel.create_runner(NewRunner { paused: true, ..new("paused") }).await.unwrap();
    let (_, token) =
        bench.kernel.create_runner(NewRunner { tags: vec!["docker".into()], ..new("good") }).await.unwrap();
    bench.kernel.create_runner(new("plain")).await.unwrap();
    bench.kernel.verify_runner(&token, machine()).await.unwrap();
    let id = bench.push("a: {script: [x], tags: [docker]}").await;
    let job = bench.named(id, "a").await.id;
    let opinions = bench.kernel.why_pending(job).await.unwrap();
    let of =
        |name: &str| opinions.iter().find(|opinion| opinion.description == name).unwrap().reasons.clone();
    assert_eq!(opinions[0].description, "good");
    assert_eq!(of("good"), []);
    let missing = Reason::MissingTags(vec!["docker".into()]);
    assert_eq!(of("plain"), [missing.clone(), Reason::Offline]);
    assert_eq!(of("paused"), [Reason::Paused, missing, Reason::Offline]);
    assert!(!bench.kernel.is_stuck(job).await.unwrap());
}

#[tokio::test]
async fn nobody_waits_for_jobs_of_a_coordinator_that_is_about_to_end() {
    let bench = Bench::new().await;
    let token = bench.runner().await;
    let began = std::time::Instant::now();
    let long = Duration::from_secs(600);
    let (kernel, of) = (bench.kernel.clone(), token.clone());
    let waiting = tokio::spawn(async move { kernel.request_job(&of, machine(), Some("x"), long).await });
    let version = bench.kernel.request_job(&token, machine(), None, Duration::ZERO).await.unwrap();
    assert!(matches!(version, Handout::Nothing { .. }));
    bench.kernel.part();
    assert!(matches!(waiting.await.unwrap().unwrap(), Handout::Nothing { .. }));
    let later = bench.kernel.request_job(&token, machine(), Some("x"), long).await.unwrap();
    assert!(matches!(later, Handout::Nothing { .. }));
    assert!(began.elapsed() < long / 2);
}
