//! Executors for tests.

use executor::Workspace;
use executor::behaviour::{Fault, Job, Subject};
use executor_shell::{CgroupChoice, Cgroups, Settings, ShellExecutor, Trail};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Tests whose executors take every child of this process for theirs come one after another.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The runtime that jobs run on.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// An identifier that no other job has.
pub(crate) fn job_id() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    format!("test-{}-{}-{}", std::process::id(), since.as_nanos(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// An environment of our own making.
pub(crate) fn environment() -> Vec<(OsString, OsString)> {
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    vec![
        ("PATH".into(), path.into()),
        ("HOME".into(), "/nonexistent".into()),
        ("INHERITED".into(), "yes".into()),
    ]
}

/// Settings of a new job, which is not a login shell's.
pub(crate) fn settings(cgroups: &Cgroups) -> Settings {
    let mut settings = Settings::new(Trail::new(&job_id(), cgroups).unwrap());
    settings.environment = environment();
    settings.login = false;
    settings.leftover_grace = Duration::from_millis(200);
    settings
}

/// Shell executors with one choice of control groups.
pub(crate) struct Shells {
    pub(crate) cgroups: Cgroups,
    pub(crate) change: fn(&mut Settings),
}

impl Shells {
    /// Nothing, with a word about it, where this machine does not have what is asked for.
    pub(crate) fn with(choice: CgroupChoice) -> Option<Self> {
        let cgroups = Cgroups::detect(choice);
        if matches!(choice, CgroupChoice::Only(_)) && cgroups.kind().is_none() {
            eprintln!("skipped: {choice:?} control groups cannot be written here");
            return None;
        }
        Some(Self { cgroups, change: |_| () })
    }
}

impl Subject for Shells {
    type Executor = ShellExecutor;

    async fn executor(&self, grace: Duration) -> ShellExecutor {
        let mut settings = settings(&self.cgroups);
        settings.graceful_kill = grace;
        (self.change)(&mut settings);
        ShellExecutor::new(settings)
    }

    fn workspace(&self) -> Workspace {
        workspace()
    }
}

/// Directories that the shell executor does not touch.
pub(crate) fn workspace() -> Workspace {
    Workspace {
        builds_dir: "/tmp".into(),
        project_dir: "/tmp".into(),
        temp_dir: "/tmp".into(),
        cache_dir: "/tmp".into(),
    }
}

/// Shows something with a job on shell executors, and ends it; nothing of it may be left.
pub(crate) fn with_job(shells: &Shells, show: impl AsyncFnOnce(&mut Job<'_, Shells>) -> Result<(), Fault>) {
    block_on(async {
        let mut job = Job::start(shells, Duration::from_secs(10)).await.unwrap();
        let shown = show(&mut job).await;
        let ended = job.end().await;
        if let Err(fault) = shown.and(ended) {
            panic!("{fault}; error output: {:?}", job.stderr());
        }
    });
}

/// A process of somebody else, ended with the test.
pub(crate) struct Bystander(pub(crate) Child);

impl Bystander {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    pub(crate) fn goes_on(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// The directories of the jobs' control groups that are there.
pub(crate) fn groups(trail: &Trail) -> Vec<PathBuf> {
    group(trail).into_iter().filter(|path| path.exists()).collect()
}

/// The directory of a job's control group, whether it is there or not.
pub(crate) fn group(trail: &Trail) -> Option<PathBuf> {
    let record = serde_json::to_value(trail).unwrap();
    record.pointer("/cgroup/path").and_then(|path| path.as_str()).map(PathBuf::from)
}
