//! What the tests share: an engine, a job, its log, and an end that leaves nothing behind.

use crate::auth::Sources;
use crate::names::{Names, label};
use crate::network::Network;
use crate::pull::Puller;
use crate::services::{Direct, Request, Services, start_all};
use crate::voice::Voice;
use crate::{Ask, Settings, Variable, Work};
use bollard::Docker;
use executor::{CancellationToken, Output, PrepareError, Stream};
use kit::docker::Engine;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A job with services.
pub(super) struct Site {
    pub(super) engine: Engine,
    pub(super) docker: Docker,
    pub(super) settings: Settings,
    pub(super) work: Work,
    pub(super) names: Names,
    pub(super) network: Network,
    pub(super) binds: Vec<String>,
    pub(super) log: Arc<JobLog>,
    pub(super) stop: CancellationToken,
    /// Names of containers, as they were told.
    pub(super) made: Mutex<Vec<String>>,
    /// Images that were built for this job.
    images: Vec<String>,
}

impl Site {
    /// A job in the engine, if there is one, that finds all these images.
    #[track_caller]
    pub(super) fn new(images: &[&str]) -> Option<Self> {
        let engine = Engine::require()?;
        for image in images {
            engine.image(image);
        }
        let mut work = crate::testing::work();
        work.identity.short_token = "services".into();
        work.identity.trail = format!("services-{:016x}", getrandom::u64().unwrap());
        let settings = Settings {
            pull_policy: vec!["never".into()],
            wait_for_services_timeout: 10,
            ..Settings::default()
        };
        Some(Self {
            docker: Docker::connect_with_host(engine.host()).unwrap(),
            engine,
            names: Names::of(&work.identity),
            work,
            settings,
            network: Network::Bridge,
            binds: Vec::new(),
            log: Arc::default(),
            stop: CancellationToken::new(),
            made: Mutex::default(),
            images: Vec::new(),
        })
    }

    /// Adds a service.
    pub(super) fn service(&mut self, service: Ask) -> &mut Self {
        self.work.services.push(service);
        self
    }

    /// Builds an image on top of `rig/web`.
    pub(super) fn build(&mut self, name: &str, instructions: &str) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("Dockerfile"), format!("FROM rig/web\n{instructions}\n")).unwrap();
        let mut command = self.engine.command();
        command.env("DOCKER_BUILDKIT", "0").args(["build", "--quiet", "--tag", name]).arg(folder.path());
        let built = command.output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        self.images.push(name.to_owned());
    }

    /// Starts all services.
    pub(super) async fn start(&self) -> Result<Services, PrepareError> {
        let puller = Puller::new(&self.docker, &Arc::new(self.settings.clone()), Sources::default(), None);
        let request = Request {
            docker: &self.docker,
            settings: &self.settings,
            work: &self.work,
            names: &self.names,
            binds: &self.binds,
            network: &self.network,
            puller: &puller,
            voice: &Voice::new(self.log.clone()),
            stop: &self.stop,
        };
        timeout(PATIENCE, start_all(request, &|name| self.made.lock().unwrap().push(name))).await.unwrap()
    }

    /// Starts all services and waits until they are ready.
    pub(super) async fn ready(&self) -> Services {
        let services = self.start().await.unwrap();
        timeout(PATIENCE, services.wait_ready(&Direct, &self.stop)).await.unwrap();
        services
    }

    /// The ids of all containers of the job.
    pub(super) fn containers(&self) -> Vec<String> {
        let filter = format!("label={}={}", label("trail"), self.work.identity.trail);
        let found = self.engine.docker(&["ps", "--all", "--quiet", "--no-trunc", "--filter", &filter]);
        found.lines().map(str::to_owned).collect()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let containers = self.containers();
        if !containers.is_empty() {
            let ids = containers.iter().map(String::as_str);
            self.engine.docker(&["rm", "--force", "--volumes"].into_iter().chain(ids).collect::<Vec<_>>());
        }
        for image in &self.images {
            self.engine.docker(&["rmi", "--force", image]);
        }
    }
}

/// An image with a shell command in the place of its own.
pub(super) fn shell(image: &str, script: &str) -> Ask {
    Ask {
        name: image.into(),
        entrypoint: vec!["sh".into(), "-c".into()],
        command: vec![script.into()],
        ..Ask::default()
    }
}

/// An image as it is.
pub(super) fn plain(image: &str) -> Ask {
    Ask { name: image.into(), ..Ask::default() }
}

impl Ask {
    pub(super) fn alias(mut self, alias: &str) -> Self {
        self.alias = alias.into();
        self
    }

    pub(super) fn variable(mut self, key: &str, value: &str) -> Self {
        self.variables.push(Variable { key: key.into(), value: value.into(), public: true });
        self
    }
}

/// The log of a job, without colours.
#[derive(Default)]
pub(super) struct JobLog {
    text: Mutex<String>,
    written: Notify,
}

impl JobLog {
    fn add(&self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let codes = ["\x1b[0K", "\x1b[0;m", "\x1b[32;1m", "\x1b[31;1m", "\x1b[0;33m", "\x1b[0;37m"];
        let plain = codes.iter().fold(text.into_owned(), |text, code| text.replace(code, ""));
        self.text.lock().unwrap().push_str(&plain);
        self.written.notify_waiters();
    }

    pub(super) fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    /// Waits until it has this in it.
    pub(super) async fn wait_for(&self, part: &str) {
        let found = async {
            loop {
                let written = self.written.notified();
                tokio::pin!(written);
                written.as_mut().enable();
                if self.text().contains(part) {
                    return;
                }
                written.await;
            }
        };
        if timeout(PATIENCE, found).await.is_err() {
            panic!("{part:?} does not come; there is:\n{}", self.text());
        }
    }
}

impl Output for JobLog {
    fn write(&self, _: Stream, bytes: &[u8]) {
        self.add(bytes);
    }

    fn service(&self, lines: &[u8]) {
        self.add(lines);
    }
}
