//! The loop with hands that only pretend, in time that passes at once.

use super::*;
use crate::ci::run::local::JobRecord;
use crate::ci::run::news::JobReport;
use crate::ci::run::select::{Asked, Candidate, select};
use pipeline::{AutoCancel, End, Kind, Need, Retry, Spec, Strategy, When};
use std::collections::BTreeMap;

/// What a pretended job does.
#[derive(Clone, Default)]
struct Act {
    millis: u64,
    /// Ends of its attempts; those that follow succeed.
    fails: Vec<&'static str>,
}

/// Hands whose jobs last as long as they are told to.
#[derive(Default)]
struct Fake {
    acts: BTreeMap<&'static str, Act>,
    attempts: RefCell<BTreeMap<String, usize>>,
    children: BTreeMap<&'static str, Result<Vec<Spec>, &'static str>>,
    records: RefCell<Vec<(String, Status)>>,
}

impl Hands for Fake {
    fn run(&self, ticket: Ticket, control: Control, _: Tell) -> Doing<Ended> {
        let act = self.acts.get(ticket.job.name.as_str()).cloned().unwrap_or_default();
        let mut attempts = self.attempts.borrow_mut();
        let attempt = attempts.entry(ticket.job.name.clone()).or_default();
        let failure = act.fails.get(*attempt).copied();
        *attempt += 1;
        Box::pin(async move {
            let end = tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(act.millis)) => match failure {
                    None => End::Success,
                    Some(reason) => End::Failed { reason: reason.to_owned(), exit_code: Some(1) },
                },
                // What follows a cancel takes its time, too.
                () = async { control.canceled().cancelled().await; tokio::time::sleep(Duration::from_millis(5)).await } => {
                    End::Failed { reason: "unknown_failure".to_owned(), exit_code: None }
                }
                () = control.aborted().cancelled() => {
                    End::Failed { reason: "unknown_failure".to_owned(), exit_code: None }
                }
            };
            let log = Some(format!("/logs/{}", ticket.job.id).into());
            Ended { end, left: Left { log, ..Left::default() } }
        })
    }

    fn child(&self, ticket: Ticket, _: Tell) -> Doing<Result<Plan, Refusal>> {
        let made = match self.children.get(ticket.job.name.as_str()) {
            Some(Ok(specs)) => Ok(plan(specs.clone())),
            Some(Err(reason)) => Err(Refusal { reason, message: format!("no pipeline: {reason}") }),
            None => panic!("{} has no pipeline", ticket.job.name),
        };
        Box::pin(async move { made })
    }

    fn adopt(&self, _: JobId, record: &JobRecord) -> Result<Ended, String> {
        match record.log {
            Some(_) => Ok(Ended { end: End::Success, left: Left::default() }),
            None => Err(format!("{} is gone", record.name)),
        }
    }

    fn note(&self, report: &JobReport, _: &str) {
        self.records.borrow_mut().push((report.job.name.clone(), report.status));
    }
}

/// Writes down what happens, with the time in milliseconds.
struct Diary {
    lines: Rc<RefCell<Vec<String>>>,
    clock: Clock,
}

impl Show for Diary {
    fn tell(&mut self, news: &News) {
        let full = |job: &JobName| {
            let path: Vec<&str> =
                job.pipeline.iter().map(String::as_str).chain([job.name.as_str()]).collect();
            path.join(">")
        };
        let text = match news {
            News::Started { job } => format!("start {}", full(job)),
            News::Finished(report) => {
                let reason =
                    report.failure_reason.iter().map(|reason| format!(" {reason}")).collect::<String>();
                let retried = if report.retried { " retried" } else { "" };
                format!("{} {}{reason}{retried}", report.status, full(&report.job))
            }
            News::Retried { new, .. } => format!("again {}", full(new)),
            News::Note(text) => format!("note {text}"),
            News::Warning(text) => format!("warning {text}"),
            News::Done { status, .. } => format!("done {status}"),
            News::Status { .. } | News::Created { .. } | News::Log { .. } => return,
        };
        self.lines.borrow_mut().push(format!("{} {text}", self.clock.elapsed().as_millis()));
    }
}

fn spec(name: &str, stage: usize) -> Spec {
    Spec {
        name: name.to_owned(),
        stage: format!("s{stage}"),
        stage_index: stage,
        kind: Kind::Build,
        when: When::OnSuccess,
        start_in: None,
        allow_failure: false,
        allow_exit_codes: Vec::new(),
        needs: None,
        dependencies: None,
        retry: Retry::default(),
        interruptible: false,
        resource_group: None,
    }
}

fn needs(spec: Spec, names: &[&str]) -> Spec {
    let need = |name: &&str| Need { job: (*name).to_owned(), artifacts: true };
    Spec { needs: Some(names.iter().map(need).collect()), ..spec }
}

fn bridge(spec: Spec, strategy: Strategy) -> Spec {
    Spec { kind: Kind::Bridge { strategy }, ..spec }
}

fn plan(specs: Vec<Spec>) -> Plan {
    let stages = (0..5).map(|stage| format!("s{stage}")).collect();
    let jobs = specs.into_iter().map(|spec| Candidate { spec, base: None }).collect();
    Plan { key: 0, stages, jobs, auto_cancel: AutoCancel::default() }
}

struct Scene {
    fake: Fake,
    specs: Vec<Spec>,
    settings: Settings,
    asked: Asked,
    /// When somebody stops it, in milliseconds.
    stops: Vec<(u64, Stop)>,
}

impl Scene {
    fn new(specs: Vec<Spec>) -> Self {
        let settings = Settings { number: 7, concurrent: 4, ..Settings::default() };
        Self { fake: Fake::default(), specs, settings, asked: Asked::default(), stops: Vec::new() }
    }

    fn act(mut self, name: &'static str, millis: u64, fails: &[&'static str]) -> Self {
        self.fake.acts.insert(name, Act { millis, fails: fails.to_vec() });
        self
    }

    fn run(self) -> (Vec<String>, RunEnd) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async {
            let clock = Clock::start();
            let lines = Rc::new(RefCell::new(Vec::new()));
            let show: Box<dyn Show> = Box::new(Diary { lines: lines.clone(), clock });
            let (sender, mut stops) = mpsc::unbounded_channel();
            for (at, stop) in self.stops {
                let sender = sender.clone();
                tokio::task::spawn_local(async move {
                    tokio::time::sleep(Duration::from_millis(at)).await;
                    let _ = sender.send(stop);
                });
            }
            let plan = plan(self.specs);
            let selection = select(&self.asked, &plan.jobs, self.settings.last.as_deref()).unwrap();
            let driver = Driver::new(Rc::new(self.fake), Rc::new(RefCell::new(show)), self.settings, clock);
            let end = driver.run(plan, selection, &mut stops).await;
            let lines = lines.borrow().clone();
            (lines, end)
        })
    }
}

#[test]
fn a_job_starts_when_its_last_need_has_ended() {
    let specs = vec![spec("a", 0), spec("b", 0), needs(spec("c", 1), &["a"]), spec("d", 1)];
    let (lines, end) = Scene::new(specs).act("a", 10, &[]).act("b", 50, &[]).act("c", 5, &[]).run();
    let expected = [
        "0 start a",
        "0 start b",
        "10 success a",
        "10 start c",
        "15 success c",
        "50 success b",
        "50 start d",
        "50 success d",
        "50 done success",
    ];
    assert_eq!(lines, expected);
    assert_eq!(end, RunEnd { status: Status::Success, failed: false, stopped: None });
}

#[test]
fn no_more_jobs_run_than_there_are_permits() {
    let mut scene = Scene::new(vec![spec("a", 0), spec("b", 0), spec("c", 0)]);
    scene.settings.concurrent = 2;
    let (lines, _) = scene.act("a", 10, &[]).act("b", 20, &[]).run();
    assert_eq!(lines[..4], ["0 start a", "0 start b", "10 success a", "10 start c"]);
}

#[test]
fn a_failure_skips_what_follows_and_retries_take_its_place() {
    let mut flaky = spec("flaky", 0);
    flaky.retry = Retry { max: Some(1), ..Retry::default() };
    let specs =
        vec![flaky, spec("bad", 1), spec("next", 2), Spec { when: When::OnFailure, ..spec("mend", 2) }];
    let (lines, end) =
        Scene::new(specs).act("flaky", 1, &["script_failure"]).act("bad", 1, &["script_failure"]).run();
    let has = |line: &str| assert!(lines.iter().any(|l| l == line), "{line} in {lines:#?}");
    has("1 failed flaky script_failure retried");
    has("1 again flaky");
    has("2 success flaky");
    has("3 failed bad script_failure");
    has("3 skipped next");
    has("3 success mend");
    assert_eq!(end, RunEnd { status: Status::Failed, failed: true, stopped: None });
}

#[test]
fn fail_fast_cancels_the_rest() {
    let mut scene = Scene::new(vec![spec("bad", 0), spec("long", 0), spec("next", 1)]);
    scene.settings.fail_fast = true;
    let (lines, end) = scene.act("bad", 1, &["script_failure"]).act("long", 1000, &[]).run();
    assert!(lines.contains(&"6 canceled long".to_owned()), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("start next")), "{lines:#?}");
    assert!(end.failed);
}

#[test]
fn manual_jobs_wait_and_are_left_where_they_are() {
    let manual = Spec { when: When::Manual, ..spec("gate", 0) };
    let (lines, end) = Scene::new(vec![manual.clone(), spec("next", 1)]).run();
    assert_eq!(lines, ["0 manual gate", "0 created next", "0 done manual"]);
    assert!(!end.failed);
    let mut scene = Scene::new(vec![manual, spec("next", 1)]);
    scene.asked.manual = vec!["gate".to_owned()];
    let (lines, end) = scene.run();
    assert_eq!(lines[0], "0 start gate");
    assert_eq!(end.status, Status::Success);
}

#[test]
fn delayed_jobs_wait_unless_they_are_named() {
    let late = Spec { when: When::Delayed, start_in: Some(3700), ..spec("late", 0) };
    let (lines, _) = Scene::new(vec![late.clone()]).run();
    assert_eq!(lines[0], "0 note `late` is delayed by 1h 1m 40s: who names it does not wait");
    assert!(
        lines[1].starts_with("3700000 start late") || lines[1].starts_with("3700001 start late"),
        "{lines:?}"
    );
    let mut scene = Scene::new(vec![late]);
    scene.asked.jobs = vec!["late".to_owned()];
    let (lines, _) = scene.run();
    assert_eq!(lines[0], "0 start late");
}

#[test]
fn one_job_of_a_resource_group_at_a_time() {
    let group = |name| Spec { resource_group: Some("prod".to_owned()), ..spec(name, 0) };
    let (lines, _) = Scene::new(vec![group("a"), group("b")]).act("a", 10, &[]).act("b", 10, &[]).run();
    assert_eq!(lines, ["0 start a", "10 success a", "10 start b", "20 success b", "20 done success"]);
}

#[test]
fn a_resource_that_is_never_free_is_named() {
    let group = |spec| Spec { resource_group: Some("prod".to_owned()), ..spec };
    let mut scene = Scene::new(vec![group(bridge(spec("up", 0), Strategy::Depend))]);
    scene.fake.children.insert("up", Ok(vec![group(spec("down", 0))]));
    let (lines, end) = scene.run();
    assert!(lines.iter().any(|line| line.contains("`down` waits for its resource group")), "{lines:#?}");
    assert!(end.failed);
}

#[test]
fn pipelines_of_bridges_run_in_the_same_loop() {
    let specs =
        vec![bridge(spec("wait", 0), Strategy::Depend), bridge(spec("go", 0), Strategy::None), spec("z", 1)];
    let mut scene = Scene::new(specs);
    scene.fake.children.insert("wait", Ok(vec![spec("x", 0)]));
    scene.fake.children.insert("go", Ok(vec![spec("y", 0)]));
    let (lines, end) = scene.act("x", 10, &[]).act("y", 30, &["script_failure"]).run();
    let has = |line: &str| assert!(lines.iter().any(|l| l.starts_with(line)), "{line} in {lines:#?}");
    has("0 success go");
    has("10 success wait>x");
    has("10 success wait");
    has("10 start z");
    has("30 failed go>y script_failure");
    has("30 warning the pipeline of `go` failed");
    assert_eq!((end.status, end.failed), (Status::Success, false));
}

#[test]
fn a_bridge_without_a_pipeline_fails() {
    let mut scene = Scene::new(vec![bridge(spec("up", 0), Strategy::None)]);
    scene.fake.children.insert("up", Err("pipeline_loop_detected"));
    let (lines, end) = scene.run();
    let expected = [
        "0 warning no pipeline: pipeline_loop_detected",
        "0 failed up pipeline_loop_detected",
        "0 done failed",
    ];
    assert_eq!(lines, expected);
    assert!(end.failed);
}

#[test]
fn whoever_cancels_waits_for_what_is_left_to_do_and_twice_does_not() {
    let mut scene = Scene::new(vec![spec("a", 0), spec("b", 1)]).act("a", 1000, &[]);
    scene.stops = vec![(10, Stop::Gracefully)];
    let (lines, end) = scene.run();
    assert!(lines.contains(&"15 canceled a".to_owned()), "{lines:#?}");
    assert!(lines.contains(&"10 canceled b".to_owned()), "{lines:#?}");
    assert_eq!(end.stopped, Some(Stop::Gracefully));
    let mut scene = Scene::new(vec![spec("a", 0)]).act("a", 1000, &[]);
    scene.stops = vec![(10, Stop::Gracefully), (12, Stop::Gracefully)];
    let (lines, end) = scene.run();
    assert!(lines.contains(&"12 canceled a".to_owned()), "{lines:#?}");
    assert_eq!(end.stopped, Some(Stop::AtOnce("interrupt")));
}

#[test]
fn what_is_redundant_is_canceled_unless_it_may_not_be() {
    let interruptible = |name| Spec { interruptible: true, ..spec(name, 0) };
    let mut scene = Scene::new(vec![interruptible("a")]).act("a", 100, &[]);
    scene.stops = vec![(10, Stop::Redundant)];
    assert!(scene.run().0.contains(&"15 canceled a".to_owned()));
    let mut scene = Scene::new(vec![interruptible("a"), spec("b", 0)]).act("a", 100, &[]).act("b", 100, &[]);
    scene.stops = vec![(10, Stop::Redundant)];
    assert_eq!(scene.run().1.status, Status::Success);
}

#[test]
fn what_succeeded_before_is_not_run_again() {
    let record = |name: &str, status: Status, log: Option<&str>| -> JobRecord {
        let json = serde_json::json!({"id": 1, "name": name, "status": status, "log": log});
        serde_json::from_value(json).unwrap()
    };
    let jobs = vec![
        record("build", Status::Success, Some("l")),
        record("gone", Status::Success, None),
        record("test", Status::Failed, Some("l")),
        record("deploy", Status::Skipped, None),
    ];
    let mut scene = Scene::new(vec![spec("build", 0), spec("gone", 0), spec("test", 1), spec("deploy", 2)]);
    scene.asked.again = Again::Failed;
    scene.settings.last = Some(Rc::new(RunRecord { jobs, ..RunRecord::default() }));
    let (lines, _) = scene.run();
    let expected = [
        "0 warning gone is gone",
        "0 success build",
        "0 start gone",
        "0 success gone",
        "0 start test",
        "0 success test",
        "0 start deploy",
        "0 success deploy",
        "0 done success",
    ];
    let mut sorted = (lines.clone(), expected.map(str::to_owned).to_vec());
    sorted.0.sort();
    sorted.1.sort();
    assert_eq!(sorted.0, sorted.1);
}
