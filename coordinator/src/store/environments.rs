//! Rows of environments and deployments.

use super::json;
use super::queries::Where;
use crate::error::StoreError;
use crate::model::{
    Deployment, DeploymentFilter, Environment, EnvironmentFilter, Page, Paged, ProjectId, UserId,
};
use pipeline::{JobId, Moment};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

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

/// Those of a project that are wanted, by name; those that were stopped come last.
pub(crate) fn page(
    db: &Connection,
    project: ProjectId,
    filter: &EnvironmentFilter,
    page: Page,
) -> Result<Paged<Environment>, StoreError> {
    let mut only = Where::default();
    only.with("project_id = ?", project.0);
    only.maybe("name = ?", filter.name.clone());
    if let Some(text) = &filter.search {
        only.contains("name", text);
    }
    if !filter.states.is_empty() {
        let states: Vec<&str> = filter.states.iter().map(|state| state.as_str()).collect();
        only.one_of("json_extract(data, '$.state')", &states);
    }
    let order = "json_extract(data, '$.state') = 'stopped', name";
    let found = only.page(db, ("data", "environments", order), page, |row| row.get::<_, String>(0))?;
    let items =
        found.items.iter().map(|text| json::read("an environment", text)).collect::<Result<_, _>>()?;
    Ok(Paged { items, total: found.total })
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

/// Deployments of a project that are wanted, each with its environment.
pub(crate) fn deployments(
    db: &Connection,
    project: ProjectId,
    filter: &DeploymentFilter,
    page: Page,
) -> Result<Paged<(Environment, Deployment)>, StoreError> {
    let mut only = Where::default();
    only.with("environments.project_id = ?", project.0);
    only.maybe("environments.name = ?", filter.environment.clone());
    if !filter.statuses.is_empty() {
        let statuses: Vec<&str> = filter.statuses.iter().map(|status| status.as_str()).collect();
        only.one_of("deployments.status", &statuses);
    }
    let from = "deployments JOIN environments ON environments.id = deployments.environment_id";
    let order = if filter.ascending { "deployments.id" } else { "deployments.id DESC" };
    let texts = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
    let found = only.page(db, ("environments.data, deployments.data", from, order), page, texts)?;
    let read = |(environment, deployment): &(String, String)| {
        Ok((json::read("an environment", environment)?, json::read("a deployment", deployment)?))
    };
    Ok(Paged { items: found.items.iter().map(read).collect::<Result<_, StoreError>>()?, total: found.total })
}

/// A deployment by its number, with its environment.
pub(crate) fn deployment(db: &Connection, id: i64) -> Result<Option<(Environment, Deployment)>, StoreError> {
    let mut statement = db.prepare_cached("SELECT environment_id, data FROM deployments WHERE id = ?1")?;
    let found: Option<(i64, String)> =
        statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((environment, text)) = found else { return Ok(None) };
    let deployment = json::read("a deployment", &text)?;
    Ok(by_id(db, environment)?.map(|environment| (environment, deployment)))
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
