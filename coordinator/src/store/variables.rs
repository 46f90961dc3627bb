//! Rows of variables, their values encrypted.

use crate::error::StoreError;
use crate::model::ProjectId;
use rusqlite::{Connection, params};

/// Those of the instance are of no project.
fn number(project: Option<ProjectId>) -> i64 {
    project.map_or(0, |project| project.0)
}

pub(crate) fn put(
    db: &Connection,
    project: Option<ProjectId>,
    (name, scope): (&str, &str),
    sealed: &[u8],
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO variables (project_id, name, scope, sealed) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (project_id, name, scope) DO UPDATE SET sealed = excluded.sealed",
    )?
    .execute(params![number(project), name, scope, sealed])?;
    Ok(())
}

/// All of a project, or of the instance.
pub(crate) fn all(db: &Connection, project: Option<ProjectId>) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT sealed FROM variables WHERE project_id = ?1 ORDER BY name, scope")?;
    let rows = statement.query_map([number(project)], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(crate) fn delete(
    db: &Connection,
    project: Option<ProjectId>,
    name: &str,
    scope: &str,
) -> Result<bool, StoreError> {
    let mut statement =
        db.prepare_cached("DELETE FROM variables WHERE project_id = ?1 AND name = ?2 AND scope = ?3")?;
    Ok(statement.execute(params![number(project), name, scope])? > 0)
}
