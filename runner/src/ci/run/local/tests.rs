//! Jobs of a run on this machine's shell, with a copy of a repository.

use super::alive::{LIVE, LiveJob, signalled};
use super::tree::{Copied, Trees};
use super::*;
use crate::ci::run::args::{ExecutorArgs, HowArgs};
use crate::ci::run::news::News;
use crate::environment::Environment;
use executor_shell::{Cgroups, Trail};
use job::Control;
use pipeline::JobId;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;
use std::sync::Arc;
use worktree::Submodules;

struct Scene {
    here: tempfile::TempDir,
    homes: Homes,
    environment: Environment,
}

/// What was told.
#[derive(Default)]
struct Ear(RefCell<Vec<News>>);

impl Ear {
    fn log(&self) -> String {
        let told = self.0.borrow();
        let bytes = told.iter().filter_map(|news| match news {
            News::Log { bytes, .. } => Some(bytes.as_slice()),
            _ => None,
        });
        String::from_utf8(bytes.collect::<Vec<_>>().concat()).unwrap()
    }

    fn words(&self) -> Vec<String> {
        let words = |news: &News| match news {
            News::Note(text) | News::Warning(text) => Some(text.clone()),
            _ => None,
        };
        self.0.borrow().iter().filter_map(words).collect()
    }
}

fn git(folder: &Path, call: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"])
        .args(call)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{call:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn scene() -> Scene {
    let here = tempfile::tempdir().unwrap();
    let app = here.path().join("app");
    std::fs::create_dir(&app).unwrap();
    git(&app, &["init", "-q"]);
    std::fs::write(app.join("file"), "committed\n").unwrap();
    git(&app, &["add", "."]);
    git(&app, &["commit", "-qm", "first"]);
    std::fs::write(app.join("file"), "changed\n").unwrap();
    std::fs::write(app.join("untracked"), "").unwrap();
    let homes = Homes::at(&here.path().join("state"), &here.path().join("cache"));
    Scene { here, homes, environment: Environment::default() }
}

impl Scene {
    fn app(&self) -> std::path::PathBuf {
        self.here.path().join("app")
    }

    fn folder(&self) -> Rc<RunFolder> {
        Rc::new(Runs::of(&self.homes, &self.app()).start(Purpose::default()).unwrap())
    }

    fn trees(&self) -> Arc<dyn Trees> {
        let store = worktree::Store::open(&self.homes.trees()).unwrap();
        let checkout = worktree::Checkout::find(&self.app()).unwrap();
        Arc::new(store.snapshot(&checkout, &worktree::Options::default()).unwrap())
    }

    async fn open(&self, how: &HowArgs, trees: Arc<dyn Trees>) -> LocalRun {
        let flags = ExecutorArgs::default();
        let settings = LocalSettings::of(&flags, how, &self.environment, self.here.path(), &mut Vec::new());
        LocalRun::open(settings.unwrap(), self.folder(), trees, &self.environment, self.here.path())
            .await
            .unwrap()
    }

    async fn usual(&self) -> LocalRun {
        self.open(&HowArgs::default(), self.trees()).await
    }

    /// What jobs leave in the place where they work.
    fn left(&self) -> Vec<std::path::PathBuf> {
        let root = self.homes.builds(&homes::project_key(&self.app()));
        let found = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
        found
            .filter(|path| path.extension().is_none_or(|ending| ending != "lock" && ending != "last"))
            .collect()
    }
}

fn job(id: i64, name: &str, script: &[&str], more: Value) -> LocalJob {
    let mut payload = json!({
        "id": id,
        "token": "glcbt-64_secret",
        "job_info": {"project_id": 7, "name": name, "stage": "test"},
        "git_info": {"repo_url": "https://gitlab.example/group/app.git", "ref": "main", "sha": ""},
        "runner_info": {"timeout": 60},
        "steps": [{"name": "script", "script": script, "when": "on_success"}],
    });
    payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let payload = protocol::Job::from_json(payload.to_string().as_bytes()).unwrap();
    let name = JobName { id: JobId(id), name: name.to_owned(), pipeline: Vec::new() };
    LocalJob { payload, name, in_docker: false }
}

/// Runs something where jobs can be run.
fn here<T>(work: impl AsyncFnOnce() -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async { work().await })
}

#[test]
fn jobs_have_the_work_tree_as_it_is_and_hand_artifacts_on() {
    let scene = scene();
    let head = git(&scene.app(), &["rev-parse", "HEAD"]);
    here(async || {
        let run = scene.usual().await;
        let ear = Ear::default();
        let tell = |news| ear.0.borrow_mut().push(news);
        let artifacts = json!({"artifacts": [{"name": "out", "paths": ["out"], "when": "on_success",
            "artifact_type": "archive", "artifact_format": "zip"}],
            "cache": [{"key": "k", "paths": ["file"], "policy": "pull-push", "when": "on_success"}]});
        let script =
            ["cat file; ls; git rev-parse HEAD; git status --short", "echo made > out; rm untracked"];
        let first = run.run(job(1001, "a/b ü", &script, artifacts), &Control::new(), &tell).await;
        assert!(first.outcome.verdict.is_success(), "{}", ear.log());
        let log = ear.log();
        for expected in
            ["changed\n", "untracked\n", &head, " M file\n?? untracked\n", "Using a copy of the work tree"]
        {
            assert!(log.contains(expected), "{expected}: {log}");
        }
        assert!(log.contains("section_start:") && !log.contains("Z 00O"), "{log}");
        assert_eq!(std::fs::read_to_string(&first.log).unwrap(), log);
        assert_eq!(first.artifacts.len(), 1);
        assert!(first.artifacts[0].path.starts_with(run.folder.artifacts().join("1001/archive")));
        assert_eq!(first.caches[0].key, "k");
        assert!(first.caches[0].path.is_file(), "{:?}", first.caches);

        let depends = json!({"dependencies": [{"id": 1001, "name": "a/b ü", "token": "t",
            "artifacts_file": {"filename": "out.zip", "size": 1}}]});
        let second = job(1002, "second", &["cat out; test -e untracked; echo 3 > file"], depends);
        let second = run.run(second, &Control::new(), &tell).await;
        assert!(second.outcome.verdict.is_success(), "{}", ear.log());
        assert!(ear.log().ends_with("Job succeeded\u{1b}[0;m\n") && ear.log().contains("made\n"));
        run.close(&tell).await;
        assert_eq!(scene.left(), Vec::<std::path::PathBuf>::new());
        assert_eq!(ear.words(), [""; 0]);
    });
    assert_eq!(std::fs::read_to_string(scene.app().join("file")).unwrap(), "changed\n");
    assert_eq!(signalled(&scene.homes), [], "the run has ended in order");
}

#[test]
fn jobs_at_the_same_time_do_not_see_each_other() {
    let scene = scene();
    here(async || {
        let run = scene.usual().await;
        let script =
            ["pwd; rm file", "test ! -e file; for i in 1 2 3 4 5; do test ! -e mine; done; touch mine"];
        let run_one = async |id: i64| {
            let ear = Ear::default();
            let tell = |news| ear.0.borrow_mut().push(news);
            let end = run.run(job(id, "same", &script, json!({})), &Control::new(), &tell).await;
            assert!(end.outcome.verdict.is_success(), "{}", ear.log());
        };
        tokio::join!(run_one(1), run_one(2), run_one(3));
        run.close(&|_| ()).await;
        assert_eq!(scene.left(), Vec::<std::path::PathBuf>::new());
    });
}

#[test]
fn a_failure_tells_its_command_and_is_held_as_long_as_wanted() {
    let scene = scene();
    here(async || {
        let how = HowArgs { hold: Some("1ms".to_owned()), ..HowArgs::default() };
        let run = scene.open(&how, scene.trees()).await;
        let ear = Ear::default();
        let tell = |news| ear.0.borrow_mut().push(news);
        let end = run.run(job(1, "broken", &["true", "exit 3"], json!({})), &Control::new(), &tell).await;
        assert_eq!(end.outcome.verdict.exit_code, Some(3));
        assert_eq!(end.outcome.failed_command.unwrap().command, "exit 3");
        let words = ear.words();
        assert!(
            words[0].starts_with("job `broken` has failed and is held for 1ms: its files are in "),
            "{words:?}"
        );
        run.close(&tell).await;
    });
}

#[test]
fn a_cancel_lets_the_after_script_run() {
    let scene = scene();
    here(async || {
        let run = scene.usual().await;
        let (ear, control) = (Ear::default(), Control::new());
        let tell = |news| {
            ear.0.borrow_mut().push(news);
            if ear.log().contains("has-begun") {
                control.cancel();
            }
        };
        let steps = json!({"steps": [
            {"name": "script", "script": ["echo has-$(echo begun); sleep 1000"], "when": "on_success"},
            {"name": "after_script", "script": ["echo after-$(echo wards)"], "when": "always", "allow_failure": true}]});
        let end = run.run(job(1, "long", &[], steps), &control, &tell).await;
        assert!(!end.outcome.verdict.is_success());
        assert!(ear.log().contains("after-wards"), "{}", ear.log());
        run.close(&tell).await;
    });
}

#[test]
fn a_strategy_without_sources_gives_an_empty_folder() {
    let scene = scene();
    here(async || {
        let run = scene.usual().await;
        let ear = Ear::default();
        let tell = |news| ear.0.borrow_mut().push(news);
        for (id, strategy) in [(1, "none"), (2, "empty")] {
            let variables = json!({"variables": [{"key": "GIT_STRATEGY", "value": strategy}]});
            let script = ["test -z \"$(ls -A)\""];
            let end = run.run(job(id, "bare", &script, variables), &Control::new(), &tell).await;
            assert!(end.outcome.verdict.is_success(), "{}", ear.log());
        }
        run.close(&tell).await;
    });
}

/// No copies can be had.
struct Nothing;

impl Trees for Nothing {
    fn summary(&self) -> String {
        "Using a copy of nothing".to_owned()
    }

    fn missing(&self, _: Submodules) -> Vec<std::path::PathBuf> {
        Vec::new()
    }

    fn copy(&self, _: &Path, _: Submodules) -> Result<Box<dyn Copied>, String> {
        Err("no space left".to_owned())
    }

    fn archive(&self, _: std::fs::File, _: u32, _: Submodules) -> Result<(), String> {
        Err("no space left".to_owned())
    }
}

#[test]
fn a_job_without_a_work_tree_fails_and_says_so() {
    let scene = scene();
    here(async || {
        let run = scene.open(&HowArgs::default(), Arc::new(Nothing)).await;
        let ear = Ear::default();
        let tell = |news| ear.0.borrow_mut().push(news);
        let end = run.run(job(1, "a", &["true"], json!({})), &Control::new(), &tell).await;
        assert_eq!(end.outcome.verdict.failure, Some(protocol::FailureReason::RunnerSystemFailure));
        assert!(
            ear.log().ends_with("ERROR: Job failed (system failure): no space left\u{1b}[0;m\n"),
            "{}",
            ear.log()
        );
        run.close(&tell).await;
        assert_eq!(scene.left(), Vec::<std::path::PathBuf>::new());
    });
    assert_eq!(signalled(&scene.homes), []);
}

#[test]
fn a_log_that_cannot_be_kept_is_told_of_once() {
    let scene = scene();
    here(async || {
        let run = scene.usual().await;
        std::fs::write(run.folder.path().join("jobs"), "").unwrap();
        let ear = Ear::default();
        let tell = |news| ear.0.borrow_mut().push(news);
        for id in [1, 2] {
            let end = run.run(job(id, "a", &["true"], json!({})), &Control::new(), &tell).await;
            assert!(!end.outcome.verdict.is_success());
        }
        let words = ear.words();
        assert!(words.len() == 1 && words[0].starts_with("job `a`: its log cannot be kept at "), "{words:?}");
        run.close(&tell).await;
    });
}

#[test]
fn what_a_killed_run_has_left_is_gone_before_the_next_begins() {
    let scene = scene();
    let killed = scene.folder();
    let builds = scene.homes.builds(&homes::project_key(&scene.app())).join("0");
    std::fs::create_dir_all(builds.join("group/app.tmp")).unwrap();
    std::fs::write(builds.join("group/app.tmp/secret"), "").unwrap();
    let trail = Trail::new("1001-0123456789abcdef", &Cgroups::default()).unwrap();
    let live = LiveJob { trail, builds_dir: Some(builds.clone()), docker: None };
    live.write(&killed.path().join(LIVE)).unwrap();
    here(async || {
        // It lives yet.
        let run = scene.usual().await;
        assert!(builds.exists());
        run.close(&|_| ()).await;
        drop(killed);
        let run = scene.usual().await;
        assert!(!builds.exists());
        run.close(&|_| ()).await;
    });
    assert_eq!(signalled(&scene.homes), []);
}
