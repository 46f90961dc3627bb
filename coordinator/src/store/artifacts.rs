//! Rows of files that jobs leave, and of what was read out of them.

use super::json;
use super::kept::Extra;
use crate::error::StoreError;
use crate::model::{ArtifactRow, GitRef, ProjectId, ReportRow};
use pipeline::{JobId, Moment, PipelineId};
use rusqlite::{Connection, OptionalExtension as _, params};

fn moment(of: Moment) -> i64 {
    i64::try_from(of.0).unwrap_or(i64::MAX)
}

pub(crate) fn put(db: &Connection, row: &ArtifactRow) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO artifacts (job_id, kind, project_id, expire_at, locked, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (job_id, kind) DO UPDATE SET expire_at = excluded.expire_at, locked = excluded.locked,
         data = excluded.data",
    )?
    .execute(params![
        row.job.0,
        row.kind,
        row.project.0,
        row.expire_at.map(moment),
        row.locked,
        json::write(row)?
    ])?;
    Ok(())
}

pub(crate) fn one(db: &Connection, job: JobId, kind: &str) -> Result<Option<ArtifactRow>, StoreError> {
    let mut statement = db.prepare_cached("SELECT data FROM artifacts WHERE job_id = ?1 AND kind = ?2")?;
    let text: Option<String> = statement.query_row(params![job.0, kind], |row| row.get(0)).optional()?;
    text.map(|text| json::read("an artifact", &text)).transpose()
}

/// What jobs left for others: what is kept of each beside its state, and its archive. In the order that is given.
pub(crate) fn left(
    db: &Connection,
    by: &[JobId],
) -> Result<Vec<(JobId, Extra, Option<ArtifactRow>)>, StoreError> {
    if by.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = db.prepare_cached(
        "SELECT j.id, j.extra, a.data FROM json_each(?1) w JOIN jobs j ON j.id = w.value
         LEFT JOIN artifacts a ON a.job_id = j.id AND a.kind = 'archive' ORDER BY w.key",
    )?;
    let rows = statement.query_map([json::write(by)?], |row| {
        Ok((row.get(0).map(JobId)?, row.get::<_, String>(1)?, row.get::<_, Option<String>>(2)?))
    })?;
    rows.map(|row| {
        let (job, extra, archive) = row?;
        let archive = archive.map(|text| json::read("an artifact", &text)).transpose()?;
        Ok((job, json::read("a job", &extra)?, archive))
    })
    .collect()
}

fn many(db: &Connection, sql: &str, value: i64) -> Result<Vec<ArtifactRow>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_map([value], |row| row.get::<_, String>(0))?;
    rows.map(|row| json::read("an artifact", &row?)).collect()
}

pub(crate) fn of_job(db: &Connection, job: JobId) -> Result<Vec<ArtifactRow>, StoreError> {
    many(db, "SELECT data FROM artifacts WHERE job_id = ?1 ORDER BY kind", job.0)
}

/// Those whose time has come, at most a thousand.
pub(crate) fn expired(db: &Connection, now: Moment) -> Result<Vec<ArtifactRow>, StoreError> {
    let sql = "SELECT data FROM artifacts WHERE expire_at IS NOT NULL AND locked = 0 AND expire_at <= ?1 LIMIT 1000";
    many(db, sql, moment(now))
}

pub(crate) fn delete(db: &Connection, job: JobId, kind: &str) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM artifacts WHERE job_id = ?1 AND kind = ?2")?
        .execute(params![job.0, kind])?;
    Ok(())
}

/// Removes all that is known of what a job left.
pub(crate) fn erase(db: &Connection, job: JobId) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM artifacts WHERE job_id = ?1",
        "DELETE FROM reports WHERE job_id = ?1",
        "DELETE FROM dotenv WHERE job_id = ?1",
    ] {
        db.prepare_cached(sql)?.execute([job.0])?;
    }
    Ok(())
}

pub(crate) fn put_report(db: &Connection, report: &ReportRow) -> Result<(), StoreError> {
    db.prepare_cached("INSERT OR REPLACE INTO reports (job_id, kind, data) VALUES (?1, ?2, ?3)")?
        .execute(params![report.job.0, report.kind, json::write(&report.data)?])?;
    Ok(())
}

/// The reports of a kind of the latest jobs of a pipeline.
pub(crate) fn reports(
    db: &Connection,
    pipeline: PipelineId,
    kind: &str,
) -> Result<Vec<ReportRow>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT r.job_id, r.data FROM reports r JOIN jobs j ON j.id = r.job_id
         WHERE j.pipeline_id = ?1 AND j.retried = 0 AND r.kind = ?2 ORDER BY r.job_id",
    )?;
    let rows = statement
        .query_map(params![pipeline.0, kind], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    rows.map(|row| {
        let (job, text) = row?;
        Ok(ReportRow { job: JobId(job), kind: kind.to_owned(), data: json::read("a report", &text)? })
    })
    .collect()
}

pub(crate) fn put_dotenv(db: &Connection, job: JobId, sealed: &[u8]) -> Result<(), StoreError> {
    db.prepare_cached("INSERT OR REPLACE INTO dotenv (job_id, sealed) VALUES (?1, ?2)")?
        .execute(params![job.0, sealed])?;
    Ok(())
}

/// The dotenv reports of jobs, encrypted, in the order that is given.
pub(crate) fn dotenv(db: &Connection, of: &[JobId]) -> Result<Vec<Vec<u8>>, StoreError> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let mut statement = db.prepare_cached(
        "SELECT d.sealed FROM json_each(?1) w JOIN dotenv d ON d.job_id = w.value ORDER BY w.key",
    )?;
    let rows = statement.query_map([json::write(of)?], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Lets the artifacts of older pipelines of a ref expire, those of their children among them.
pub(crate) fn unlock_before(
    db: &Connection,
    project: ProjectId,
    reference: &GitRef,
    newer: PipelineId,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE artifacts SET locked = 0, data = json_set(data, '$.locked', json('false'))
         WHERE locked = 1 AND project_id = ?1 AND job_id IN (SELECT j.id FROM jobs j
         JOIN pipelines p ON p.id = j.pipeline_id LEFT JOIN pipelines q ON q.id = p.parent_id
         WHERE p.project_id = ?1 AND p.ref_name = ?2 AND p.tag = ?3
         AND coalesce(q.parent_id, p.parent_id, p.id) < ?4)",
    )?
    .execute(params![project.0, reference.name(), reference.is_tag(), newer.0])?;
    Ok(())
}
