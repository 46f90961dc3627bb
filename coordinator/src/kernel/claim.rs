//! A job for a runner: chosen, checked and marked as taken within one transaction.

use super::flow::Flow;
use super::keys::{TokenHash, hash};
use super::live::Lease;
use super::memory::{Effect, Memory};
use super::queue::{Wish, fits};
use super::variables::Settings;
use super::{Executing, Machine, RunnerError, Topic};
use crate::error::KernelError;
use crate::model::{PipelineRow, Project, Runner, RunnerKind, TimeoutSource, User};
use crate::store::kept::{Extra, PlanFacts};
use crate::store::{access, artifacts, jobs, pipelines, plans};
use pipeline::{Dependency, Event, Job, JobId, Moment, PipelineId, Spec, Template};
use protocol::{ArtifactsFile, Features, Secret};
use rusqlite::Connection;
use std::sync::Arc;

/// How many jobs are looked at for one request, when all of them fail before they start.
const MOST_LOOKED_AT: usize = 45;

/// What a job's payload is made of, as it was when the job was taken. It is read in the writing thread, which all wait
/// for, and opened elsewhere.
pub(super) struct Claim {
    pub(super) job: Job,
    pub(super) row: PipelineRow,
    pub(super) project: Arc<Project>,
    pub(super) runner: Runner,
    pub(super) token: Secret,
    pub(super) work: String,
    pub(super) sealed: Sealed,
    /// Who the job is for; nothing where they are no more.
    pub(super) user: Option<User>,
    pub(super) settings: Settings,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) running: usize,
    /// Where the runner reaches the coordinator, if not at the usual address.
    pub(super) base: Option<String>,
    pub(super) now: Moment,
}

/// What is kept encrypted of a job.
pub(super) struct Sealed {
    /// What its pipeline was made for.
    pub(super) context: Vec<u8>,
    /// The variables it was given.
    pub(super) variables: Option<Vec<u8>>,
    /// The dotenv reports it gets.
    pub(super) dotenv: Vec<Vec<u8>>,
}

/// What a look at the queue comes to.
pub(super) enum Look {
    Claim(Box<Claim>),
    /// Nothing for this runner.
    Nothing,
    /// All that was looked at failed.
    Lost,
}

/// The features that a runner must have for a job.
pub(super) fn required(spec: &Spec, template: &Template) -> Vec<String> {
    let has_report = template.artifacts.iter().any(|artifact| artifact.artifact_type != "archive");
    let excludes = template.artifacts.iter().any(|artifact| !artifact.exclude.is_empty());
    let releases = template.steps.iter().any(|step| step.name == "release");
    let codes = !spec.allow_exit_codes.is_empty() || spec.retry.exit_codes.is_some();
    let falls_back = template.caches.iter().any(|cache| !cache.entry.fallback_keys.is_empty());
    let wanted = [
        (has_report, "upload_multiple_artifacts"),
        (excludes, "artifacts_exclude"),
        (releases, "multi_build_steps"),
        (codes, "return_exit_code"),
        (falls_back, "fallback_cache_keys"),
        (!template.secrets.is_empty(), "vault_secrets"),
    ];
    wanted.into_iter().filter(|(wanted, _)| *wanted).map(|(_, name)| name.to_owned()).collect()
}

/// Whether a runner has all features of a list.
pub(super) fn has_features(features: &Features, required: &[String]) -> bool {
    required.iter().all(|name| match name.as_str() {
        "upload_multiple_artifacts" => features.upload_multiple_artifacts,
        "artifacts_exclude" => features.artifacts_exclude,
        "multi_build_steps" => features.multi_build_steps,
        "return_exit_code" => features.return_exit_code,
        "fallback_cache_keys" => features.fallback_cache_keys,
        "vault_secrets" => features.vault_secrets,
        _ => false,
    })
}

/// Looks for a job for a runner.
pub(super) fn look(
    db: &Connection,
    memory: &mut Memory,
    runner: &Runner,
    machine: &Machine,
    now: Moment,
) -> Result<Look, RunnerError> {
    let mut looked = 0;
    while looked < MOST_LOOKED_AT {
        let Some((job, pipeline)) = next(db, memory, runner)? else {
            return Ok(if looked == 0 { Look::Nothing } else { Look::Lost });
        };
        looked += 1;
        match take(db, memory, runner, machine, (pipeline, job), now)? {
            Some(claim) => return Ok(Look::Claim(Box::new(claim))),
            None => memory.queue.remove(job),
        }
    }
    Ok(Look::Lost)
}

/// Instance runners are fair between projects; others take the oldest job.
fn next(
    db: &Connection,
    memory: &mut Memory,
    runner: &Runner,
) -> Result<Option<(JobId, PipelineId)>, KernelError> {
    memory.know_wanted(db)?;
    let takes = |wish: &Wish| memory.known(wish.project).is_some_and(|project| fits(runner, wish, project));
    let fair = runner.kind == RunnerKind::InstanceType;
    Ok(memory.queue.next(takes, |project| if fair { memory.on_instance_runners(project) } else { 0 }))
}

/// Takes a job, or fails it where it cannot run. Nothing where it is not to be had.
fn take(
    db: &Connection,
    memory: &mut Memory,
    runner: &Runner,
    machine: &Machine,
    (pipeline, id): (PipelineId, JobId),
    now: Moment,
) -> Result<Option<Claim>, RunnerError> {
    let Some(Found { job, row, wanted, names }) = find(db, memory, pipeline, id)? else { return Ok(None) };
    let (facts, work) = plans::whole(db, pipeline, job.planned)?;
    let dependencies = dependencies(db, &wanted, names, now)?;
    let reason = match &dependencies {
        _ if !has_features(&machine.info.features, &facts.required) => Some("runner_unsupported"),
        None => Some("missing_dependency_failure"),
        Some(_) => None,
    };
    if let Some(reason) = reason {
        let event = Event::Drop { job: id, reason: reason.to_owned() };
        Flow::new(db, memory, now).try_run(pipeline, event)?;
        return Ok(None);
    }
    let project = memory.project(db, row.project)?.ok_or(KernelError::NotFound("project"))?;
    let graceful = machine.info.features.cancel_gracefully;
    if !Flow::new(db, memory, now).try_run(pipeline, Event::Taken { job: id, graceful })? {
        return Ok(None);
    }
    let (mut extra, variables) = jobs::given(db, id)?;
    let token = memory.vault.token("glcbt-64_")?;
    mark(db, memory, runner, machine, (&job, &row, &project, &facts), (&mut extra, &token), now)?;
    Ok(Some(Claim {
        sealed: sealed(db, pipeline, variables, &wanted)?,
        user: access::user(db, extra.user)?,
        settings: memory.settings(db, row.project)?,
        dependencies: dependencies.unwrap_or_default(),
        running: memory.on_instance_runners(row.project).saturating_sub(1),
        base: machine.base.clone(),
        runner: runner.clone(),
        job,
        row,
        project,
        token,
        work,
        now,
    }))
}

/// What the payload of a job was made of that is over, with what it left itself. Nothing where it is no more, or its
/// runner is not.
pub(super) fn again(
    db: &Connection,
    memory: &mut Memory,
    id: JobId,
    now: Moment,
) -> Result<Option<Claim>, KernelError> {
    let Some(place) = jobs::place(db, id)? else { return Ok(None) };
    let Some(Found { job, row, mut wanted, .. }) = find(db, memory, place.pipeline, id)? else {
        return Ok(None);
    };
    wanted.push(id);
    let (extra, variables) = jobs::given(db, id)?;
    let runner = extra.runner.and_then(|runner| memory.roster.get(runner));
    let Some(runner) = runner.map(|entry| entry.runner.clone()) else { return Ok(None) };
    let Some(project) = memory.project(db, row.project)? else { return Ok(None) };
    Ok(Some(Claim {
        sealed: sealed(db, place.pipeline, variables, &wanted)?,
        settings: memory.settings(db, row.project)?,
        work: plans::work(db, place.pipeline, job.planned)?,
        user: access::user(db, extra.user)?,
        dependencies: Vec::new(),
        token: Secret::default(),
        running: 0,
        base: None,
        runner,
        job,
        row,
        project,
        now,
    }))
}

/// A job as its pipeline has it, and those whose files and variables it gets.
struct Found {
    job: Job,
    row: PipelineRow,
    wanted: Vec<JobId>,
    names: Vec<String>,
}

fn find(
    db: &Connection,
    memory: &mut Memory,
    pipeline: PipelineId,
    id: JobId,
) -> Result<Option<Found>, KernelError> {
    let Some(alive) = memory.take(db, pipeline)? else { return Ok(None) };
    let found = alive.pipeline.job(id).cloned().map(|job| {
        let wanted = alive.pipeline.dependencies_of(id);
        let named = |id: &JobId| alive.pipeline.job(*id).map(|job| job.spec.name.clone()).unwrap_or_default();
        let names = wanted.iter().map(named).collect();
        Found { job, row: alive.row.clone(), wanted, names }
    });
    memory.put(alive);
    Ok(found)
}

fn sealed(
    db: &Connection,
    pipeline: PipelineId,
    variables: Option<Vec<u8>>,
    wanted: &[JobId],
) -> Result<Sealed, KernelError> {
    let context = pipelines::context(db, pipeline)?;
    Ok(Sealed { context, variables, dotenv: artifacts::dotenv(db, wanted)? })
}

/// Notes who has a job now, and for how long.
fn mark(
    db: &Connection,
    memory: &mut Memory,
    runner: &Runner,
    machine: &Machine,
    (job, row, project, facts): (&Job, &PipelineRow, &Project, &PlanFacts),
    (extra, token): (&mut Extra, &Secret),
    now: Moment,
) -> Result<(), KernelError> {
    let hash: TokenHash = hash(token.expose());
    let (timeout, source) = timeout(facts.timeout, project.timeout, runner.maximum_timeout);
    extra.runner = Some(runner.id);
    extra.system_id = Some(super::runners::system_id(&machine.system_id));
    extra.timeout = Some(timeout);
    extra.timeout_source = Some(source);
    jobs::set_taken(db, job.id, extra, &hash)?;
    memory.occupy(job.id, row.project, runner.id);
    memory.effect(Effect::Leased(Box::new(Lease {
        executing: Executing {
            job: job.id,
            pipeline: row.id,
            project: row.project,
            runner: runner.id,
            status: pipeline::Status::Running,
            user: extra.user,
            started_at: now,
            timeout,
        },
        token: hash,
        seen: now,
        heard: false,
        canceling_since: None,
    })));
    memory.tell(Topic::Runners);
    Ok(())
}

/// The time limit that counts, and whose word it is.
fn timeout(own: Option<u64>, project: u64, runner: Option<u64>) -> (u64, TimeoutSource) {
    let chosen = pipeline::timeout(own, project, runner);
    let source = match own {
        Some(own) if own == chosen => TimeoutSource::Job,
        None if project == chosen => TimeoutSource::Project,
        _ => TimeoutSource::Runner,
    };
    (chosen, source)
}

/// The jobs whose artifacts a job gets. Nothing where one of them had artifacts that are gone
/// (`Ci::Build#has_valid_build_dependencies?`).
fn dependencies(
    db: &Connection,
    wanted: &[JobId],
    names: Vec<String>,
    now: Moment,
) -> Result<Option<Vec<Dependency>>, KernelError> {
    let left = artifacts::left(db, wanted)?;
    if left.len() != wanted.len() {
        return Err(super::flow::lost("a job"));
    }
    let mut all = Vec::with_capacity(left.len());
    for ((job, extra, archive), name) in left.into_iter().zip(names) {
        let expired = extra.artifacts_expire_at.is_some_and(|at| at <= now);
        let there = archive.as_ref().is_some_and(|archive| archive.is_available(now));
        if extra.erased_at.is_some() || (!there && (expired || archive.is_some())) {
            return Ok(None);
        }
        let archive = archive.map(|archive| ArtifactsFile {
            filename: archive.filename,
            size: i64::try_from(archive.size).unwrap_or(i64::MAX),
        });
        all.push(Dependency { job, name, archive });
    }
    Ok(Some(all))
}

/// The runner of a token that has something to ask for.
pub(super) fn runner_of(memory: &Memory, hash: &TokenHash, now: Moment) -> Result<Runner, RunnerError> {
    let entry = memory.roster.of_token(hash).ok_or(RunnerError::Forbidden)?;
    if entry.runner.token_expires_at.is_some_and(|at| at <= now) {
        return Err(RunnerError::Forbidden);
    }
    if entry.runner.kind == RunnerKind::ProjectType && entry.runner.projects.is_empty() {
        return Err(RunnerError::NoProject);
    }
    Ok(entry.runner.clone())
}

/// A request that waits, or what it found.
pub(super) enum Turn {
    Found(Box<Claim>),
    Lost,
    Paused(String),
    Nothing(String),
    Waiting(super::request::Waiting, tokio::sync::oneshot::Receiver<()>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_limit_says_whose_it_is() {
        assert_eq!(timeout(None, 3600, None), (3600, TimeoutSource::Project));
        assert_eq!(timeout(Some(60), 3600, None), (60, TimeoutSource::Job));
        assert_eq!(timeout(Some(7200), 3600, Some(600)), (600, TimeoutSource::Runner));
        assert_eq!(timeout(None, 3600, Some(600)), (600, TimeoutSource::Runner));
    }

    #[test]
    fn features_that_nobody_knows_are_had_by_nobody() {
        let all = Features { upload_multiple_artifacts: true, ..Features::default() };
        assert!(has_features(&all, &["upload_multiple_artifacts".into()]));
        assert!(!has_features(&all, &["return_exit_code".into()]));
        assert!(!has_features(&all, &["unheard_of".into()]));
        assert!(has_features(&Features::default(), &[]));
    }
}
