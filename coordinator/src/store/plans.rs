//! What jobs are planned to do: written once for all attempts.

use super::json;
use super::kept::PlanFacts;
use crate::error::StoreError;
use pipeline::{PipelineId, Planned, Work};
use rusqlite::{Connection, OptionalExtension as _, params};

pub(crate) fn insert(
    db: &Connection,
    pipeline: PipelineId,
    at: usize,
    planned: &Planned,
    facts: &PlanFacts,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO plans (pipeline_id, planned, spec, facts, work) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        pipeline.0,
        at,
        json::write(&planned.spec)?,
        json::write(facts)?,
        json::write(&planned.work)?
    ])?;
    Ok(())
}

/// What is read of a plan often, and what the job does, as text: it is long, and read by others than the one who
/// fetches it.
pub(crate) fn whole(
    db: &Connection,
    pipeline: PipelineId,
    at: usize,
) -> Result<(PlanFacts, String), StoreError> {
    let found: Option<(String, String)> = db
        .prepare_cached("SELECT facts, work FROM plans WHERE pipeline_id = ?1 AND planned = ?2")?
        .query_row(params![pipeline.0, at], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (facts, work) = found.ok_or(StoreError::Unreadable { what: "the plan of a job" })?;
    Ok((json::read("the plan of a job", &facts)?, work))
}

/// What a job does, as text.
pub(crate) fn work(db: &Connection, pipeline: PipelineId, at: usize) -> Result<String, StoreError> {
    whole(db, pipeline, at).map(|(_, work)| work)
}

/// What a job does.
pub(crate) fn read_work(text: &str) -> Result<Work, StoreError> {
    json::read("the plan of a job", text)
}

pub(crate) fn facts(db: &Connection, pipeline: PipelineId, at: usize) -> Result<PlanFacts, StoreError> {
    let text: Option<String> = db
        .prepare_cached("SELECT facts FROM plans WHERE pipeline_id = ?1 AND planned = ?2")?
        .query_row(params![pipeline.0, at], |row| row.get(0))
        .optional()?;
    json::read("the plan of a job", &text.ok_or(StoreError::Unreadable { what: "the plan of a job" })?)
}
