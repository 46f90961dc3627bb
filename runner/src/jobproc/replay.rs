//! `replay`: runs one recorded payload here, without a coordinator.

mod render;
mod repository;

use super::process::runtime;
use super::signals::Signals;
use crate::cli::ReplayArgs;
use crate::context::Context;
use crate::error::{CliError, exit_code};
use executor_shell::{CgroupChoice, Cgroups, Shell, ShellExecutor};
use job::{Control, Order, Transfer, Verdict};
use protocol::Job;
use render::Renderer;
use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use trace::Spool;

/// Most bytes of a payload, as for one that a coordinator hands out.
const LARGEST: u64 = 64 << 20;

/// How much of the log is written at once.
const PIECE: usize = 64 * 1024;

/// Runs the payload: the log goes to standard output, artifacts to a folder. The status says how it ended.
///
/// # Errors
/// When there is no payload to run.
pub(crate) fn replay(args: &ReplayArgs, context: &Context) -> Result<ExitCode, CliError> {
    let mut payload = read(&args.payload)?;
    if let Some(repository) = &args.repo {
        repository::replace(&mut payload, repository)?;
    }
    let own =
        tempfile::tempdir().map_err(|error| CliError::operation("cannot make a folder").caused_by(&error))?;
    let order = order(payload, args, own.path())?;
    if let Some(complaint) = super::unsupported::unsupported(&order) {
        return Err(CliError::usage(format!("{} cannot be run", args.payload.display())).because(complaint));
    }
    context.log.hide(order.payload.token.expose());
    let runtime =
        runtime().map_err(|error| CliError::internal("cannot start the runtime").caused_by(&error))?;
    let verdict = runtime.block_on(run(order, args))?;
    runtime.shutdown_background();
    Ok(ExitCode::from(if verdict.is_success() { exit_code::SUCCESS } else { exit_code::FAILURE }))
}

fn read(path: &Path) -> Result<Job, CliError> {
    let shown = path.display();
    let cannot = |error| CliError::operation(format!("cannot read {shown}")).caused_by(&error);
    let mut body = Vec::new();
    let file = std::fs::File::open(path).map_err(cannot)?;
    file.take(LARGEST + 1).read_to_end(&mut body).map_err(cannot)?;
    if body.len() as u64 > LARGEST {
        return Err(CliError::usage(format!("{shown} is larger than any job payload")));
    }
    let payload = Job::from_json(&body).map_err(|error| {
        CliError::usage(format!("{shown} is not a job payload"))
            .caused_by(&error)
            .hint("a payload is the JSON that GitLab answers to POST /api/v4/jobs/request")
    })?;
    match super::refusal(&payload) {
        Some(refusal) => Err(CliError::usage(format!("{shown} is not accepted as a job")).because(refusal)),
        None => Ok(payload),
    }
}

/// The order for a payload; what it needs of folders and is not given is made in `own`.
fn order(mut payload: Job, args: &ReplayArgs, own: &Path) -> Result<Order, CliError> {
    let here = std::env::current_dir()
        .map_err(|error| CliError::operation("the current folder cannot be found").caused_by(&error))?;
    let folder = |given: &Option<PathBuf>, name: &str| match given {
        Some(given) => here.join(given),
        None => own.join(name),
    };
    let mut settings = job::Settings {
        builds_dir: folder(&args.builds_dir, "builds"),
        cache_dir: folder(&args.cache_dir, "cache"),
        shell: args.shell.clone().unwrap_or_else(|| "bash".to_owned()),
        ..job::Settings::default()
    };
    // Both are for GitLab's page; people read the log as it is.
    settings.feature_flags.insert("FF_TIMESTAMPS".to_owned(), false);
    payload.features.trace_sections = false;
    let section = crate::config::RunnerSection {
        executor: "shell".to_owned(),
        shell: Some(settings.shell.clone()),
        ..Default::default()
    };
    Ok(Order {
        url: payload.variable("CI_SERVER_URL").map(|variable| variable.value.clone()).unwrap_or_default(),
        runner_name: "replay".to_owned(),
        short_token: "replay".to_owned(),
        system_id: crate::system_id::generate()
            .map_err(|error| CliError::operation("there is no system id").caused_by(&error))?,
        info: crate::info::of_section(&section),
        concurrent_id: 0,
        concurrent_project_id: 0,
        correlation_id: String::new(),
        tls: job::TlsFiles::default(),
        settings,
        sources: job::Sources::Repository,
        payload,
    })
}

async fn run(order: Order, args: &ReplayArgs) -> Result<Verdict, CliError> {
    let failed =
        |what: &'static str| move |error: std::io::Error| CliError::operation(what).caused_by(&error);
    let control = Control::new();
    let signals = Signals::listen().map_err(failed("cannot listen to signals"))?;
    let aborting = tokio::spawn(signals.abort(control.clone()));
    let file = tempfile::tempfile().map_err(failed("cannot keep the job's log"))?;
    let spool = Spool::new(file, order.settings.output_limit);
    let trail = super::trail(order.payload.id, &Cgroups::detect(CgroupChoice::Auto));
    let executor = ShellExecutor::new(executor_shell::Settings {
        shell: Shell::named(&order.settings.shell),
        login: args.login_shell,
        environment: std::env::vars_os().collect(),
        ..executor_shell::Settings::new(trail)
    });
    let transfer =
        Transfer::Folder(std::path::absolute(&args.artifacts).unwrap_or_else(|_| args.artifacts.clone()));
    let ((verdict, remains), ()) =
        tokio::join!(Box::pin(job::run(&order, executor, spool.clone(), &transfer, &control)), show(&spool));
    remains.clear().await;
    aborting.abort();
    Ok(verdict)
}

/// Copies the log to standard output while it grows, until it is finished.
async fn show(spool: &Spool) {
    let mut renderer = Renderer::new(std::io::stdout().is_terminal());
    let (mut watch, mut offset) = (spool.watch(), 0);
    loop {
        let finished = watch.now().finished;
        while let Ok(bytes) = spool.read_at(offset, PIECE)
            && !bytes.is_empty()
        {
            offset += bytes.len() as u64;
            write(&renderer.render(&bytes));
        }
        if finished {
            return write(&renderer.rest());
        }
        watch.changed().await;
    }
}

/// A reader that went away does not end the job.
fn write(bytes: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(content: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        let error = read(file.path()).unwrap_err().one_line();
        error.replace(&file.path().display().to_string(), "FILE")
    }

    #[test]
    fn what_is_no_payload_is_named() {
        assert_eq!(
            refused("<html>"),
            "FILE is not a job payload: the job payload is not valid JSON (line 1, column 1)"
        );
        assert_eq!(refused("{}"), "FILE is not a job payload: the job payload lacks `id`");
        assert_eq!(
            refused(r#"{"id": 1, "token": "t", "steps": [{"script": 1}]}"#),
            "FILE is not a job payload: the job payload has a value of an unexpected type at `steps[0].script`"
        );
        let error = read(Path::new("/nonexistent/x.json")).unwrap_err().one_line();
        assert!(error.starts_with("cannot read /nonexistent/x.json: "), "{error}");
    }
}
