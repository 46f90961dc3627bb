//! A coordinator that is killed again and again while pipelines run on runners of their own processes: nothing that
//! was acknowledged is lost, and everything comes to its end once.

use super::process::{Coordinator, TOKEN, ask, checkout, commit, fetch, git, repository, wait_for};
use kit::random::Random;
use kit::runner::{Config, Section, Service};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long everything may take to come to its end: jobs whose runner never got them are given up after a minute.
const PATIENCE: Duration = Duration::from_secs(300);
/// How long `2026-01-02T03:04:05.678901Z 00O ` is.
const STAMP: usize = 32;
/// The lines that each job writes before its last one.
const LINES: usize = 6;

/// How many pipelines there are, and how many kills. `RUNNER_TESTS_KILLS` asks for more than the usual few.
fn extent() -> usize {
    std::env::var("RUNNER_TESTS_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(3)
}

/// Jobs that leave evidence, artifacts for others, a child pipeline, and a job that waits for a resource group.
fn write_config(at: &Path, evidence: &Path) {
    let script = |more: &str| {
        format!(
            "script:\n    - echo $CI_JOB_ID >> {}\n    - for n in $(seq {LINES}); do echo line-$n; sleep 0.02; done\n{more}    \
             - echo last-$CI_JOB_ID\n",
            evidence.display()
        )
    };
    // What a job fetches while nobody answers fails it.
    let retry = "default: {retry: 2}\nvariables: {GIT_STRATEGY: none, ARTIFACT_DOWNLOAD_ATTEMPTS: 10}\n";
    let make = "    - head -c 30000 /dev/urandom > file\n    - sha256sum file > sum\n    - echo MADE=$CI_JOB_ID > env\n";
    let artifacts = "artifacts: {paths: [file, sum], reports: {dotenv: env}}";
    let check = "    - sha256sum -c sum\n    - '[ -n \"$MADE\" ]'\n";
    let main = format!(
        "workflow:\n  auto_cancel: {{on_new_commit: none}}\n{retry}build:\n  stage: build\n  {}  {artifacts}\nside:\n  stage: build\n  {}\
         test:\n  stage: test\n  {}family:\n  stage: test\n  trigger: {{include: child.yml, strategy: depend}}\n\
         deploy:\n  stage: deploy\n  resource_group: one\n  environment: prod\n  {}",
        script(make),
        script(""),
        script(check),
        script(""),
    );
    std::fs::write(at.join(".gitlab-ci.yml"), main).expect("a file");
    std::fs::write(at.join("child.yml"), format!("{retry}grandchild:\n  {}", script(""))).expect("a file");
}

/// Pushes a commit until it is acknowledged; its id.
fn push(at: &Path, url: &str, number: usize) -> String {
    commit(at, &number.to_string());
    wait_for("an acknowledged push", PATIENCE, || git(at, &["push", "-q", url, "main"]).ok());
    git(at, &["rev-parse", "HEAD"]).expect("a commit").trim().to_owned()
}

fn list(url: &str, path: &str) -> Option<Vec<Value>> {
    let join = if path.contains('?') { '&' } else { '?' };
    let mut all = Vec::new();
    for page in 1.. {
        let found = ask(url, "GET", &format!("{path}{join}per_page=100&page={page}"))?;
        let found = found.as_array()?;
        all.extend(found.iter().cloned());
        if found.len() < 100 {
            break;
        }
    }
    Some(all)
}

const ENDS: [&str; 4] = ["success", "failed", "canceled", "skipped"];

fn is_over(of: &Value) -> bool {
    of["status"].as_str().is_some_and(|status| ENDS.contains(&status))
}

/// Whether everything that was pushed is over.
fn all_over(url: &str, count: usize) -> Option<bool> {
    let pipelines = list(url, "/projects/root%2Fapp/pipelines")?;
    Some(pipelines.len() >= count && pipelines.iter().all(is_over))
}

#[test]
fn a_coordinator_that_is_killed_again_and_again_loses_nothing() {
    let count = extent();
    let folder = tempfile::tempdir().expect("a folder");
    let first = Coordinator::start(folder.path(), &["--listen", "127.0.0.1:0"], Some(TOKEN));
    let url = first.url.clone();
    let listen = url.strip_prefix("http://").expect("plain HTTP").to_owned();
    ask(&url, "POST", "/projects?name=app").expect("a project");
    let mut services: Vec<Service> = (0..2).map(|_| runner(&url)).collect();

    let work = folder.path().join("work");
    checkout(&work);
    let evidence = folder.path().join("evidence");
    write_config(&work, &evidence);
    let pusher = {
        let (work, to) = (work.clone(), repository(&url, "root/app"));
        std::thread::spawn(move || (0..count).map(|number| push(&work, &to, number)).collect::<Vec<_>>())
    };
    let mut random = Random::new(7);
    let (mut running, mut kills) = (Some(first), 0);
    let until = Instant::now() + PATIENCE + Duration::from_secs(10) * u32::try_from(count).unwrap_or(1);
    loop {
        // Any moment will do.
        std::thread::sleep(Duration::from_millis(random.below(1500)));
        let done = pusher.is_finished() && all_over(&url, count) == Some(true);
        assert!(Instant::now() < until, "it does not come to an end: {:?}", list(&url, "/jobs"));
        if done && kills >= count {
            break;
        }
        // Towards the end there is time for what is slow.
        if kills < count {
            if let Some(coordinator) = running.take() {
                coordinator.end(Signal::SIGKILL);
            }
            kills += 1;
            running = Some(Coordinator::start(folder.path(), &["--listen", &listen], Some(TOKEN)));
        }
    }
    let pushed = pusher.join().expect("all pushes");
    services.iter_mut().for_each(|service| service.quit(PATIENCE));
    check_pipelines(&url, &pushed);
    let again = check_jobs(&url, &evidence, count);
    // Housekeeping is done at the start.
    if let Some(coordinator) = running.take() {
        assert!(coordinator.end(Signal::SIGTERM).success());
    }
    let last = Coordinator::start(folder.path(), &["--listen", &listen], Some(TOKEN));
    let data = folder.path().join("data");
    let seen = wait_for("agreement of rows and files", PATIENCE, || {
        let (rows, files) = (rows(&url)?, files(&data));
        (rows == files && tidy(&data)).then_some(files.len())
    });
    println!("{count} pipelines, {kills} kills, {again} jobs had again, {seen} artifacts");
    assert!(last.end(Signal::SIGTERM).success());
}

fn runner(url: &str) -> Service {
    let made = ask(url, "POST", "/user/runners?runner_type=instance_type").expect("a runner");
    let section = Section::new(url, made["token"].as_str().expect("a token"));
    Service::start(&Config::with_section(section).global("concurrent", 3))
}

/// Each push has one pipeline, and each of them succeeded.
#[track_caller]
fn check_pipelines(url: &str, pushed: &[String]) {
    let pipelines = list(url, "/projects/root%2Fapp/pipelines").expect("pipelines");
    let of_pushes: Vec<&str> = pipelines.iter().filter_map(|pipeline| pipeline["sha"].as_str()).collect();
    for sha in pushed {
        assert_eq!(of_pushes.iter().filter(|of| *of == sha).count(), 1, "pipelines of {sha}: {pipelines:?}");
    }
    for pipeline in &pipelines {
        assert_eq!(pipeline["status"], "success", "{pipeline}");
    }
    assert_eq!(pipelines.len(), pushed.len());
}

/// Each job has one end, ran once at most, and its trace is whole. How many had to be had again.
#[track_caller]
fn check_jobs(url: &str, evidence: &Path, count: usize) -> usize {
    let jobs = list(url, "/projects/root%2Fapp/jobs").expect("jobs");
    let text = std::fs::read_to_string(evidence).expect("evidence");
    let mut ran: BTreeMap<&str, usize> = BTreeMap::new();
    text.lines().for_each(|id| *ran.entry(id).or_default() += 1);
    let (mut good, mut again) = (0, 0);
    for job in &jobs {
        assert!(is_over(job), "{job}");
        let id = job["id"].to_string();
        let times = ran.remove(id.as_str()).unwrap_or_default();
        assert!(times <= 1, "job {id} ran {times} times");
        if job["status"] == "success" {
            good += 1;
            assert_eq!(times, 1, "{job}");
            check_trace(url, &id);
        } else {
            again += 1;
            let lost = ["runner_system_failure", "stuck_or_timeout_failure"];
            let is_lost = job["failure_reason"].as_str().is_some_and(|reason| lost.contains(&reason));
            assert!(is_lost || times == 0, "a job that ran ended otherwise: {job}");
        }
    }
    assert!(ran.is_empty(), "jobs ran that are not known: {ran:?}");
    assert_eq!(good, 5 * count, "{} jobs", jobs.len());
    again
}

#[track_caller]
fn check_trace(url: &str, id: &str) {
    let trace = fetch(url, "GET", &format!("/projects/root%2Fapp/jobs/{id}/trace")).expect("a trace");
    let trace = String::from_utf8_lossy(&trace);
    // Each line begins with its time and stream.
    let lines: Vec<&str> = trace.lines().filter_map(|line| line.get(STAMP..)).collect();
    let last = lines.last().copied().unwrap_or_default();
    assert!(last.contains("Job succeeded"), "the end of job {id} is not there: {trace}");
    let told: Vec<&&str> =
        lines.iter().filter(|line| line.starts_with("line-") || line.starts_with("last-")).collect();
    let mut wanted: Vec<String> = (1..=LINES).map(|n| format!("line-{n}")).collect();
    wanted.push(format!("last-{id}"));
    assert_eq!(told.len(), wanted.len(), "job {id}: {trace}");
    assert!(told.iter().zip(&wanted).all(|(told, wanted)| **told == wanted.as_str()), "job {id}: {trace}");
}

type Files = BTreeSet<(String, String, u64)>;

/// What rows say of artifacts: job, kind, size.
fn rows(url: &str) -> Option<Files> {
    let jobs = list(url, "/projects/root%2Fapp/jobs")?;
    let mut all = Files::new();
    for job in jobs {
        for artifact in job["artifacts"].as_array()? {
            let kind = artifact["file_type"].as_str()?;
            if kind != "trace" {
                all.insert((job["id"].to_string(), kind.to_owned(), artifact["size"].as_u64()?));
            }
        }
    }
    Some(all)
}

/// What there is of artifacts on disk.
fn files(data: &Path) -> Files {
    let mut all = Files::new();
    for job in folders(&data.join("artifacts")).iter().flat_map(|folder| folders(folder)) {
        for kind in folders(&job) {
            for file in folders(&kind) {
                all.insert((name(&job), name(&kind), std::fs::metadata(file).map_or(0, |data| data.len())));
            }
        }
    }
    all
}

/// Nothing is under way any more: no ref of a pipeline, no push, no upload.
fn tidy(data: &Path) -> bool {
    let repository = data.join("repositories/1.git");
    let refs = git(&repository, &["for-each-ref", "refs/pipelines"]).expect("refs");
    let none = |folder: PathBuf| folders(&folder).is_empty();
    refs.is_empty() && none(repository.join("coordinator-pushes")) && none(data.join("tmp"))
}

fn folders(at: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(at).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
