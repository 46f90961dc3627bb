//! The runner in the coordinator's own process: its service, on a thread of its own.

mod account;
mod config;

use super::args::EmbeddedExecutor;
use crate::context::Context;
use crate::error::CliError;
use crate::service::{self, Bounds, Places, Settings, Source};
use crate::system_id;
use account::JobsUser;
use config::Configured;
use coordinator::Running;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::process::ExitCode;
use tokio::sync::oneshot;

/// How the runner is to run jobs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish<'a> {
    /// On what. Counts when its configuration is made.
    pub(crate) executor: EmbeddedExecutor,
    /// Image of jobs that have none. Counts when its configuration is made.
    pub(crate) docker_image: &'a str,
    /// As which user of this machine, if not as the coordinator's.
    pub(crate) user: Option<&'a str>,
    /// Whether it is for a short while: it says only what went wrong, and leaves nothing on an engine.
    pub(crate) brief: bool,
}

/// A runner that was started.
pub(crate) struct Embedded {
    ended: oneshot::Receiver<Result<ExitCode, CliError>>,
    /// What its jobs run on, in a few words.
    pub(crate) manner: String,
}

impl Embedded {
    /// Makes the runner known to the coordinator, if it is not, and starts it. `data` is the coordinator's folder,
    /// `signals` are those that end the runner.
    ///
    /// # Errors
    /// Where its configuration cannot be made.
    pub(crate) async fn start(
        running: &Running,
        data: &Path,
        wish: Wish<'_>,
        signals: service::Signals,
        context: &Context,
    ) -> Result<Self, CliError> {
        let folder = data.join("runner");
        let file = folder.join("config.toml");
        let failed = |error: &dyn std::error::Error| {
            CliError::operation("the runner in the same process cannot be set up").caused_by(error)
        };
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(|error| failed(&error))?;
        let user = wish.user.map(|name| JobsUser::prepare(name, data)).transpose()?;
        let configured = config::configure(running, &file, wish, user.as_ref(), context).await?;
        let system_id = system_id::load_or_create(&folder).map_err(|error| failed(&error))?;
        // Who runs no containers needs no rights on an engine, and the other way round.
        let user = user.filter(|_| configured.on_shell);
        account::notice(&configured, wish, user.as_ref());
        let settings = Settings {
            source: Source::File(file),
            environment: context.environment.clone(),
            working_directory: user.as_ref().map_or(&folder, |user| &user.folder).clone(),
            user: user.as_ref().map(|user| user.name.clone()),
            places: Places { chosen: Some(folder.join("state")), config_dir: folder, fallback: None },
            system_id,
            log: context.log.clone(),
            bounds: Bounds::default(),
            recording: None,
            signals: Some(signals),
        };
        let (sender, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name("runner".to_owned());
        let run = move || {
            let _ = sender.send(service::run(settings));
        };
        thread.spawn(run).map_err(|error| failed(&error))?;
        let manner = manner(&configured, user.as_ref());
        Ok(Self { ended, manner })
    }

    /// Waits for its end. A signal that ends the program ends it, too: by itself, once its jobs are over.
    pub(crate) async fn ended(&mut self) -> Result<ExitCode, CliError> {
        match (&mut self.ended).await {
            Ok(ended) => ended,
            Err(_) => Err(CliError::internal("the runner in the same process broke off")),
        }
    }
}

/// `shell, as root, 4 jobs at a time`.
fn manner(configured: &Configured, user: Option<&JobsUser>) -> String {
    let jobs = match configured.at_once {
        1 => "1 job at a time".to_owned(),
        number => format!("{number} jobs at a time"),
    };
    if configured.on_shell {
        let name = user.map_or_else(account::own_name, |user| user.name.clone());
        format!("shell, as {name}, {jobs}")
    } else {
        format!("{}, {jobs}", configured.executor)
    }
}
