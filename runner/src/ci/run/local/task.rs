//! One job of a run.

use super::alive::LiveJob;
use super::follow::follow;
use super::held::Site;
use super::run::LocalRun;
use super::site::{JobSite, Wanted};
use super::slots::Slot;
use super::{LocalEnd, LocalJob, sweep};
use crate::ci::run::news::{JobName, KeptArtifact, KeptCache, News};
use crate::jobproc::{self, AnyExecutor, DockerOrder};
use executor_shell::{Shell, ShellExecutor, Trail};
use job::variables::{Flags, Options, SubmoduleStrategy, Variables};
use job::{Control, Failed, Order, Outcome, Sources, StageError, Transfer, Verdict};
use protocol::{FailureReason, Secret};
use std::cell::Cell;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::time::Instant;
use trace::Spool;
use worktree::Submodules;

/// A job that cannot be begun.
struct Obstacle {
    reason: FailureReason,
    text: String,
}

/// What a job is run with.
struct Ready {
    order: Order,
    executor: AnyExecutor,
    trail: Trail,
    site: JobSite,
}

/// Where a job is on its way.
struct Course<'a> {
    job: &'a JobName,
    control: &'a Control,
    tell: &'a dyn Fn(News),
    begun: Instant,
    /// When it was over, where it was held after that.
    held: Cell<Option<Instant>>,
}

/// What is known of a job that is over.
struct Past {
    outcome: Outcome,
    caches: Vec<KeptCache>,
}

impl LocalRun {
    /// Runs a job. Its trace is told of as it grows. What it leaves is cleaned up in the background, but for
    /// [`LocalRun::close`].
    pub(crate) async fn run(&self, job: LocalJob, control: &Control, tell: &dyn Fn(News)) -> LocalEnd {
        let LocalJob { payload, name, in_docker } = job;
        let course = Course { job: &name, control, tell, begun: Instant::now(), held: Cell::new(None) };
        let log = self.folder.trace(name.id);
        let past = match self.folder.new_trace(name.id) {
            Err(error) => {
                let text = format!("its log cannot be kept at {}: {error}", log.display());
                self.tell_of_logs(&name, &text, tell);
                Past::failed(FailureReason::RunnerSystemFailure, text)
            }
            Ok(file) => {
                let spool = Spool::new(file, self.settings.section.output_limit);
                let work = Box::pin(self.work(payload, in_docker, &spool, &course));
                let (past, ()) = tokio::join!(work, follow(&spool, &name, tell));
                if let Some(error) = spool.error() {
                    let text = format!("its log is not whole at {}: {error}", log.display());
                    self.tell_of_logs(&name, &text, tell);
                }
                past
            }
        };
        let duration = course.held.get().unwrap_or_else(Instant::now).duration_since(course.begun);
        let artifacts = self.artifacts(&name, tell);
        LocalEnd { outcome: past.outcome, log, artifacts, caches: past.caches, duration }
    }

    /// One word is enough where a disk is full.
    fn tell_of_logs(&self, job: &JobName, text: &str, tell: &dyn Fn(News)) {
        if !self.told_of_logs.replace(true) {
            tell(News::Warning(format!("job `{}`: {text}", job.name)));
        }
    }

    fn artifacts(&self, job: &JobName, tell: &dyn Fn(News)) -> Vec<KeptArtifact> {
        match self.store.kept(job.id.0) {
            Ok(kept) => {
                kept.into_iter().map(|kept| KeptArtifact { kind: kept.kind, path: kept.path }).collect()
            }
            Err(error) => {
                let text = format!("artifacts of job `{}` cannot be looked at: {error}", job.name);
                tell(News::Warning(text));
                Vec::new()
            }
        }
    }

    /// From the payload to the verdict. The trace is finished at its end.
    async fn work(
        &self,
        payload: protocol::Job,
        in_docker: bool,
        spool: &Spool,
        course: &Course<'_>,
    ) -> Past {
        if let Some(refusal) = jobproc::refusal(&payload) {
            spool.append(format!("{refusal}\n").as_bytes());
            spool.finish();
            return Past::failed(FailureReason::RunnerSystemFailure, refusal);
        }
        let known = payload.features.failure_reasons.clone();
        let ready = match self.prepare(payload, in_docker, course).await {
            Ok(ready) => ready,
            Err(Obstacle { reason, text }) => {
                let what = match reason {
                    FailureReason::RunnerSystemFailure => "Job failed (system failure)",
                    _ => "Job failed",
                };
                spool.append(&jobproc::error_line(&format!("{what}: {text}"), false));
                spool.finish();
                return Past::failed(reason.mapped(&known), text);
            }
        };
        let Ready { order, executor, trail, site } = ready;
        let hold = async |failed: &mut Failed<'_>| {
            course.held.set(Some(Instant::now()));
            let place =
                Site { job: course.job, trail: trail.id(), control: course.control, tell: course.tell };
            self.holder.hold(&place, failed).await;
        };
        let hold = self.holder.is_wanted().then_some(hold);
        let transfer = Transfer::Store(self.store.clone());
        let running = job::run_with(&order, executor, spool.clone(), &transfer, course.control, hold);
        let (outcome, remains) = Box::pin(running).await;
        let caches = caches(&order, self.orders.caches());
        let archives: Vec<PathBuf> = caches.iter().map(|cache| cache.path.clone()).collect();
        self.remains.borrow_mut().spawn_local(async move {
            let is_clear = remains.clear().await;
            // It fails by a panic only.
            let _ = tokio::task::spawn_blocking(move || site.leave(&archives, is_clear)).await;
        });
        Past { outcome, caches }
    }

    /// Makes all that a job needs.
    async fn prepare(
        &self,
        payload: protocol::Job,
        in_docker: bool,
        course: &Course<'_>,
    ) -> Result<Ready, Obstacle> {
        let slot = self
            .slots
            .take(&payload.job_info.name)
            .map_err(|error| Obstacle::system(format!("no place to work: {error}")))?;
        let mut order = self.orders.order(payload, in_docker, &slot);
        if let Some(text) = jobproc::unsupported(&order) {
            return Err(Obstacle { reason: FailureReason::RunnerConfigurationError, text });
        }
        let docker = in_docker.then(|| self.docker_order(&order));
        if let Some(docker) = &docker {
            jobproc::name_network(docker, &mut order);
        }
        let trail = jobproc::trail(order.payload.id, self.cgroups());
        let wanted = self.wanted(&mut order, &slot, &trail, docker.as_ref(), course).await?;
        let site = self.site(slot, wanted).await?;
        let executor = match &docker {
            None => AnyExecutor::shell(ShellExecutor::new(self.shell(&trail, &order)), None),
            Some(docker) => match jobproc::docker_executor(docker, &order, &trail, &self.environment) {
                Ok(executor) => AnyExecutor::docker(executor),
                Err(error) => {
                    site.leave(&[], true);
                    return Err(error.into());
                }
            },
        };
        Ok(Ready { order, executor, trail, site })
    }

    /// Decides where the work tree of a job comes from, and what its place is made of.
    async fn wanted(
        &self,
        order: &mut Order,
        slot: &Slot,
        trail: &Trail,
        docker: Option<&DockerOrder>,
        course: &Course<'_>,
    ) -> Result<Wanted, Obstacle> {
        let rootless = Variables::build(order, &Flags::resolve(order), None);
        let options = Options::read(order, &rootless);
        let has_sources = options.git.strategy.uses_git();
        let submodules = if has_sources { submodules(&options)? } else { Submodules::None };
        self.tell_of_submodules(course, submodules);
        let archive = match docker {
            Some(_) if has_sources => Some(self.archive(submodules).await.map_err(Obstacle::system)?),
            _ => None,
        };
        order.sources = Sources::Copy { summary: self.trees.summary(), archive };
        let project_dir = match docker {
            None if has_sources => Some(job::git::plan_workspace(order, &options)?.project_dir),
            _ => None,
        };
        let live = LiveJob {
            trail: trail.clone(),
            builds_dir: docker.is_none().then(|| slot.folder.clone()),
            docker: docker.map(|docker| jobproc::reach(&docker.settings)),
        };
        let (lives, homes) = (self.folder.live(), self.folder.homes().clone());
        Ok(Wanted { live, lives, homes, project_dir, submodules })
    }

    /// Says once that a job gets less than it asks for.
    fn tell_of_submodules(&self, course: &Course<'_>, submodules: Submodules) {
        let missing = self.trees.missing(submodules);
        if missing.is_empty() || self.told_of_submodules.replace(true) {
            return;
        }
        let names: Vec<_> = missing.iter().map(|path| path.to_string_lossy()).collect();
        (course.tell)(News::Warning(format!(
            "job `{}` asks for submodules that are not checked out, and are empty folders for it: {}: \
             `git submodule update --init --recursive` checks them out",
            course.job.name,
            names.join(", ")
        )));
    }

    async fn site(&self, slot: Slot, wanted: Wanted) -> Result<JobSite, Obstacle> {
        let trees = Arc::clone(&self.trees);
        let made = tokio::task::spawn_blocking(move || JobSite::make(slot, &wanted, &*trees));
        made.await.unwrap_or_else(|error| Err(error.to_string())).map_err(Obstacle::system)
    }

    fn docker_order(&self, order: &Order) -> DockerOrder {
        let section = self.orders.section(true);
        DockerOrder {
            settings: self.settings.docker.clone(),
            // Volumes are named after it: those of one project are not another's.
            token: Secret::new(format!("{}-{}", order.runner_name, self.folder.project())),
            keeper: sweep::keeper(self.folder.path()),
            state_dir: self.folder.homes().shared(),
            graceful_kill: section.graceful_kill_timeout,
            force_kill: section.force_kill_timeout,
        }
    }

    fn shell(&self, trail: &Trail, order: &Order) -> executor_shell::Settings {
        let section = self.orders.section(false);
        executor_shell::Settings {
            shell: Shell::named(&order.settings.shell),
            login: section.login_shell,
            graceful_kill: section.graceful_kill_timeout,
            force_kill: section.force_kill_timeout,
            environment: self.inherited.clone(),
            // This process serves other jobs, too.
            alone: false,
            ..executor_shell::Settings::new(trail.clone())
        }
    }
}

/// Which submodules a job finds in its sources.
fn submodules(options: &Options) -> Result<Submodules, Obstacle> {
    match options.git.submodules {
        SubmoduleStrategy::None => Ok(Submodules::None),
        SubmoduleStrategy::Normal => Ok(Submodules::Normal),
        SubmoduleStrategy::Recursive => Ok(Submodules::Recursive),
        // As where git gets the sources.
        SubmoduleStrategy::Invalid => Err(Obstacle::system("unknown GIT_SUBMODULE_STRATEGY".to_owned())),
    }
}

fn caches(order: &Order, root: &std::path::Path) -> Vec<KeptCache> {
    let archives = job::cache_archives(order, root).into_iter();
    archives.map(|archive| KeptCache { key: archive.key, path: archive.path }).collect()
}

impl Past {
    /// A job that never began.
    fn failed(reason: FailureReason, text: String) -> Self {
        let outcome =
            Outcome { verdict: Verdict::failed(reason, None), failed_command: None, cause: Some(text) };
        Self { outcome, caches: Vec::new() }
    }
}

impl Obstacle {
    fn system(text: String) -> Self {
        Self { reason: FailureReason::RunnerSystemFailure, text }
    }
}

impl From<StageError> for Obstacle {
    fn from(error: StageError) -> Self {
        Self { reason: FailureReason::RunnerConfigurationError, text: error.to_string() }
    }
}
