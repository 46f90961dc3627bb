//! The order of stages and what stops what, with an executor that runs nothing.

mod failed;
mod kept;
mod late;
mod overlap;
mod refused;
mod retries;
mod scripts;
mod stops;

use super::run;
use crate::{AbortCause, Control, Order, Transfer, Verdict};
use executor::{
    CancellationToken, CleanupError, Command, Executor, Exit, Output, PrepareError, Program, RunError,
    Stream, Workspace,
};
use protocol::{Artifact, ArtifactWhen, CacheEntry, FailureReason, Job, Step, Variable};
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
    /// The coordinator wants no more of it; runs until it is stopped.
    Withdraw(Control),
}

#[derive(Clone, Default)]
struct Actor {
    cleanup_fails: bool,
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

    fn helper_environment(&self) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
        Vec::new()
    }

    async fn prepare(&mut self, _: &Workspace, output: Arc<dyn Output>) -> Result<(), PrepareError> {
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
        // A stage may have scripts of the user's and commands of the runner's own.
        let own = matches!(command.program, Program::Script).then(|| format!("{} script", command.stage));
        let act = own.and_then(|key| self.acts.get(key.as_str()));
        match act.or_else(|| self.acts.get(command.stage.as_str())) {
            None => return Ok(Exit::Code(0)),
            Some(Act::End(text, code)) => {
                output.write(Stream::Stdout, text.as_bytes());
                return Ok(Exit::Code(*code));
            }
            Some(Act::Hang) => {}
            Some(Act::Cancel(control)) => control.cancel(),
            Some(Act::Abort(control)) => control.abort(AbortCause::Signal("terminated")),
            Some(Act::Withdraw(control)) => control.abort(AbortCause::Coordinator),
        }
        stop.cancelled().await;
        Ok(Exit::Code(1))
    }

    async fn cleanup(&mut self) -> Result<(), CleanupError> {
        self.seen.borrow_mut().push("cleanup ".to_owned());
        match self.cleanup_fails {
            true => Err(CleanupError { what: "process 7".to_owned() }),
            false => Ok(()),
        }
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
            sources: crate::Sources::Repository,
        };
        Self { folder, order, control: Control::new() }
    }

    /// Sets a variable of the job.
    fn set(&mut self, key: &str, value: &str) {
        self.order.payload.variables.push(Variable::public(key, value));
    }

    /// Gives the job a cache and an artifact for every result, and the file for both.
    fn keep_everything(&mut self) {
        let paths = vec!["file".to_owned()];
        self.order.payload.cache = vec![CacheEntry {
            key: "k".to_owned(),
            paths: paths.clone(),
            when: ArtifactWhen::Always,
            ..CacheEntry::default()
        }];
        self.order.payload.artifacts =
            vec![Artifact { name: "a".to_owned(), paths, when: ArtifactWhen::Always, ..Artifact::default() }];
        let project = self.folder.path().join("builds/short/0/g/p");
        std::fs::create_dir_all(&project).unwrap();
        std::fs::write(project.join("file"), "content").unwrap();
    }

    /// Whether an artifact was handed in.
    fn has_artifact(&self) -> bool {
        self.folder.path().join("artifacts/a.zip").exists()
    }

    /// Whether a cache was saved.
    fn has_cache(&self) -> bool {
        self.folder.path().join("cache/g/p/k/cache.zip").exists()
    }

    async fn run(&self, actor: &Actor) -> (Verdict, String) {
        self.run_with(actor.clone()).await
    }

    async fn run_with<E: Executor>(&self, executor: E) -> (Verdict, String) {
        let spool = Spool::new(tempfile::tempfile().unwrap(), 1 << 20);
        let transfer = Transfer::Folder(self.folder.path().join("artifacts"));
        let (verdict, remains) = run(&self.order, executor, spool.clone(), &transfer, &self.control).await;
        remains.clear().await;
        let bytes = spool.read_at(0, 1 << 20).unwrap();
        (verdict, String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The names of sections in the order in which they start.
fn sections(trace: &str) -> Vec<&str> {
    trace.split("section_start:").skip(1).filter_map(|rest| rest.split([':', '\r']).nth(1)).collect()
}
