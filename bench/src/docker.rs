//! The Docker engine that jobs run in, and bare `docker run` as their measure.

use crate::Result;
use crate::context::Context;
use crate::skipped::Skipped;
use crate::timing;
use kit::docker::{Engine, PrivateEngine};
use kit::runner::Section;
use std::net::IpAddr;
use std::process::Command;
use std::time::{Duration, SystemTime};

/// The label by which an engine knows what a runner made.
const LABEL: &str = "com.gitlab.gitlab-runner.runner.id";

/// Names of an image with a shell and little else, the first that there is.
const SMALL: [&str; 2] = ["busybox:stable", "rig/busybox"];

/// An image whose port listens late.
pub(crate) const LATE: &str = "rig/late";

/// Starts an engine that nobody else uses, with the images that jobs here use.
///
/// # Errors
/// There is no engine to copy them from, or none can be started here.
pub(crate) fn start_own() -> Result<PrivateEngine> {
    let shared = Engine::find().ok_or("no Docker engine answers that images could be copied from")?;
    let images = [SMALL[0], LATE].map(|image| shared.inspect("image", image).map(|_| image));
    let images: Vec<&str> = images.into_iter().flatten().collect();
    PrivateEngine::start(&shared, &images).ok_or_else(|| "no engine can be started here".into())
}

/// An engine with an image, and how jobs use it.
#[derive(Clone, Debug)]
pub(crate) struct Containers {
    engine: Engine,
    image: &'static str,
    /// Where the runner finds the engine, if not where it is.
    host: Option<String>,
    volumes: Vec<String>,
}

impl Containers {
    /// The engine to use, or the one that answers, with a small image.
    ///
    /// # Errors
    /// [`Skipped`] where there is none.
    pub(crate) fn find(context: &Context) -> Result<Self> {
        let Some(engine) = context.engine.clone().or_else(Engine::find) else {
            return Err(Skipped::because("no Docker engine answers (tests/engine/up starts one)").into());
        };
        let image = SMALL.into_iter().find(|image| engine.inspect("image", image).is_some());
        let Some(image) = image else { return Err(no_image(SMALL[0])) };
        Ok(Self { engine, image, host: None, volumes: vec!["/cache".to_owned()] })
    }

    /// Makes sure that the engine has an image.
    ///
    /// # Errors
    /// [`Skipped`] where it has not.
    pub(crate) fn need(&self, image: &str) -> Result<()> {
        if self.engine.inspect("image", image).is_some() { Ok(()) } else { Err(no_image(image)) }
    }

    /// The same engine at another address.
    #[must_use]
    pub(crate) fn at(mut self, host: String) -> Self {
        self.host = Some(host);
        self
    }

    /// With a volume more in all containers of jobs.
    #[must_use]
    pub(crate) fn volume(mut self, volume: String) -> Self {
        self.volumes.push(volume);
        self
    }

    /// The engine.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The image.
    pub(crate) fn image(&self) -> &'static str {
        self.image
    }

    /// This machine, as containers reach it.
    pub(crate) fn machine(&self) -> IpAddr {
        self.engine.machine_address().into()
    }

    /// A section with what `runner register` writes for docker, and local images good enough.
    pub(crate) fn section(&self, url: &str, token: &str) -> Section {
        let mut section = Section::with_docker(url, token, self.image)
            .docker("tls_verify", false)
            .docker("host", self.host.as_deref().unwrap_or(self.engine.host()));
        let switches = [
            "privileged",
            "disable_entrypoint_overwrite",
            "oom_kill_disable",
            "disable_cache",
            "volume_keep",
        ];
        for key in switches {
            section = section.docker(key, false);
        }
        for key in ["shm_size", "network_mtu"] {
            section = section.docker(key, 0);
        }
        section.docker("volumes", self.volumes.clone()).docker("pull_policy", vec!["if-not-present"])
    }

    /// What a runner with this short token leaves in the engine.
    pub(crate) fn leftovers(&self, short_token: &str) -> Leftovers {
        Leftovers { engine: self.engine.clone(), label: format!("{LABEL}={short_token}") }
    }

    /// `docker run --rm` with these arguments before the image, and this command behind it.
    pub(crate) fn command(&self, arguments: &[&str], command: &[&str]) -> Command {
        let mut run = self.engine.command();
        run.args(["run", "--rm"]).args(arguments).arg(self.image).args(command);
        run
    }

    /// How long `docker run --rm IMAGE true` takes, on the bridge.
    pub(crate) fn bare(&self) -> Result<Duration> {
        timing::program(&mut self.command(&[], &["true"]))
    }

    /// What [`Containers::bare`] is called in the table.
    pub(crate) const BARE: &str = "bare `docker run`";
}

fn no_image(image: &str) -> Box<dyn std::error::Error + Send + Sync> {
    Skipped::because(format!("the engine has no image {image} (tests/engine/images builds it)")).into()
}

/// What a runner made in the engine. All of it that is still there goes with this value.
#[derive(Debug)]
pub(crate) struct Leftovers {
    engine: Engine,
    label: String,
}

impl Leftovers {
    /// How many containers of the runner were started since then.
    pub(crate) fn starts_since(&self, begin: SystemTime) -> usize {
        let time = |at: SystemTime| {
            let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            format!("{}.{:09}", since.as_secs(), since.subsec_nanos())
        };
        let label = format!("label={}", self.label);
        let (since, until) = (time(begin), time(SystemTime::now()));
        let filters = ["--filter", "type=container", "--filter", "event=start", "--filter", &label];
        let times = ["events", "--since", &since, "--until", &until, "--format", "{{.ID}}"];
        self.engine.docker(&[&times[..], &filters].concat()).lines().count()
    }

    fn remove(&self, list: &[&str], remove: &[&str]) {
        let filter = format!("label={}", self.label);
        let output = self.engine.try_docker(&[list, &["--quiet", "--filter", &filter]].concat());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let names: Vec<&str> = text.lines().collect();
        if !names.is_empty() {
            // The job's own clean-up may be under way.
            self.engine.try_docker(&[remove, &names].concat());
        }
    }
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        self.remove(&["ps", "--all"], &["rm", "--force", "--volumes"]);
        self.remove(&["network", "ls"], &["network", "rm"]);
        self.remove(&["volume", "ls"], &["volume", "rm", "--force"]);
    }
}
