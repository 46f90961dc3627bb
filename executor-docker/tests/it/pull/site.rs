//! What the tests share: the engine, a job's log, and a puller.

use super::server::PATIENCE;
use bollard::Docker;
use executor::{CancellationToken, Output, Stream};
use executor_docker::Settings;
use executor_docker::auth::Sources;
use executor_docker::pull::{ImageInfo, Patience, PullError, Puller};
use executor_docker::work::Credentials;
use kit::docker::Engine;
use protocol::Secret;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

/// The engine; nothing where there is none, which is said.
#[track_caller]
pub(super) fn engine() -> Option<(Engine, Docker)> {
    let engine = Engine::require()?;
    let docker = Docker::connect_with_host(engine.host()).unwrap();
    Some((engine, docker))
}

/// The log of a job, without colours.
#[derive(Default)]
pub(super) struct JobLog {
    text: Mutex<String>,
    written: Notify,
}

impl Output for JobLog {
    fn write(&self, _: Stream, bytes: &[u8]) {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let plain = ["\x1b[0K", "\x1b[0;m", "\x1b[32;1m", "\x1b[0;33m"]
            .iter()
            .fold(text, |text, code| text.replace(code, ""));
        self.text.lock().unwrap().push_str(&plain);
        self.written.notify_waiters();
    }
}

impl JobLog {
    pub(super) fn lines(&self) -> Vec<String> {
        self.text.lock().unwrap().lines().map(str::to_owned).collect()
    }

    /// Waits until a line has this in it.
    pub(super) async fn wait_for(&self, part: &str) {
        let found = tokio::time::timeout(PATIENCE, self.find(part)).await;
        found.unwrap_or_else(|_| panic!("no line with {part:?} in {:?}", self.lines()));
    }

    async fn find(&self, part: &str) {
        loop {
            let written = self.written.notified();
            tokio::pin!(written);
            written.as_mut().enable();
            if self.text.lock().unwrap().contains(part) {
                return;
            }
            written.await;
        }
    }
}

/// A job that wants images.
pub(super) struct Job {
    pub(super) log: Arc<JobLog>,
    pub(super) stop: CancellationToken,
    puller: Puller,
}

/// How a job is set up.
#[derive(Clone, Default)]
pub(super) struct Setup {
    pub(super) policies: Vec<&'static str>,
    pub(super) credentials: Sources,
    pub(super) turns: Option<PathBuf>,
    pub(super) patience: Option<Duration>,
}

impl Setup {
    pub(super) fn job(self, docker: &Docker) -> Job {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        let settings = Settings {
            pull_policy: words(&self.policies),
            allowed_pull_policies: words(&["always", "if-not-present", "never"]),
            ..Settings::default()
        };
        let registry = self.patience.unwrap_or(Duration::from_secs(60));
        let puller = Puller::new(docker, &Arc::new(settings), self.credentials, self.turns)
            .with_patience(Patience { registry, ..Patience::default() });
        Job { log: Arc::default(), stop: CancellationToken::new(), puller }
    }
}

impl Job {
    /// By the configuration's policies, for the engine's platform.
    pub(super) async fn obtain(&self, image: &str) -> Result<ImageInfo, PullError> {
        self.obtain_for(image, "").await
    }

    pub(super) async fn obtain_for(&self, image: &str, platform: &str) -> Result<ImageInfo, PullError> {
        self.puller.obtain(image, &[], platform, &*self.log, &self.stop).await
    }
}

/// Credentials in the job's payload.
pub(super) fn payload(address: &str, username: &str, password: &str) -> Sources {
    let payload = Credentials {
        address: address.to_owned(),
        username: username.to_owned(),
        password: Secret::new(password),
    };
    Sources { payload: vec![payload], ..Sources::default() }
}

/// Removes images when a test is over, whatever came of it.
pub(super) struct Removal<'e> {
    pub(super) engine: &'e Engine,
    pub(super) images: Vec<String>,
}

impl Removal<'_> {
    pub(super) fn now(&self) {
        for image in &self.images {
            self.engine.try_docker(&["image", "rm", "--force", image]);
        }
    }
}

impl Drop for Removal<'_> {
    fn drop(&mut self) {
        self.now();
    }
}
