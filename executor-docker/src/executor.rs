//! The executor itself.

use crate::agent::{Extent, Hello, OutOfMemory, OwnDir, RequestError};
use crate::bring::bring;
use crate::connect::EngineEnvironment;
use crate::converse::converse;
use crate::hints::Tail;
use crate::place::{Place, PlaceError};
use crate::preparing::{Attempt, JobSite};
use crate::voice::Voice;
use crate::{Settings, Work, aftermath};
use executor::{
    CancellationToken, CleanupError, Command, Executor, Exit, Output, Parcel, PrepareError, Program, Rest,
    RunError, Session, Workspace,
};
use std::cell::Cell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// How long the last lines of services may take to come.
const LAST_LINES: Duration = Duration::from_secs(5);

/// What of the runner's machine the executor uses.
#[derive(Clone, Default)]
pub struct Means {
    /// The runner's own executable, which works as the agent in containers.
    pub executable: PathBuf,
    /// A directory for what jobs on this machine share; without one each finds everything out by itself.
    pub state_dir: Option<PathBuf>,
    /// How the engine is reached where the configuration does not say.
    pub engine: EngineEnvironment,
    /// The home directory of the runner's user, in which registries' credentials are looked for.
    pub home: Option<PathBuf>,
    /// `PATH`, in which git, other tools and helpers for credentials are looked for.
    pub search_path: Option<OsString>,
    /// The whole environment of helpers for credentials.
    pub environment: Vec<(OsString, OsString)>,
}

/// The environment may hold secrets.
impl std::fmt::Debug for Means {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Means").field("executable", &self.executable).finish_non_exhaustive()
    }
}

/// Runs a job's commands in containers. See the crate's documentation.
pub struct DockerExecutor {
    settings: Arc<Settings>,
    work: Arc<Work>,
    means: Means,
    attempt: Option<Attempt>,
    /// Whether the build container has run a command, after which the work tree belongs to its user.
    handed_over: bool,
    /// Whether a container was lost, perhaps together with the engine.
    is_in_doubt: Cell<bool>,
    /// Whether the log has been told which image scripts run in.
    has_remarked: bool,
}

impl DockerExecutor {
    /// An executor for one job. Nothing happens before [`Executor::prepare`].
    pub fn new(settings: Settings, work: Work, means: Means) -> Self {
        Self {
            settings: Arc::new(settings),
            work: Arc::new(work),
            means,
            attempt: None,
            handed_over: false,
            is_in_doubt: Cell::new(false),
            has_remarked: false,
        }
    }

    fn job(&self) -> Result<Arc<JobSite>, RunError> {
        match &self.attempt {
            Some(attempt) => Ok(Arc::clone(&attempt.job)),
            None => Err(RunError::Gone { message: "the job's containers were never made".to_owned() }),
        }
    }

    /// Makes a script's first use of the build container ready: the work tree goes to its user, and the log shows
    /// what its entrypoint wrote. The exit is that of an entrypoint that failed.
    async fn hand_over(
        &mut self,
        job: &JobSite,
        output: &Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Result<Option<Exit>, RunError> {
        if !self.handed_over
            && self.settings.disable_entrypoint_overwrite
            && !self.work.image.entrypoint.is_empty()
        {
            Voice::new(Arc::clone(output)).warning("Entrypoint override disabled");
        }
        let build = match job.build_place() {
            Ok(build) => build,
            Err(error) => return no_build(error, output).map(Some),
        };
        build.foreword.release(output);
        if !std::mem::replace(&mut self.handed_over, true) {
            let mut given = pin!(self.give_all(job, build, output));
            let given = match stop.run_until_cancelled(&mut given).await {
                Some(given) => Some(given),
                // A work tree may be large: it takes its time, as commands do that are stopped.
                None => tokio::time::timeout(build.client.patience(), given).await.ok(),
            };
            let Some(given) = given else {
                let silent = job.helper.get().unwrap_or(build);
                return Err(silent.give_up(&job.engine.docker).await);
            };
            given?;
        }
        Ok(None)
    }

    async fn give_all(&self, job: &JobSite, build: &Place, output: &Arc<dyn Output>) -> Result<(), RunError> {
        self.open_volumes(job, build, output).await;
        match job.helper.get() {
            Some(helper) => self.give_away(helper, &build.hello, output).await,
            None => Ok(()),
        }
    }

    /// Lets users of any image write to the volumes that the runner made, as with gitlab-runner.
    async fn open_volumes(&self, job: &JobSite, build: &Place, output: &Arc<dyn Output>) {
        let root = job.helper.get().or(Some(build).filter(|build| build.hello.uid == 0));
        let Some(root) = root else { return };
        let volumes = job.own_volumes().iter();
        let volumes: Vec<OwnDir> =
            volumes.map(|path| OwnDir { path: path.into(), extent: Extent::Open }).collect();
        if let Err(error) = root.client.own(&volumes, 0, 0).await {
            Voice::new(Arc::clone(output))
                .warning(&format!("not all volumes can be written by every user: {error}"));
        }
    }

    /// Makes the user of the build container the owner of what stages have made, and of what they make from now on.
    async fn give_away(
        &self,
        helper: &Place,
        user: &Hello,
        output: &Arc<dyn Output>,
    ) -> Result<(), RunError> {
        let is_root = user.uid == 0;
        let extent = if is_root { Extent::TreeOfOther } else { Extent::Tree };
        let workspace = &self.work.workspace;
        let directories =
            [&workspace.project_dir, &workspace.temp_dir].map(|path| OwnDir { path: path.clone(), extent });
        if let Err(error) = helper.client.own(&directories, user.uid, user.gid).await {
            Voice::new(Arc::clone(output)).warning(&format!(
                "not all files of the job could be given to the image's user {}:{}: {error}",
                user.uid, user.gid
            ));
        }
        if is_root {
            return Ok(());
        }
        let gone = |error: RequestError| RunError::Gone { message: error.to_string() };
        helper.client.become_user(user.uid, user.gid, &user.groups).await.map_err(gone)
    }

    async fn run_in(
        &self,
        job: &JobSite,
        place: &Place,
        command: Command,
        output: &Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Result<Exit, RunError> {
        if self.is_in_doubt.get() && !job.engine.is_answering().await {
            return Err(RunError::Gone { message: "the Docker engine does not answer".to_owned() });
        }
        let ended = place.run(&job.engine.docker, command, output, stop).await;
        if matches!(ended, Err(RunError::Gone { .. })) {
            self.is_in_doubt.set(true);
        }
        if let Some(kill) = place.client.take_out_of_memory() {
            Voice::new(Arc::clone(output)).error(&out_of_memory(kill));
        }
        ended
    }

    /// Runs a script in the build container; when it fails, says what the services have to do with it.
    async fn run_script(
        &self,
        job: &JobSite,
        build: &Place,
        command: Command,
        output: Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Result<Exit, RunError> {
        let tail = Tail::new(Arc::clone(&output));
        let watched: Arc<dyn Output> = Arc::clone(&tail) as _;
        let ended = self.run_in(job, build, command, &watched, stop).await;
        let failed = !matches!(ended, Ok(exit) if exit.is_success());
        if failed && let Some(hints) = stop.run_until_cancelled(job.hints(&tail.text())).await {
            for hint in hints {
                Voice::new(Arc::clone(&output)).warning(&hint);
            }
        }
        ended
    }
}

fn out_of_memory(kill: OutOfMemory) -> String {
    let limit = match kill.limit {
        Some(limit) => format!(
            "the container's limit of {}",
            crate::sizes::shown(i64::try_from(limit).unwrap_or(i64::MAX))
        ),
        None => "what the machine has".to_owned(),
    };
    let what = if kill.kills == 1 { "a process".to_owned() } else { format!("{} processes", kill.kills) };
    format!("out of memory: the kernel has killed {what} of the job, which needed more than {limit}")
}

/// Shows why there is no build container. An entrypoint that failed fails as a script does.
fn no_build(error: &PlaceError, output: &Arc<dyn Output>) -> Result<Exit, RunError> {
    match error {
        PlaceError::Entrypoint { message, code, foreword } => {
            foreword.release(output);
            match code.and_then(|code| i32::try_from(code).ok()).filter(|code| *code != 0) {
                Some(code) => {
                    Voice::new(Arc::clone(output)).error(message);
                    Ok(Exit::Code(code))
                }
                None => Err(RunError::Refused { message: message.clone() }),
            }
        }
        PlaceError::Refused { message } | PlaceError::Failed { message } => {
            Err(RunError::Gone { message: message.clone() })
        }
    }
}

impl Executor for DockerExecutor {
    fn name(&self) -> &'static str {
        "docker"
    }

    fn helper_environment(&self) -> Vec<(OsString, OsString)> {
        // Stages run in a worker, which has an environment of its own.
        Vec::new()
    }

    async fn prepare(&mut self, _workspace: &Workspace, output: Arc<dyn Output>) -> Result<(), PrepareError> {
        if let Some(earlier) = &mut self.attempt {
            let faults = earlier.end().await;
            if !faults.is_empty() {
                return Err(PrepareError::Temporary { message: faults.join("; ") });
            }
        }
        let attempt = Attempt::begin(&self.settings, &self.work, &self.means, Voice::new(output)).await?;
        // Known before it makes anything: where preparing is given up, clean-up still finds all of it.
        self.attempt.insert(attempt).at_hand().await
    }

    fn rest_of_preparing(&mut self) -> Option<Rest> {
        self.attempt.as_ref()?.rest()
    }

    fn worker(&self) -> Option<Vec<OsString>> {
        let tools = self.attempt.as_ref().and_then(|attempt| attempt.job.tools());
        Some(tools.map(|tools| tools.worker.clone()).unwrap_or_default())
    }

    fn host_name(&self) -> Option<String> {
        self.attempt.as_ref().map(|attempt| attempt.job.host_name())
    }

    fn remarks(&mut self) -> Vec<String> {
        if std::mem::replace(&mut self.has_remarked, true) {
            return Vec::new();
        }
        self.attempt.as_ref().map(|attempt| attempt.job.image_lines()).unwrap_or_default()
    }

    fn describe(&self, exit: Exit) -> String {
        match exit {
            Exit::Code(code) => format!("exit code {code}"),
            Exit::Signal(number) => format!("exit code {}", 128 + number),
        }
    }

    fn cleans_up_late(&self) -> bool {
        true
    }

    async fn fall_silent(&mut self) {
        if let Some(services) = self.attempt.as_ref().and_then(|attempt| attempt.job.services.get()) {
            // An engine that does not answer holds no verdict up.
            let _ = tokio::time::timeout(LAST_LINES, services.stop_watching()).await;
        }
    }

    async fn run(
        &mut self,
        command: Command,
        output: Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Result<Exit, RunError> {
        if stop.is_cancelled() {
            return Err(RunError::Stopped);
        }
        let job = self.job()?;
        if command.place == executor::Place::Helper
            && let Some(helper) = job.helper.get()
        {
            return self.run_in(&job, helper, command, &output, stop).await;
        }
        if let Some(attempt) = &self.attempt {
            match stop.run_until_cancelled(attempt.ready()).await {
                None => return Err(RunError::Stopped),
                Some(Err(error)) => return Err(RunError::Gone { message: error.to_string() }),
                Some(Ok(())) => {}
            }
        }
        if command.place == executor::Place::Build
            && let Some(exit) = self.hand_over(&job, &output, stop).await?
        {
            return Ok(exit);
        }
        let build = match job.build_place() {
            Ok(build) => build,
            Err(error) => {
                let exit = no_build(error, &output)?;
                return match command.program {
                    Program::Script => Ok(exit),
                    // It is no exit of that program's.
                    Program::Named { .. } => Err(RunError::Refused { message: error.to_string() }),
                };
            }
        };
        match command.program {
            Program::Script => self.run_script(&job, build, command, output, stop).await,
            Program::Named { .. } => self.run_in(&job, build, command, &output, stop).await,
        }
    }

    async fn bring(&mut self, parcel: Parcel, into: &Path, stop: &CancellationToken) -> Result<(), RunError> {
        let job = self.job()?;
        let Some(helper) = job.helper.get() else {
            let message =
                format!("the job has no container for files, which cannot be brought to {}", into.display());
            return Err(RunError::Refused { message });
        };
        bring(&job.engine.docker, helper, &self.settings.tmpfs, parcel, into, stop).await
    }

    async fn converse(&mut self, session: Session) -> Result<Exit, RunError> {
        let job = self.job()?;
        match job.build_place() {
            Ok(build) => converse(&job.engine.docker, build, session).await,
            Err(error) => Err(RunError::Gone { message: error.to_string() }),
        }
    }

    async fn cleanup(&mut self) -> Result<(), CleanupError> {
        let Some(mut attempt) = self.attempt.take() else { return Ok(()) };
        let mut faults = attempt.end().await;
        if !faults.is_empty() {
            tracing::warn!(faults = faults.join("; "), "What a job had on its engine cannot be removed yet");
            faults = aftermath::remove(&self.settings, &self.means.engine, &self.work).await;
        }
        if faults.is_empty() { Ok(()) } else { Err(CleanupError { what: faults.join("; ") }) }
    }
}
