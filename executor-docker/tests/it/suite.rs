//! The behaviour that every executor shows, with containers.

#![allow(clippy::unwrap_used, reason = "the kit of a test: what fails here fails it")]

use executor::Workspace;
use executor::behaviour::Subject;
use executor_docker::{Ask, DockerExecutor, EngineEnvironment, Identity, Means, Settings, Work};
use kit::docker::Engine;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Executors whose jobs use one image.
pub(crate) struct Containers {
    engine: Engine,
    image: &'static str,
    user: &'static str,
    state: tempfile::TempDir,
    /// Whether jobs work with files.
    pub(crate) needs_helper: bool,
    jobs: AtomicU32,
}

impl Containers {
    pub(crate) fn of(image: &'static str, user: &'static str) -> Option<Self> {
        let engine = Engine::require()?;
        engine.image(image);
        let state = tempfile::tempdir().unwrap();
        Some(Self { engine, image, user, state, needs_helper: false, jobs: AtomicU32::new(0) })
    }

    fn identity(&self) -> Identity {
        let number = self.jobs.fetch_add(1, Ordering::Relaxed);
        let unique = getrandom::u64().unwrap();
        Identity {
            short_token: "behaviour".into(),
            system_id: "s_behaviour".into(),
            project_id: 7,
            job_id: i64::from(number),
            trail: format!("{number}-{unique:016x}"),
            ..Identity::default()
        }
    }
}

impl Subject for Containers {
    type Executor = DockerExecutor;

    async fn executor(&self, grace: Duration) -> DockerExecutor {
        let work = Work {
            identity: self.identity(),
            image: Ask { name: self.image.into(), user: self.user.into(), ..Ask::default() },
            services: Vec::new(),
            variables: Vec::new(),
            expand: Arc::new(str::to_owned),
            expand_with_payload: Arc::new(str::to_owned),
            credentials: Vec::new(),
            auth_config: None,
            keeps_builds: false,
            protected: false,
            needs_helper: self.needs_helper,
            network_per_build: false,
            uses_init: false,
            debug_services: false,
            workspace: self.workspace(),
            cache_root: "/cache".into(),
            graceful_kill: grace,
            force_kill: Duration::from_secs(10),
        };
        let settings = Settings { pull_policy: vec!["never".into()], ..Settings::default() };
        let means = Means {
            executable: kit::runner::binary(),
            state_dir: Some(self.state.path().to_owned()),
            engine: EngineEnvironment {
                host: Some(self.engine.host().to_owned()),
                ..EngineEnvironment::default()
            },
            home: None,
            search_path: std::env::var_os("PATH"),
            environment: Vec::new(),
        };
        DockerExecutor::new(settings, work, means)
    }

    fn workspace(&self) -> Workspace {
        let path = |name: &str| PathBuf::from("/builds").join(name);
        Workspace {
            builds_dir: "/builds".into(),
            project_dir: path("project"),
            temp_dir: path("project.tmp"),
            cache_dir: "/cache/project".into(),
        }
    }
}

fn suite(image: &'static str, user: &'static str) {
    let Some(containers) = Containers::of(image, user) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(executor::behaviour::run(&containers));
}

#[test]
fn with_bash() {
    suite("rig/debian", "");
}

#[test]
fn as_another_user() {
    suite("rig/debian", "1234:1234");
}
