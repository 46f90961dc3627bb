//! The process of a job.

use super::docker;
use super::executors::AnyExecutor;
use super::signals::{self, Signals};
use super::user::{Account, Handle};
use super::{Assignment, JobFolder, JobLock, Locking};
use crate::context::Context;
use crate::environment::Environment;
use crate::error::{CliError, exit_code};
use client::{ApiClient, Proxies};
use executor_shell::{Shell, ShellExecutor};
use job::report::{Persistence, Reported, Reporter, Start, Subject};
use job::variables::{Flags, Options, Variables};
use job::{Control, Order, Remains, StageError, Transfer, Verdict};
use protocol::FailureReason;
use std::cell::OnceCell;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::time::Instant;
use trace::Spool;

/// gitlab-runner's exit code for jobs that it does not accept.
const REFUSED: i32 = 3;

/// Takes the order in a folder and is that job, down to the accepted verdict.
///
/// # Errors
/// When the job cannot be begun or its verdict not be settled; the service then reports it.
pub(crate) fn run(path: &Path, context: &Context) -> Result<ExitCode, CliError> {
    signals::keep();
    // A session of its own: what a terminal sends is for the service. Fails where it is one already.
    let _ = nix::unistd::setsid();
    let folder = JobFolder::at(path);
    let cannot = |error: io::Error| CliError::operation("cannot take the order of a job").caused_by(&error);
    let lock = match folder.lock_for_life().map_err(cannot)? {
        Locking::Free(lock) => lock,
        // Another process was faster; the job is in good hands.
        Locking::Held | Locking::Gone => return Ok(ExitCode::from(exit_code::SUCCESS)),
    };
    let mut assignment = folder.take_order(&lock).map_err(cannot)?;
    if let Some(docker) = &assignment.docker {
        docker::name_network(docker, &mut assignment.order);
    }
    assignment.logging.apply(&context.log);
    hide_secrets(&assignment, context);
    let handle = handle(&assignment, folder)
        .map_err(|error| CliError::operation("cannot become the user that runs jobs").caused_by(&*error))?;
    let runtime =
        runtime().map_err(|error| CliError::internal("cannot start the runtime").caused_by(&error))?;
    let proxies = Proxies::from_env(|name| context.environment.get(name).map(str::to_owned));
    let done = runtime.block_on(JobProcess { assignment, handle, lock }.live(proxies));
    // A thread that still waits for a disk holds nobody up.
    runtime.shutdown_background();
    done.map(|()| ExitCode::from(exit_code::SUCCESS))
}

/// One thread, and few more for files: a job waits more than it works.
pub(super) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

fn hide_secrets(assignment: &Assignment, context: &Context) {
    context.log.hide(assignment.order.payload.token.expose());
}

/// Becomes the user that runs the job.
fn handle(assignment: &Assignment, folder: JobFolder) -> Result<Handle, Box<dyn std::error::Error>> {
    let Some(account) = Account::for_job(assignment.user.as_deref(), &folder)? else {
        return Ok(Handle::plain(folder));
    };
    let handle = Handle::held(&folder)?;
    account.become_it()?;
    Ok(handle)
}

struct JobProcess {
    assignment: Assignment,
    handle: Handle,
    /// Says that the job lives, until this process ends.
    lock: JobLock,
}

impl JobProcess {
    async fn live(self, proxies: Proxies) -> Result<(), CliError> {
        let failed = |what: &'static str| {
            move |error: &dyn std::error::Error| CliError::operation(what).caused_by(error)
        };
        let control = Control::new();
        let signals = Signals::listen().map_err(|error| failed("cannot listen to signals")(&error))?;
        let aborting = tokio::spawn(signals.abort(control.clone()));
        let mut endpoint = self.assignment.coordinator.endpoint(proxies);
        // What the service found does for this process too.
        endpoint.verified_chain =
            Some(self.assignment.order.tls.ca.clone()).filter(|chain| !chain.is_empty());
        let api = ApiClient::new(endpoint).map_err(|error| failed("cannot reach the coordinator")(&error))?;
        let spool = self.spool().map_err(|error| failed("cannot keep the job's log")(&error))?;
        let (reported, remains) = self.report(Arc::new(api), spool, &control).await;
        tell_report(self.assignment.order.payload.id, reported);
        // The record stays until there is nothing more that it could help to find.
        let is_clear = match remains {
            Some(remains) => {
                self.note_report();
                remains.clear().await
            }
            None => true,
        };
        aborting.abort();
        // What this process cannot remove the service may, when it finds the record without a process.
        if is_clear {
            self.forget();
        }
        drop(self.lock);
        Ok(())
    }

    /// Should this process die now, nothing is to be reported any more.
    fn note_report(&self) {
        let folder = self.handle.folder();
        let noted = folder.record().map_err(|error| error.to_string()).and_then(|mut record| {
            record.is_reported = true;
            folder.write_record(&record).map_err(|error| error.to_string())
        });
        if let Err(error) = noted {
            tracing::warn!(error, "It cannot be recorded that a job was reported");
        }
    }

    fn spool(&self) -> io::Result<Spool> {
        let file = new_file(&self.handle.folder().trace())?;
        Ok(Spool::new(file, self.assignment.order.settings.output_limit))
    }

    /// Runs the job, or refuses it, and tells the coordinator. What remains of the job is left to the caller,
    /// whatever came of the report.
    async fn report(
        &self,
        api: Arc<ApiClient>,
        spool: Spool,
        control: &Control,
    ) -> (Option<Reported>, Option<Remains<AnyExecutor>>) {
        let order = &self.assignment.order;
        let persistence =
            Persistence { verdict: order.settings.final_update_limit, ..Persistence::default() };
        let mut reporter =
            Reporter::new(Arc::clone(&api), subject(order), spool.clone(), control.clone(), persistence);
        if let Some(refusal) = &self.assignment.refusal {
            spool.append(format!("{refusal}\n").as_bytes());
            spool.finish();
            let verdict = Verdict::failed(FailureReason::RunnerSystemFailure, Some(REFUSED));
            tell_verdict(order, &verdict, Instant::now());
            return (Some(reporter.run(std::future::ready(verdict)).await), None);
        }
        match reporter.start().await {
            Start::Run => {}
            Start::Canceled(reported) => {
                tracing::info!(job = order.payload.id, "The job was canceled before it began");
                return (Some(reported), None);
            }
            Start::Abandoned(answer) => {
                tracing::warn!(job = order.payload.id, answer, "The coordinator has withdrawn the job");
                return (None, None);
            }
        }
        let transfer = Transfer::Coordinator(api);
        let remains = OnceCell::new();
        let verdict = async {
            let (verdict, left) = self.run(&spool, &transfer, control).await;
            if let Some(left) = left {
                // It runs once.
                let _ = remains.set(left);
            }
            verdict
        };
        let reported = reporter.run(verdict).await;
        (Some(reported), remains.into_inner())
    }

    async fn run(
        &self,
        spool: &Spool,
        transfer: &Transfer,
        control: &Control,
    ) -> (Verdict, Option<Remains<AnyExecutor>>) {
        let begun = Instant::now();
        let order = &self.assignment.order;
        if let Some(complaint) = super::unsupported::unsupported(order) {
            let verdict = decline(order, spool, &complaint);
            tell_verdict(order, &verdict, begun);
            return (verdict, None);
        }
        let executor = match self.executor() {
            Ok(executor) => executor,
            Err(error) => {
                let verdict = decline(order, spool, &error.to_string());
                tell_verdict(order, &verdict, begun);
                return (verdict, None);
            }
        };
        let (verdict, remains) = Box::pin(job::run(order, executor, spool.clone(), transfer, control)).await;
        if let Some(error) = spool.error() {
            tracing::error!(job = order.payload.id, %error, "A part of the job's log could not be kept");
        }
        tell_verdict(order, &verdict, begun);
        (verdict, Some(remains))
    }

    fn executor(&self) -> Result<AnyExecutor, StageError> {
        let Assignment { order, trail, .. } = &self.assignment;
        match &self.assignment.docker {
            Some(docker) => {
                let environment = Environment::of_process();
                docker::executor(docker, order, trail, &environment).map(AnyExecutor::docker)
            }
            None => {
                let folder = Some(self.handle.folder().clone());
                Ok(AnyExecutor::shell(ShellExecutor::new(self.shell()), folder))
            }
        }
    }

    fn shell(&self) -> executor_shell::Settings {
        let settings = &self.assignment.shell;
        executor_shell::Settings {
            shell: Shell::named(&self.assignment.order.settings.shell),
            login: settings.login,
            graceful_kill: settings.graceful_kill,
            force_kill: settings.force_kill,
            // As with gitlab-runner, scripts inherit all that the runner was started with.
            environment: std::env::vars_os().collect(),
            ..executor_shell::Settings::new(self.assignment.trail.clone())
        }
    }

    /// Removes the record. A user with few rights cannot remove the folder; the service does.
    fn forget(&self) {
        let folder = self.handle.folder();
        if let Err(error) = folder.empty() {
            tracing::error!(job = self.assignment.order.payload.id, %error, "Cannot remove the record of a job");
        }
        let _ = folder.remove();
    }
}

/// Fails a job without running any of it.
fn decline(order: &Order, spool: &Spool, complaint: &str) -> Verdict {
    let stamped = Flags::resolve(order).is_on("FF_TIMESTAMPS");
    spool.append(&super::error_line(&format!("Job failed: {complaint}"), stamped));
    spool.finish();
    let reason = FailureReason::RunnerConfigurationError.mapped(&order.payload.features.failure_reasons);
    Verdict::failed(reason, None)
}

/// Makes the file of a log.
fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)
}

fn subject(order: &Order) -> Subject {
    let flags = Flags::resolve(order);
    let options = Options::read(order, &Variables::build(order, &flags, None));
    Subject {
        id: order.payload.id,
        token: order.payload.token.clone(),
        info: order.info.clone(),
        debug_trace: options.debug_trace || options.debug_services,
    }
}

/// The line that says how the job ended, as gitlab-runner has it.
fn tell_verdict(order: &Order, verdict: &Verdict, begun: Instant) {
    let (job, runner) = (order.payload.id, order.short_token.as_str());
    let runner_name = order.runner_name.as_str();
    let project = order.payload.job_info.project_id;
    let duration_s = begun.elapsed().as_secs_f64();
    let Some(reason) = verdict.failure else {
        tracing::info!(
            job,
            runner,
            runner_name,
            project,
            duration_s,
            "job-status" = "success",
            "Job succeeded"
        );
        return;
    };
    tracing::warn!(
        job,
        runner,
        runner_name,
        project,
        duration_s,
        exit_code = verdict.exit_code,
        failure_reason = reason.as_str(),
        "job-status" = "failed",
        "Job failed: {}",
        failure_text(verdict, &order.info.executor)
    );
}

/// gitlab-runner's words where they are known here: `exit status 3`, and `exit code 3` of a container.
fn failure_text(verdict: &Verdict, executor: &str) -> String {
    let what = if executor == "docker" { "exit code" } else { "exit status" };
    match (verdict.exit_code, verdict.failure) {
        (Some(code), _) if code >= 0 => format!("{what} {code}"),
        (_, Some(reason)) => reason.as_str().to_owned(),
        (_, None) => String::new(),
    }
}

fn tell_report(job: i64, reported: Option<Reported>) {
    match reported {
        None => {}
        Some(Reported::Accepted) => tracing::info!(job, "Submitting job to coordinator...ok"),
        Some(Reported::Refused(answer)) => {
            tracing::warn!(job, answer, "Submitting job to coordinator... the job is over there already");
        }
        Some(Reported::GaveUp(obstacle)) => {
            tracing::error!(job, obstacle, "Submitting job to coordinator... given up, the result is lost");
        }
    }
}
