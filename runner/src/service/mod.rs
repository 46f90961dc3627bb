//! `run`: takes jobs for all sections and starts a process for each.
//!
//! One loop ([`mod@manager`]) owns all state; requests and jobs are tasks that send it events. Who may ask for a
//! job is decided by [`schedule`], which knows no clock and no network. What has to outlive this process is
//! in the state folder ([`state`]).

mod adoption;
mod containers;
mod deceased;
mod ending;
mod facts;
mod ids;
mod launch;
mod manager;
mod poll;
mod reception;
mod reload;
mod renewal;
mod rotation;
mod running;
mod salvage;
mod schedule;
mod section;
mod settings;
mod signals;
mod state;
mod stopping;
mod telling;
#[cfg(test)]
mod tests;
mod watch;

pub(crate) use section::job_settings;
pub(crate) use settings::{Bounds, Settings, Source};
pub(crate) use state::Places;

use crate::error::CliError;
use crate::jobproc::Account;
use crate::recording::Recorder;
use client::Proxies;
use executor_shell::{CgroupChoice, Cgroups};
use launch::Launcher;
use manager::Manager;
use reception::Reception;
use reload::Configuration;
use running::{Care, Jobs};
use schedule::Schedule;
use section::Sections;
pub(crate) use signals::Signals;
use state::StateFolder;
use std::cell::Cell;
use std::collections::HashMap;
use std::process::ExitCode;
use std::rc::Rc;
use stopping::Stage;
use tokio::time::Instant;

/// Runs the service until it is told to stop.
///
/// # Errors
/// When it cannot start. What happens later is told in the log.
pub(crate) fn run(settings: Settings) -> Result<ExitCode, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(4)
        .thread_stack_size(256 * 1024)
        .build()
        .map_err(|error| CliError::internal("cannot start the runtime").caused_by(&error))?;
    let ending = tokio::task::LocalSet::new().block_on(&runtime, serve(settings))?;
    // Threads that wait for the end of a job are left to themselves.
    runtime.shutdown_background();
    Ok(ending)
}

async fn serve(mut settings: Settings) -> Result<ExitCode, CliError> {
    let failed =
        |what: &'static str| move |error: &dyn std::error::Error| CliError::operation(what).caused_by(error);
    let mut signals = match settings.signals.take() {
        Some(signals) => signals,
        None => Signals::listen().map_err(|error| failed("cannot listen to signals")(&error))?,
    };
    let account = settings.user.as_deref().map(Account::find).transpose();
    let account = account.map_err(|error| failed("--user cannot be used")(&error))?;
    let (configuration, loaded) = Configuration::first(&settings)?;
    let state = StateFolder::open(&places(&settings)).await;
    let state = state.map_err(|error| failed("cannot keep a record of running jobs")(&error))?;
    let withheld = launch::token_variables(&settings.environment, &loaded.config.runners);
    let recorder = settings.recording.as_ref().map(Recorder::start).transpose()?;
    let mut manager = manager(settings, configuration, Launcher::new(account, withheld), &state);
    manager.reception.recorder = recorder;
    manager.configure(&loaded);
    drop(loaded);
    manager.adopt(&state);
    manager.sweep_engines();
    manager.tell_ready();
    let ending = manager.serve(&mut signals).await;
    if manager.is_temporary() {
        state.remove_if_empty();
    }
    Ok(manager.tell_end(ending))
}

/// Where the state is. One that is not made of a file has it for itself, beside that of any service; nobody
/// looks for it later, so a job whose process dies together with this one is not reported.
fn places(settings: &Settings) -> Places {
    let places = settings.places.clone();
    match (&settings.source, &places.fallback) {
        (Source::Fixed(_), Some(runtime)) if places.chosen.is_none() => {
            Places { chosen: Some(runtime.join(format!("single-{}", std::process::id()))), ..places }
        }
        _ => places,
    }
}

fn manager(
    settings: Settings,
    configuration: Configuration,
    launcher: Launcher,
    state: &StateFolder,
) -> Manager {
    let (sender, events) = tokio::sync::mpsc::unbounded_channel();
    let care = Care {
        launcher,
        proxies: Proxies::from_env(|name| settings.environment.get(name).map(str::to_owned)),
        engine: crate::jobproc::engine_environment(&settings.environment),
        events: sender,
        aborted_by: Cell::new(None),
    };
    let reception = Reception {
        jobs: state.jobs(),
        cgroups: Cgroups::detect(CgroupChoice::Auto),
        system_id: settings.system_id.clone(),
        keeper: state.keeper().to_owned(),
        working_directory: settings.working_directory,
        shared: state.shared(),
        user: settings.user,
        log: settings.log,
        recorder: None,
    };
    Manager {
        ask: manager::asking(settings.system_id),
        care: Rc::new(care),
        events,
        schedule: Schedule::new(),
        sections: Sections::default(),
        jobs: Jobs::default(),
        reception,
        configuration,
        bounds: settings.bounds,
        requests: HashMap::new(),
        stage: Stage::default(),
        last_words_until: None,
        rotation: None,
        received: 0,
        last_job: Instant::now(),
    }
}
