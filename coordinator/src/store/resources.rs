//! Resource groups: who has them, and who wants them.

use super::json;
use super::queries::Where;
use crate::error::StoreError;
use crate::model::ProjectId;
use pipeline::resource::{Candidate, Mode};
use pipeline::{JobId, PipelineId};
use rusqlite::{Connection, OptionalExtension as _, params};

const COUNTED: &str =
    "retried = 0 AND (held = 1 OR status IN ('created', 'scheduled', 'waiting_for_resource'))";

pub(crate) fn mode(db: &Connection, project: ProjectId, group: &str) -> Result<Mode, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT mode FROM resource_groups WHERE project_id = ?1 AND name = ?2")?;
    let text: Option<String> = statement.query_row(params![project.0, group], |row| row.get(0)).optional()?;
    text.map_or(Ok(Mode::default()), |text| json::read("a resource group", &text))
}

pub(crate) fn set_mode(
    db: &Connection,
    project: ProjectId,
    group: &str,
    mode: Mode,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO resource_groups (project_id, name, mode) VALUES (?1, ?2, ?3)
         ON CONFLICT (project_id, name) DO UPDATE SET mode = excluded.mode",
    )?
    .execute(params![project.0, group, json::write(&mode)?])?;
    Ok(())
}

/// The groups of a project that were ever used or set, by name.
pub(crate) fn groups(db: &Connection, project: ProjectId) -> Result<Vec<String>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT name FROM resource_groups WHERE project_id = ?1 UNION
         SELECT DISTINCT resource_group FROM jobs WHERE project_id = ?1 AND resource_group IS NOT NULL ORDER BY 1",
    )?;
    let rows = statement.query_map([project.0], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The jobs that hold a group. There is never more than one.
pub(crate) fn holders(db: &Connection, project: ProjectId, group: &str) -> Result<Vec<JobId>, StoreError> {
    let mut only = of(project, group);
    only.that("held = 1");
    only.all(db, "SELECT id FROM jobs", "ORDER BY id", |row| row.get(0).map(JobId))
}

/// The jobs that want a group, or that will.
pub(crate) fn candidates(
    db: &Connection,
    project: ProjectId,
    group: &str,
) -> Result<Vec<Candidate>, StoreError> {
    let mut only = of(project, group);
    only.that("held = 0");
    only.all(db, "SELECT pipeline_id, id, status FROM jobs", "ORDER BY id", |row| {
        let status: String = row.get(2)?;
        Ok(Candidate {
            pipeline: PipelineId(row.get(0)?),
            job: JobId(row.get(1)?),
            waiting: status == "waiting_for_resource",
        })
    })
}

fn of(project: ProjectId, group: &str) -> Where {
    let mut only = Where::default();
    only.with("project_id = ?", project.0);
    only.with("resource_group = ?", group.to_owned());
    only.that(COUNTED);
    only
}
