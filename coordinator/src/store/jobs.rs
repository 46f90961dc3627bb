//! Rows of jobs.

use super::json;
use super::kept::{self, Extra, PlanFacts};
use super::queries::Where;
use crate::error::StoreError;
use crate::model::{JobFilter, JobOrder, JobRow, Page, Paged, ProjectId, RunnerId};
use pipeline::{Hold, Job, JobId, Moment, PipelineId, Status};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) pipeline: PipelineId,
    pub(crate) project: ProjectId,
}

pub(crate) fn insert(
    db: &Connection,
    place: Place,
    job: &Job,
    extra: &Extra,
    variables: Option<&[u8]>,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO jobs (id, pipeline_id, project_id, planned, name, status, bridge, retried, resource_group, held,
         scheduled_at, state, extra, variables) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        job.id.0,
        place.pipeline.0,
        place.project.0,
        job.planned,
        job.spec.name,
        job.status.as_str(),
        job.is_bridge(),
        job.retried,
        job.spec.resource_group,
        job.resource == Hold::Held,
        moment(job.scheduled_at),
        kept::state(job)?,
        json::write(extra)?,
        variables
    ])?;
    Ok(())
}

/// Writes what changes of a job when something happens to it.
pub(crate) fn update(db: &Connection, job: &Job) -> Result<(), StoreError> {
    let changed = db
        .prepare_cached(
            "UPDATE jobs SET status = ?2, retried = ?3, held = ?4, scheduled_at = ?5, state = ?6 WHERE id = ?1",
        )?
        .execute(params![
            job.id.0,
            job.status.as_str(),
            job.retried,
            job.resource == Hold::Held,
            moment(job.scheduled_at),
            kept::state(job)?
        ])?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Unreadable { what: "a job" }) }
}

fn moment(of: Option<Moment>) -> Option<i64> {
    of.map(|moment| i64::try_from(moment.0).unwrap_or(i64::MAX))
}

pub(crate) fn place(db: &Connection, job: JobId) -> Result<Option<Place>, StoreError> {
    let of = |row: &Row<'_>| Ok(Place { pipeline: PipelineId(row.get(0)?), project: ProjectId(row.get(1)?) });
    let mut statement = db.prepare_cached("SELECT pipeline_id, project_id FROM jobs WHERE id = ?1")?;
    Ok(statement.query_row([job.0], of).optional()?)
}

pub(crate) fn extra(db: &Connection, job: JobId) -> Result<Extra, StoreError> {
    let mut statement = db.prepare_cached("SELECT extra FROM jobs WHERE id = ?1")?;
    let text: Option<String> = statement.query_row([job.0], |row| row.get(0)).optional()?;
    json::read("a job", &text.ok_or(StoreError::Unreadable { what: "a job" })?)
}

pub(crate) fn set_extra(db: &Connection, job: JobId, extra: &Extra) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached("UPDATE jobs SET extra = ?2, runner_id = ?3 WHERE id = ?1")?;
    statement.execute(params![job.0, json::write(extra)?, extra.runner.map(|runner| runner.0)])?;
    Ok(())
}

pub(crate) fn variables(db: &Connection, job: JobId) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = db.prepare_cached("SELECT variables FROM jobs WHERE id = ?1")?;
    Ok(statement.query_row([job.0], |row| row.get(0)).optional()?.flatten())
}

pub(crate) fn set_variables(db: &Connection, job: JobId, sealed: &[u8]) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE jobs SET variables = ?2 WHERE id = ?1")?.execute(params![job.0, sealed])?;
    Ok(())
}

/// The status of a job.
pub(crate) fn status(db: &Connection, job: JobId) -> Result<Option<Status>, StoreError> {
    let mut statement = db.prepare_cached("SELECT json_quote(status) FROM jobs WHERE id = ?1")?;
    let text: Option<String> = statement.query_row([job.0], |row| row.get(0)).optional()?;
    text.map(|text| json::read("a job", &text)).transpose()
}

/// What is kept of a job beside its state, and the variables it was given.
pub(crate) fn given(db: &Connection, job: JobId) -> Result<(Extra, Option<Vec<u8>>), StoreError> {
    let mut statement = db.prepare_cached("SELECT extra, variables FROM jobs WHERE id = ?1")?;
    let found: Option<(String, Option<Vec<u8>>)> =
        statement.query_row([job.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (extra, variables) = found.ok_or(StoreError::Unreadable { what: "a job" })?;
    Ok((json::read("a job", &extra)?, variables))
}

/// A runner has it, which knows it by a token.
pub(crate) fn set_taken(db: &Connection, job: JobId, extra: &Extra, token: &[u8]) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE jobs SET extra = ?2, runner_id = ?3, token_hash = ?4 WHERE id = ?1")?
        .execute(params![job.0, json::write(extra)?, extra.runner.map(|runner| runner.0), token])?;
    Ok(())
}

pub(crate) fn token(db: &Connection, job: JobId) -> Result<Option<Vec<u8>>, StoreError> {
    let mut statement = db.prepare_cached("SELECT token_hash FROM jobs WHERE id = ?1")?;
    Ok(statement.query_row([job.0], |row| row.get(0)).optional()?.flatten())
}

pub(crate) fn set_coverage(db: &Connection, job: JobId, coverage: f64) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE jobs SET coverage = ?2 WHERE id = ?1")?.execute(params![job.0, coverage])?;
    Ok(())
}

/// The mean coverage of a pipeline's latest jobs.
pub(crate) fn coverage(db: &Connection, pipeline: PipelineId) -> Result<Option<f64>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT avg(coverage) FROM jobs WHERE pipeline_id = ?1 AND retried = 0")?;
    Ok(statement.query_row([pipeline.0], |row| row.get(0))?)
}

/// States and specs of all jobs of a pipeline, as text, in the order in which they were made.
pub(crate) fn texts(db: &Connection, pipeline: PipelineId) -> Result<Vec<String>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT j.state, p.spec FROM jobs j JOIN plans p ON p.pipeline_id = j.pipeline_id AND p.planned = j.planned
         WHERE j.pipeline_id = ?1 ORDER BY j.id",
    )?;
    let rows = statement.query_map([pipeline.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (state, spec): (String, String) = row?;
        kept::whole(&state, &spec)
    })
    .collect()
}

/// A job of those that are told of when memory is read.
pub(crate) struct Waiting {
    pub(crate) job: JobId,
    pub(crate) place: Place,
    pub(crate) scheduled_at: Option<Moment>,
    pub(crate) bridge: bool,
    pub(crate) tags: Vec<String>,
    pub(crate) protected: bool,
}

/// All jobs of a status, with what the queue has to know of them.
pub(crate) fn waiting(db: &Connection, status: &str) -> Result<Vec<Waiting>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT j.id, j.pipeline_id, j.project_id, j.scheduled_at, j.bridge, json_extract(p.facts, '$.tags'),
         json_extract(l.data, '$.protected') FROM jobs j
         JOIN plans p ON p.pipeline_id = j.pipeline_id AND p.planned = j.planned
         JOIN pipelines l ON l.id = j.pipeline_id WHERE j.status = ?1 ORDER BY j.id",
    )?;
    let rows = statement.query_map([status], |row| {
        let place = Place { pipeline: PipelineId(row.get(1)?), project: ProjectId(row.get(2)?) };
        let at: Option<i64> = row.get(3)?;
        let tags: String = row.get(5)?;
        Ok((JobId(row.get(0)?), place, at, row.get(4)?, tags, row.get(6)?))
    })?;
    rows.map(|row| {
        let (job, place, at, bridge, tags, protected) = row?;
        let scheduled_at = at.map(|at| Moment(u64::try_from(at).unwrap_or_default()));
        Ok(Waiting { job, place, scheduled_at, bridge, tags: json::read("tags", &tags)?, protected })
    })
    .collect()
}

/// A job that a runner has.
pub(crate) struct Executing {
    pub(crate) place: Place,
    pub(crate) job: Job,
    pub(crate) extra: Extra,
    pub(crate) token: Vec<u8>,
}

/// All jobs that runners have.
pub(crate) fn executing(db: &Connection) -> Result<Vec<Executing>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT j.pipeline_id, j.project_id, j.state, p.spec, j.extra, j.token_hash FROM jobs j
         JOIN plans p ON p.pipeline_id = j.pipeline_id AND p.planned = j.planned
         WHERE j.status IN ('running', 'canceling') AND j.bridge = 0",
    )?;
    let rows = statement.query_map([], |row| {
        let place = Place { pipeline: PipelineId(row.get(0)?), project: ProjectId(row.get(1)?) };
        let token: Option<Vec<u8>> = row.get(5)?;
        Ok((place, row.get(2)?, row.get(3)?, row.get(4)?, token))
    })?;
    rows.map(|row| {
        let (place, state, spec, extra, token): (_, String, String, String, _) = row?;
        let (job, extra) = (kept::job(&state, &spec)?, json::read("a job", &extra)?);
        Ok(Executing { place, job, extra, token: token.unwrap_or_default() })
    })
    .collect()
}

const COLUMNS: &str = "j.id, j.pipeline_id, j.project_id, j.state, j.extra, j.coverage, p.spec, p.facts";
const FROM: &str = "jobs j JOIN plans p ON p.pipeline_id = j.pipeline_id AND p.planned = j.planned";

type Texts = (i64, i64, String, String, Option<f64>, String, String);

fn texts_of(row: &Row<'_>) -> rusqlite::Result<Texts> {
    Ok((row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?))
}

fn row_of((pipeline, project, state, extra, coverage, spec, facts): Texts) -> Result<JobRow, StoreError> {
    let job = kept::job(&state, &spec)?;
    let extra: Extra = json::read("a job", &extra)?;
    let facts: PlanFacts = json::read("a job", &facts)?;
    let bridge = job.is_bridge();
    let spec = &job.spec;
    Ok(JobRow {
        id: job.id,
        pipeline: PipelineId(pipeline),
        project: ProjectId(project),
        name: spec.name.clone(),
        stage: spec.stage.clone(),
        stage_index: spec.stage_index,
        status: job.status,
        bridge,
        when: spec.when,
        allow_failure: job.allow_failure,
        failure_reason: job.failure_reason.clone(),
        exit_code: job.exit_code,
        created_at: job.created_at,
        queued_at: job.queued_at,
        started_at: job.started_at,
        finished_at: job.finished_at,
        scheduled_at: job.scheduled_at,
        retried: job.retried,
        retry_of: job.retry_of,
        needs: spec.needs.as_ref().map(|needs| needs.iter().map(|need| need.job.clone()).collect()),
        tags: facts.tags,
        resource_group: spec.resource_group.clone(),
        environment: facts.environment.map(|environment| environment.name),
        manual_confirmation: facts.manual_confirmation,
        coverage_regex: facts.coverage,
        downstream: job.downstream,
        user: extra.user,
        runner: extra.runner,
        system_id: extra.system_id,
        timeout: extra.timeout,
        timeout_source: extra.timeout_source,
        coverage,
        erased_at: extra.erased_at,
        erased_by: extra.erased_by,
        artifacts_expire_at: extra.artifacts_expire_at,
        debug_trace: extra.debug_trace,
        artifact_access: facts.artifact_access,
        message: extra.message,
    })
}

pub(crate) fn row(db: &Connection, job: JobId) -> Result<Option<JobRow>, StoreError> {
    let mut only = Where::default();
    only.with("j.id = ?", job.0);
    let found = only.all(db, &format!("SELECT {COLUMNS} FROM {FROM}"), "", texts_of)?;
    found.into_iter().next().map(row_of).transpose()
}

/// All attempts of all jobs of a pipeline, in the order in which they were made.
pub(crate) fn of_pipeline(db: &Connection, pipeline: PipelineId) -> Result<Vec<JobRow>, StoreError> {
    let mut only = Where::default();
    only.with("j.pipeline_id = ?", pipeline.0);
    let found = only.all(db, &format!("SELECT {COLUMNS} FROM {FROM}"), "ORDER BY j.id", texts_of)?;
    found.into_iter().map(row_of).collect()
}

pub(crate) fn page(
    db: &Connection,
    project: Option<ProjectId>,
    filter: &JobFilter,
    page: Page,
) -> Result<Paged<JobRow>, StoreError> {
    let mut only = Where::default();
    only.maybe("j.project_id = ?", project.map(|project| project.0));
    only.maybe("j.pipeline_id = ?", filter.pipeline.map(|pipeline| pipeline.0));
    only.maybe("j.runner_id = ?", filter.runner.map(|runner| runner.0));
    only.maybe("j.bridge = ?", filter.bridges);
    if !filter.scope.is_empty() {
        let words: Vec<&str> = filter.scope.iter().map(|status| status.as_str()).collect();
        only.one_of("j.status", &words);
    }
    if !filter.retried {
        only.that("j.retried = 0");
    }
    if let Some(name) = filter.name.as_deref().filter(|name| !name.is_empty()) {
        only.contains("j.name", name);
    }
    let order = match filter.order {
        JobOrder::Newest => "j.id DESC",
        JobOrder::Oldest => "j.id",
    };
    let found = only.page(db, (COLUMNS, FROM, order), page, texts_of)?;
    let items = found.items.into_iter().map(row_of).collect::<Result<_, _>>()?;
    Ok(Paged { items, total: found.total })
}

/// The jobs that a runner has now.
pub(crate) fn of_runner(db: &Connection, runner: RunnerId) -> Result<Vec<JobId>, StoreError> {
    let mut only = Where::default();
    only.with("runner_id = ?", runner.0);
    only.one_of("status", &["running", "canceling"]);
    only.all(db, "SELECT id FROM jobs", "ORDER BY id", |row| row.get(0).map(JobId))
}

/// All jobs of a pipeline, a project, or everything that is told by its column.
pub(crate) fn ids(db: &Connection, column: &'static str, of: i64) -> Result<Vec<JobId>, StoreError> {
    let mut only = Where::default();
    only.with(&format!("{column} = ?"), of);
    only.all(db, "SELECT id FROM jobs", "ORDER BY id", |row| row.get(0).map(JobId))
}

/// The highest number that a job ever had.
pub(crate) fn last(db: &Connection) -> Result<i64, StoreError> {
    Ok(db.query_row("SELECT coalesce(max(id), 0) FROM jobs", [], |row| row.get(0))?)
}

/// Jobs that wait for runners since before a moment, with that of each.
pub(crate) fn waiting_since(
    db: &Connection,
    before: Moment,
) -> Result<Vec<(JobId, PipelineId, Moment)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, pipeline_id, json_extract(state, '$.queued_at') AS at FROM jobs
         WHERE status = 'pending' AND bridge = 0 AND at < ?1 ORDER BY id LIMIT 50000",
    )?;
    let rows = statement.query_map([moment(Some(before))], |row| {
        let at: i64 = row.get(2)?;
        let at = Moment(u64::try_from(at).unwrap_or_default());
        Ok((JobId(row.get(0)?), PipelineId(row.get(1)?), at))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Bridges that show the status of a pipeline, or wait for it: the one that started it among them.
pub(crate) fn bridges_to(
    db: &Connection,
    pipeline: PipelineId,
) -> Result<Vec<(PipelineId, JobId)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT pipeline_id, id FROM jobs
         WHERE bridge = 1 AND retried = 0 AND json_extract(state, '$.downstream') = ?1 ORDER BY id",
    )?;
    let rows = statement.query_map([pipeline.0], |row| Ok((PipelineId(row.get(0)?), JobId(row.get(1)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The pipelines that the bridges of a pipeline started or show.
pub(crate) fn downstream_of(db: &Connection, pipeline: PipelineId) -> Result<Vec<PipelineId>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT json_extract(state, '$.downstream') FROM jobs
         WHERE pipeline_id = ?1 AND bridge = 1 AND retried = 0 AND json_extract(state, '$.downstream') IS NOT NULL",
    )?;
    let rows = statement.query_map([pipeline.0], |row| row.get(0).map(PipelineId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Notes a job that deployed, until its environment has learned of it. What was deployed there before counts no more.
pub(crate) fn put_unsettled(db: &Connection, job: JobId, environment: i64) -> Result<(), StoreError> {
    db.prepare_cached(
        "DELETE FROM unsettled WHERE job_id IN (SELECT job_id FROM deployments WHERE environment_id = ?1)",
    )?
    .execute([environment])?;
    db.prepare_cached("INSERT OR IGNORE INTO unsettled (job_id) VALUES (?1)")?.execute([job.0])?;
    Ok(())
}

/// Forgets it. False where it was not noted.
pub(crate) fn settle(db: &Connection, job: JobId) -> Result<bool, StoreError> {
    Ok(db.prepare_cached("DELETE FROM unsettled WHERE job_id = ?1")?.execute([job.0])? > 0)
}

/// Those that are noted, the oldest first.
pub(crate) fn unsettled(db: &Connection) -> Result<Vec<JobId>, StoreError> {
    let mut statement = db.prepare_cached("SELECT job_id FROM unsettled ORDER BY job_id")?;
    let rows = statement.query_map([], |row| row.get(0).map(JobId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
