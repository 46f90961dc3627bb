//! What the writing thread keeps in memory. All of it but who waits follows from the rows.

use super::keys::Vault;
use super::live::{Lease, Live};
use super::queue::{Queue, Wish, fits};
use super::roster::Roster;
use super::topics::Topics;
use super::variables::{Settings, sealed_of};
use super::{Executing, Topic};
use crate::error::{KernelError, StoreError};
use crate::model::{PipelineRow, Project, ProjectId, ProjectRef, RunnerId, RunnerKind, Variable};
use crate::store::{self, jobs, pipelines, projects, runners, settings};
use pipeline::{JobId, Moment, Pipeline, PipelineId};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::mpsc;

/// How many jobs of pipelines are kept, so that they need not be read again.
const MOST_JOBS: usize = 50_000;

/// A pipeline that something may happen to.
pub(crate) struct Alive {
    pub(crate) pipeline: Pipeline,
    pub(crate) row: PipelineRow,
}

/// Something to be done once a change is on disk.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// Somebody may watch it.
    Tell(Topic),
    /// A runner has it.
    Leased(Box<Lease>),
    /// It is to end gracefully.
    Canceling(JobId, Moment),
    /// No runner has it any more.
    Unleased(JobId),
    /// A bridge is to start its pipeline.
    Trigger(PipelineId, JobId),
    /// A job that deploys succeeded.
    Deployed(JobId),
    /// A pipeline is over: its ref may go.
    Over(ProjectId, PipelineId),
    /// A delayed job is scheduled.
    Timer,
    /// Jobs are no more.
    RemoveJobs(Vec<JobId>),
    /// Files are no more.
    RemovePaths(Vec<String>),
}

/// A job that a runner has.
struct Occupied {
    project: ProjectId,
    runner: RunnerId,
    /// Whether the runner is one of the instance.
    shared: bool,
}

pub(crate) struct Memory {
    pub(crate) vault: Arc<Vault>,
    live: Arc<Live>,
    topics: Arc<Topics>,
    out: mpsc::UnboundedSender<Effect>,
    pub(crate) now: Moment,
    last_job: i64,
    alive: HashMap<PipelineId, Alive>,
    kept_jobs: usize,
    projects: HashMap<ProjectId, Arc<Project>>,
    /// Variables of projects and of the instance that were asked for.
    settings: HashMap<Option<ProjectId>, Arc<[Variable]>>,
    pub(crate) queue: Queue,
    /// What was newly wished for since the last commit, and by how many jobs.
    fresh: BTreeMap<Wish, usize>,
    running: HashMap<JobId, Occupied>,
    /// How many jobs of each project runners of the instance have.
    shared: HashMap<ProjectId, usize>,
    pub(crate) timers: BTreeSet<(Moment, JobId, PipelineId)>,
    pub(crate) roster: Roster,
    effects: Vec<Effect>,
    mark: usize,
    dirty: bool,
    first: bool,
}

impl Memory {
    pub(crate) fn new(
        vault: Arc<Vault>,
        live: Arc<Live>,
        topics: Arc<Topics>,
        out: mpsc::UnboundedSender<Effect>,
        boot: String,
        now: Moment,
    ) -> Self {
        Self {
            vault,
            live,
            topics,
            out,
            now,
            last_job: 0,
            alive: HashMap::new(),
            kept_jobs: 0,
            projects: HashMap::new(),
            settings: HashMap::new(),
            queue: Queue::default(),
            fresh: BTreeMap::new(),
            running: HashMap::new(),
            shared: HashMap::new(),
            timers: BTreeSet::new(),
            roster: Roster::new(boot),
            effects: Vec::new(),
            mark: 0,
            dirty: false,
            first: true,
        }
    }

    /// Something of it changes. If the rows do not stay, it is read again.
    pub(crate) fn touch(&mut self) {
        self.dirty = true;
    }

    pub(crate) fn effect(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(crate) fn tell(&mut self, topic: Topic) {
        self.effects.push(Effect::Tell(topic));
    }

    /// A number for a new job.
    pub(crate) fn next_job(&mut self) -> JobId {
        self.touch();
        self.last_job += 1;
        JobId(self.last_job)
    }

    pub(crate) fn last_job(&self) -> i64 {
        self.last_job
    }

    /// Takes a pipeline out of memory, or reads it.
    pub(crate) fn take(&mut self, db: &Connection, id: PipelineId) -> Result<Option<Alive>, StoreError> {
        if let Some(alive) = self.alive.remove(&id) {
            self.kept_jobs = self.kept_jobs.saturating_sub(alive.pipeline.jobs().count());
            return Ok(Some(alive));
        }
        let (Some(pipeline), Some(row)) = (pipelines::state(db, id)?, pipelines::row(db, id)?) else {
            return Ok(None);
        };
        Ok(Some(Alive { pipeline, row }))
    }

    /// Puts a pipeline back. One that is over is not kept.
    pub(crate) fn put(&mut self, alive: Alive) {
        if alive.pipeline.is_over() {
            return;
        }
        let jobs = alive.pipeline.jobs().count();
        if self.kept_jobs + jobs > MOST_JOBS {
            self.alive.clear();
            self.kept_jobs = 0;
        }
        self.kept_jobs += jobs;
        self.alive.insert(alive.pipeline.id, alive);
    }

    pub(crate) fn forget(&mut self, id: PipelineId) {
        if let Some(alive) = self.alive.remove(&id) {
            self.kept_jobs = self.kept_jobs.saturating_sub(alive.pipeline.jobs().count());
        }
        self.timers.retain(|(_, _, pipeline)| *pipeline != id);
        let gone: Vec<JobId> = self.queue.jobs().filter(|(_, of)| *of == id).map(|(job, _)| job).collect();
        gone.into_iter().for_each(|job| self.queue.remove(job));
    }

    pub(crate) fn project(
        &mut self,
        db: &Connection,
        id: ProjectId,
    ) -> Result<Option<Arc<Project>>, StoreError> {
        if let Some(project) = self.projects.get(&id) {
            return Ok(Some(project.clone()));
        }
        let found = projects::find(db, &ProjectRef::Id(id))?.map(Arc::new);
        if let Some(project) = &found {
            self.projects.insert(id, project.clone());
        }
        Ok(found)
    }

    /// Reads the projects of jobs that wait, those that are not known yet.
    pub(crate) fn know_wanted(&mut self, db: &Connection) -> Result<(), StoreError> {
        let unknown = |wish: &Wish| !self.projects.contains_key(&wish.project);
        let missing: Vec<ProjectId> =
            self.queue.wishes().filter(|(wish, _)| unknown(wish)).map(|(wish, _)| wish.project).collect();
        missing.into_iter().try_for_each(|id| self.project(db, id).map(|_| ()))
    }

    /// A project, if it is known.
    pub(crate) fn known(&self, id: ProjectId) -> Option<&Project> {
        self.projects.get(&id).map(|project| &**project)
    }

    /// The variables of the instance and of a project.
    pub(crate) fn settings(&mut self, db: &Connection, id: ProjectId) -> Result<Settings, KernelError> {
        Ok((self.variables(db, None)?, self.variables(db, Some(id))?))
    }

    fn variables(&mut self, db: &Connection, of: Option<ProjectId>) -> Result<Arc<[Variable]>, KernelError> {
        if let Some(known) = self.settings.get(&of) {
            return Ok(known.clone());
        }
        let found: Arc<[Variable]> = sealed_of(db, &self.vault, of)?.into();
        self.settings.insert(of, found.clone());
        Ok(found)
    }

    /// The variables of a project, or of the instance, change.
    pub(crate) fn settings_changed(&mut self, of: Option<ProjectId>) {
        self.settings.remove(&of);
    }

    /// A project has changed, or is no more. Whoever waits may now fit.
    pub(crate) fn project_changed(&mut self, id: ProjectId) {
        self.touch();
        self.projects.remove(&id);
        self.settings.remove(&Some(id));
        self.all_fresh();
    }

    pub(crate) fn enqueue(&mut self, job: JobId, pipeline: PipelineId, wish: Wish) {
        self.touch();
        *self.fresh.entry(wish.clone()).or_default() += 1;
        self.queue.insert(job, pipeline, wish);
    }

    /// All that is wished for is offered once more: a runner changed, or one that was woken is gone.
    pub(crate) fn all_fresh(&mut self) {
        self.fresh = self.queue.wishes().map(|(wish, count)| (wish.clone(), count)).collect();
    }

    /// A runner has a job now.
    pub(crate) fn occupy(&mut self, job: JobId, project: ProjectId, runner: RunnerId) {
        self.touch();
        self.release(job);
        let kind = self.roster.get(runner).map(|entry| entry.runner.kind);
        let shared = kind == Some(RunnerKind::InstanceType);
        self.running.insert(job, Occupied { project, runner, shared });
        if shared {
            *self.shared.entry(project).or_default() += 1;
        }
    }

    /// No runner has a job any more. False where none had it.
    pub(crate) fn release(&mut self, job: JobId) -> bool {
        let Some(occupied) = self.running.remove(&job) else { return false };
        self.touch();
        if let Some(count) = self.shared.get_mut(&occupied.project).filter(|_| occupied.shared) {
            *count -= 1;
            if *count == 0 {
                self.shared.remove(&occupied.project);
            }
        }
        true
    }

    /// How many jobs of a project runners of the instance have.
    pub(crate) fn on_instance_runners(&self, project: ProjectId) -> usize {
        self.shared.get(&project).copied().unwrap_or_default()
    }

    /// How many jobs a runner has.
    pub(crate) fn occupied(&self, runner: RunnerId) -> usize {
        self.running.values().filter(|occupied| occupied.runner == runner).count()
    }

    /// Tells runners that wait of what was newly wished for.
    fn offer(&mut self) {
        for (wish, fresh) in std::mem::take(&mut self.fresh) {
            let count = fresh.min(self.queue.count(&wish));
            let Some(project) = self.projects.get(&wish.project).cloned() else { continue };
            self.roster.bump(|runner| fits(runner, &wish, &project));
            self.roster.wake(count, |runner| fits(runner, &wish, &project));
        }
    }

    fn load_queue(&mut self, db: &Connection) -> Result<(), StoreError> {
        let mut shared: HashMap<BTreeSet<String>, Arc<BTreeSet<String>>> = HashMap::new();
        for waiting in jobs::waiting(db, "pending")? {
            let place = waiting.place;
            if waiting.bridge {
                if self.first {
                    self.effects.push(Effect::Trigger(place.pipeline, waiting.job));
                }
                continue;
            }
            let tags: BTreeSet<String> = waiting.tags.into_iter().collect();
            let tags = shared.entry(tags.clone()).or_insert_with(|| Arc::new(tags)).clone();
            self.project(db, place.project)?;
            let wish = Wish { project: place.project, protected: waiting.protected, tags };
            self.queue.insert(waiting.job, place.pipeline, wish);
        }
        for waiting in jobs::waiting(db, "scheduled")? {
            let at = waiting.scheduled_at.unwrap_or_default();
            self.timers.insert((at, waiting.job, waiting.place.pipeline));
        }
        Ok(())
    }

    fn load_running(&mut self, db: &Connection) -> Result<(), StoreError> {
        let known = self.live.all();
        let mut all = Vec::new();
        for found in jobs::executing(db)? {
            let (job, extra, place) = (found.job, found.extra, found.place);
            let runner = extra.runner.unwrap_or(RunnerId(0));
            self.occupy(job.id, place.project, runner);
            let Ok(token) = found.token.try_into() else { continue };
            let before = known.iter().find(|lease| lease.executing.job == job.id);
            let canceling_since = before.and_then(|lease| lease.canceling_since).or(Some(self.now));
            all.push(Lease {
                executing: Executing {
                    job: job.id,
                    pipeline: place.pipeline,
                    project: place.project,
                    runner,
                    status: job.status,
                    user: extra.user,
                    started_at: job.started_at.unwrap_or(self.now),
                    timeout: extra.timeout.unwrap_or(3600),
                },
                token,
                // Its runner had nobody to talk to for a while.
                seen: before.map_or(self.now, |lease| lease.seen),
                heard: before.is_some_and(|lease| lease.heard),
                canceling_since: canceling_since.filter(|_| job.status == pipeline::Status::Canceling),
            });
        }
        self.live.replace(all);
        Ok(())
    }
}

impl store::Memory for Memory {
    fn load(&mut self, db: &Connection) -> Result<(), StoreError> {
        self.alive.clear();
        self.kept_jobs = 0;
        self.projects.clear();
        self.settings.clear();
        self.queue.clear();
        self.fresh.clear();
        self.running.clear();
        self.shared.clear();
        self.timers.clear();
        self.roster.clear();
        self.effects.clear();
        self.mark = 0;
        self.dirty = false;
        self.last_job = settings::counter(db, "jobs")?.max(jobs::last(db)?).max(self.last_job);
        for (runner, hash) in runners::all(db)? {
            let hash = hash.try_into().map_err(|_| StoreError::Unreadable { what: "a runner" })?;
            self.roster.put(runner, hash);
        }
        self.load_queue(db)?;
        self.load_running(db)?;
        self.effects.push(Effect::Timer);
        if self.first {
            self.effects.extend(jobs::unsettled(db)?.into_iter().map(Effect::Deployed));
        }
        self.first = false;
        self.dirty = false;
        Ok(())
    }

    fn begin(&mut self) {
        self.mark = self.effects.len();
        self.dirty = false;
    }

    fn undo(&mut self, db: &Connection) -> Result<(), StoreError> {
        self.effects.truncate(self.mark);
        if self.dirty {
            // What others of this transaction brought about is in the rows already, and still to be told.
            let (effects, fresh) = (std::mem::take(&mut self.effects), std::mem::take(&mut self.fresh));
            self.load(db)?;
            (self.effects, self.fresh) = (effects, fresh);
        }
        Ok(())
    }

    fn committed(&mut self) {
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Tell(topic) => self.topics.tell(topic),
                Effect::Leased(lease) => self.live.insert(*lease),
                Effect::Canceling(job, now) => self.live.canceling(job, now),
                Effect::Unleased(job) => self.live.remove(job),
                other => {
                    let _ = self.out.send(other);
                }
            }
        }
        self.mark = 0;
        self.offer();
    }
}
