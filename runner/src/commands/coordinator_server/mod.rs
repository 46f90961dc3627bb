//! `runner coordinator`: a coordinator, and if wanted its runner, in one process.

pub(crate) mod args;
mod embedded;
mod greeting;
mod reach;
mod settings;

pub(super) use embedded::{Embedded, Wish};

use crate::context::Context;
use crate::error::{CliError, exit_code};
use crate::service;
use args::{CoordinatorArgs, CoordinatorCommand, ServeArgs, SetPasswordArgs};
use coordinator::{Coordinator, Running, Settings};
use greeting::Greeting;
use settings::ADMIN_TOKEN;
use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Threads that serve requests, at most.
const THREADS: usize = 4;

/// The longest password that is read.
const PASSWORD: u64 = 1024;

/// The whole command.
pub(super) fn run(args: &CoordinatorArgs, context: &Context) -> Result<ExitCode, CliError> {
    if let Some(token) = context.environment.non_empty(ADMIN_TOKEN) {
        context.log.hide(token);
    }
    match &args.command {
        Some(CoordinatorCommand::SetPassword(args)) => runtime()?.block_on(set_password(args, context)),
        None => {
            let runtime = runtime()?;
            let ended = runtime.block_on(serve(&args.serve, context));
            runtime.shutdown_background();
            ended
        }
    }
}

/// Threads for a coordinator.
pub(super) fn runtime() -> Result<Runtime, CliError> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Builder::new_multi_thread()
        .worker_threads(threads.min(THREADS))
        .enable_all()
        .build()
        .map_err(|error| CliError::internal("cannot start the runtime").caused_by(&error))
}

async fn serve(args: &ServeArgs, context: &Context) -> Result<ExitCode, CliError> {
    let unheard = |error: io::Error| CliError::operation("cannot listen to signals").caused_by(&error);
    let wanted = settings::wanted(args, &context.environment)?;
    let mut signals = Signals::listen().map_err(unheard)?;
    // The runner hears them as well, from this moment on: one that comes while it starts ends both.
    let of_runner = wanted.with_runner.then(service::Signals::listen).transpose().map_err(unheard)?;
    let data = wanted.settings.data.clone();
    let running = start(wanted.settings).await?;
    let greeting = Greeting::begin(&running, &data, &context.environment);
    let wish = Wish {
        executor: args.executor,
        docker_image: &args.docker_image,
        user: wanted.runner_user.as_deref(),
        brief: false,
    };
    let embedded = match of_runner {
        Some(of_runner) => match Embedded::start(&running, &data, wish, of_runner, context).await {
            Ok(embedded) => Some(embedded),
            Err(error) => {
                running.stop().await;
                return Err(error);
            }
        },
        None => None,
    };
    greeting.end(embedded.as_ref());
    let ended = match embedded {
        None => signals.ending(&running).await,
        Some(mut embedded) => beside(&mut embedded, &running, &mut signals).await,
    };
    running.stop().await;
    ended
}

/// Serves until the runner beside has ended, which a signal makes it do.
async fn beside(
    embedded: &mut Embedded,
    running: &Running,
    signals: &mut Signals,
) -> Result<ExitCode, CliError> {
    let mut stopping = false;
    loop {
        tokio::select! {
            ended = embedded.ended() => return match ended {
                // Its status tells by what signal it ended, which is no matter of the coordinator's.
                Ok(_) if stopping => Ok(ExitCode::from(exit_code::SUCCESS)),
                ended => ended,
            },
            ending = signals.next(running) => stopping |= ending,
        }
    }
}

/// Starts a coordinator.
pub(super) async fn start(settings: Settings) -> Result<Running, CliError> {
    Coordinator::start(settings)
        .await
        .map_err(|error| CliError::operation("the coordinator cannot start").caused_by(&error))
}

/// Whether a Docker engine answers.
pub(super) async fn has_engine(context: &Context) -> bool {
    reach::engine(context).await.is_some()
}

/// Signals that mean something to a coordinator.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
    reload: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            reload: signal(SignalKind::hangup())?,
        })
    }

    /// Takes the next signal; says whether it is one to end at.
    async fn next(&mut self, running: &Running) -> bool {
        tokio::select! {
            _ = self.terminate.recv() => true,
            _ = self.interrupt.recv() => true,
            _ = self.quit.recv() => true,
            _ = self.reload.recv() => {
                match running.reload_tls() {
                    Ok(()) => tracing::info!("Certificate and key were read again"),
                    Err(error) => tracing::error!("Certificate and key stay as they are: {error}"),
                }
                false
            }
        }
    }

    async fn ending(&mut self, running: &Running) -> Result<ExitCode, CliError> {
        while !self.next(running).await {}
        Ok(ExitCode::from(exit_code::SUCCESS))
    }
}

async fn set_password(args: &SetPasswordArgs, context: &Context) -> Result<ExitCode, CliError> {
    let data = settings::data_folder(&args.data, &context.environment)?;
    if !data.join("coordinator.db").exists() {
        return Err(CliError::usage(format!("{} is no data folder of a coordinator", data.display()))
            .hint("--data names it; the first start of `runner coordinator` makes it"));
    }
    if io::stdin().is_terminal() {
        let _ = io::stderr()
            .lock()
            .write_all(b"The password is shown while it is typed.\nNew password for root: ");
    }
    let mut text = String::new();
    let read = io::stdin().lock().take(PASSWORD).read_line(&mut text);
    read.map_err(|error| CliError::operation("cannot read the password").caused_by(&error))?;
    let password = text.trim_end_matches(['\r', '\n']).into();
    Coordinator::set_password(&data, password)
        .await
        .map_err(|error| CliError::operation("the password cannot be set").caused_by(&error))?;
    Ok(ExitCode::from(exit_code::SUCCESS))
}

/// A text of at most so many bytes.
fn read_bounded(path: &Path, most: u64) -> io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(most).read_to_string(&mut text)?;
    Ok(text)
}
