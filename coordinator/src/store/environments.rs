//! Rows of environments and deployments.

use super::json;
use super::queries::Where;
use crate::error::StoreError;
use crate::model::{Deployment, Environment, Page, Paged, ProjectId, UserId};
use pipeline::{JobId, Moment};
use rusqlite::{Connection, OptionalExtension as _, params};

pub(crate) fn named(
    db: &Connection,
    project: ProjectId,
    name: &str,
) -> Result<Option<Environment>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT data FROM environments WHERE project_id = ?1 AND name = ?2")?;
    let text: Option<String> = statement.query_row(params![project.0, name], |row| row.get(0)).optional()?;
    text.map(|text| json::read("an environment", &text)).transpose()
}

pub(crate) fn by_id(db: &Connection, id: i64) -> Result<Option<Environment>, StoreError> {
    let mut statement = db.prepare_cached("SELECT data FROM environments WHERE id = ?1")?;
    let text: Option<String> = statement.query_row([id], |row| row.get(0)).optional()?;
    text.map(|text| json::read("an environment", &text)).transpose()
}

/// Stores a new environment, which gets its number here.
pub(crate) fn insert(db: &Connection, environment: &mut Environment) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO environments (project_id, name, data) VALUES (?1, ?2, '')")?
        .execute(params![environment.project.0, environment.name])?;
    environment.id = db.last_insert_rowid();
    update(db, environment)
}

pub(crate) fn update(db: &Connection, environment: &Environment) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE environments SET data = ?2 WHERE id = ?1")?
        .execute(params![environment.id, json::write(environment)?])?;
    Ok(())
}

pub(crate) fn delete(db: &Connection, id: i64) -> Result<bool, StoreError> {
    Ok(db.prepare_cached("DELETE FROM environments WHERE id = ?1")?.execute([id])? > 0)
}

/// All of a project, by name.
pub(crate) fn all(db: &Connection, project: ProjectId) -> Result<Vec<Environment>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT data FROM environments WHERE project_id = ?1 ORDER BY name")?;
    let rows = statement.query_map([project.0], |row| row.get::<_, String>(0))?;
    rows.map(|row| json::read("an environment", &row?)).collect()
}

/// Stores a new deployment, which gets its number here.
pub(crate) fn insert_deployment(db: &Connection, deployment: &mut Deployment) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO deployments (environment_id, job_id, status, data) VALUES (?1, ?2, '', '')",
    )?
    .execute(params![deployment.environment, deployment.job.0])?;
    deployment.id = db.last_insert_rowid();
    update_deployment(db, deployment)
}

pub(crate) fn update_deployment(db: &Connection, deployment: &Deployment) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE deployments SET status = ?2, data = ?3 WHERE id = ?1")?.execute(params![
        deployment.id,
        deployment.status.as_str(),
        json::write(deployment)?
    ])?;
    Ok(())
}

pub(crate) fn deployment_of(db: &Connection, job: JobId) -> Result<Option<Deployment>, StoreError> {
    let mut statement = db.prepare_cached("SELECT data FROM deployments WHERE job_id = ?1")?;
    let text: Option<String> = statement.query_row([job.0], |row| row.get(0)).optional()?;
    text.map(|text| json::read("a deployment", &text)).transpose()
}

/// The deployment that an environment shows: the newest that was begun.
pub(crate) fn last_deployment(db: &Connection, environment: i64) -> Result<Option<Deployment>, StoreError> {
    let mut only = Where::default();
    only.with("environment_id = ?", environment);
    only.one_of("status", &["running", "success", "failed", "canceled", "canceling"]);
    let found = only
        .all(db, "SELECT data FROM deployments", "ORDER BY id DESC LIMIT 1", |row| row.get::<_, String>(0))?;
    found.first().map(|text| json::read("a deployment", text)).transpose()
}

/// The deployments of an environment, the newest first.
pub(crate) fn deployments(
    db: &Connection,
    environment: i64,
    page: Page,
) -> Result<Paged<Deployment>, StoreError> {
    let mut only = Where::default();
    only.with("environment_id = ?", environment);
    let found = only.page(db, ("data", "deployments", "id DESC"), page, |row| row.get::<_, String>(0))?;
    let items = found.items.iter().map(|text| json::read("a deployment", text)).collect::<Result<_, _>>()?;
    Ok(Paged { items, total: found.total })
}

/// Environments that stop by themselves now, with who deployed there last.
pub(crate) fn due(db: &Connection, now: Moment) -> Result<Vec<(i64, UserId)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id FROM environments WHERE json_extract(data, '$.auto_stop_at') <= ?1 LIMIT 100",
    )?;
    let rows = statement.query_map([i64::try_from(now.0).unwrap_or(i64::MAX)], |row| row.get::<_, i64>(0))?;
    let ids: Vec<i64> = rows.collect::<Result<_, _>>()?;
    let user = |id: i64| {
        let last = last_deployment(db, id)?;
        Ok((id, last.map_or(UserId::ROOT, |deployment| deployment.user)))
    };
    ids.into_iter().map(user).collect()
}
