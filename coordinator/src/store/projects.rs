//! Rows of projects.

use super::json;
use super::queries::Where;
use crate::error::{KernelError, StoreError};
use crate::model::{Page, Paged, Project, ProjectFilter, ProjectId, ProjectRef};
use rusqlite::{Connection, OptionalExtension as _, params};

/// Stores a new project, which gets its number here.
pub(crate) fn insert(db: &Connection, project: &mut Project) -> Result<(), KernelError> {
    let taken = find(db, &ProjectRef::Path(project.path.clone()))?.is_some();
    if taken {
        return Err(KernelError::Taken("path"));
    }
    db.prepare_cached("INSERT INTO projects (path, name, data) VALUES (?1, ?2, '')")?
        .execute(params![project.path, project.name])?;
    project.id = ProjectId(db.last_insert_rowid());
    Ok(update(db, project)?)
}

pub(crate) fn update(db: &Connection, project: &Project) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE projects SET name = ?2, data = ?3 WHERE id = ?1")?.execute(params![
        project.id.0,
        project.name,
        json::write(project)?
    ])?;
    Ok(())
}

pub(crate) fn find(db: &Connection, of: &ProjectRef) -> Result<Option<Project>, StoreError> {
    let text: Option<String> = match of {
        ProjectRef::Id(id) => db
            .prepare_cached("SELECT data FROM projects WHERE id = ?1")?
            .query_row([id.0], |row| row.get(0))
            .optional()?,
        ProjectRef::Path(path) => db
            .prepare_cached("SELECT data FROM projects WHERE path = ?1")?
            .query_row([path], |row| row.get(0))
            .optional()?,
    };
    text.map(|text| json::read("a project", &text)).transpose()
}

pub(crate) fn page(
    db: &Connection,
    filter: &ProjectFilter,
    page: Page,
) -> Result<Paged<Project>, StoreError> {
    let mut only = Where::default();
    if let Some(text) = filter.search.as_deref().filter(|text| !text.is_empty()) {
        only.contains("path || ' ' || name", text);
    }
    only.maybe("id = ?", filter.only.map(|id| id.0));
    only.maybe("json_extract(data, '$.visibility') = ?", filter.visibility.clone());
    let found = only.page(db, ("data", "projects", "id DESC"), page, |row| row.get::<_, String>(0))?;
    let items = found.items.iter().map(|text| json::read("a project", text)).collect::<Result<_, _>>()?;
    Ok(Paged { items, total: found.total })
}

pub(crate) fn delete(db: &Connection, id: ProjectId) -> Result<bool, StoreError> {
    db.prepare_cached("DELETE FROM variables WHERE project_id = ?1")?.execute([id.0])?;
    Ok(db.prepare_cached("DELETE FROM projects WHERE id = ?1")?.execute([id.0])? > 0)
}

/// The next number of a deployment in a project.
pub(crate) fn next_deployment(db: &Connection, id: ProjectId) -> Result<u64, StoreError> {
    let mut statement = db.prepare_cached(
        "UPDATE projects SET deployments = deployments + 1 WHERE id = ?1 RETURNING deployments",
    )?;
    let next: i64 = statement.query_row([id.0], |row| row.get(0))?;
    Ok(u64::try_from(next).unwrap_or_default())
}
