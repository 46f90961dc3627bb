//! Rows of pipelines.

use super::queries::Where;
use super::{json, kept};
use crate::error::StoreError;
use crate::model::{Page, Paged, PipelineFilter, PipelineOrder, PipelineRow, ProjectId};
use pipeline::{Moment, Pipeline, PipelineId};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

pub(crate) fn insert(
    db: &Connection,
    row: &PipelineRow,
    state: &Pipeline,
    context: &[u8],
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO pipelines (id, project_id, iid, ref_name, tag, sha, source, status, parent_id, user_id, name,
         data, state, context) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?
    .execute(params![
        row.id.0,
        row.project.0,
        i64::try_from(row.iid).unwrap_or(i64::MAX),
        row.reference.name(),
        row.reference.is_tag(),
        row.sha,
        row.source,
        row.status.as_str(),
        row.parent.map(|parent| parent.pipeline.0),
        row.user.0,
        row.name,
        json::write(row)?,
        kept::header(state)?,
        context
    ])?;
    Ok(())
}

/// Writes what changes of a pipeline when something happens to it.
pub(crate) fn update(db: &Connection, row: &PipelineRow, state: &Pipeline) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE pipelines SET status = ?2, data = ?3, state = ?4 WHERE id = ?1")?
        .execute(params![row.id.0, row.status.as_str(), json::write(row)?, kept::header(state)?])?;
    Ok(())
}

/// The next number in a project.
pub(crate) fn next_iid(db: &Connection, project: ProjectId) -> Result<u64, StoreError> {
    let mut statement =
        db.prepare_cached("UPDATE projects SET pipelines = pipelines + 1 WHERE id = ?1 RETURNING pipelines")?;
    let next: i64 = statement.query_row([project.0], |row| row.get(0))?;
    Ok(u64::try_from(next).unwrap_or_default())
}

/// The highest number that a pipeline has.
pub(crate) fn last(db: &Connection) -> Result<i64, StoreError> {
    Ok(db.query_row("SELECT coalesce(max(id), 0) FROM pipelines", [], |row| row.get(0))?)
}

pub(crate) fn row(db: &Connection, id: PipelineId) -> Result<Option<PipelineRow>, StoreError> {
    let mut statement = db.prepare_cached("SELECT data FROM pipelines WHERE id = ?1")?;
    let text: Option<String> = statement.query_row([id.0], |row| row.get(0)).optional()?;
    text.map(|text| json::read("a pipeline", &text)).transpose()
}

/// The state machine of a pipeline, as it was left.
pub(crate) fn state(db: &Connection, id: PipelineId) -> Result<Option<Pipeline>, StoreError> {
    let mut statement = db.prepare_cached("SELECT state FROM pipelines WHERE id = ?1")?;
    let header: Option<String> = statement.query_row([id.0], |row| row.get(0)).optional()?;
    let Some(header) = header else { return Ok(None) };
    kept::pipeline(&header, &super::jobs::texts(db, id)?).map(Some)
}

/// What a pipeline was made for, encrypted.
pub(crate) fn context(db: &Connection, id: PipelineId) -> Result<Vec<u8>, StoreError> {
    let mut statement = db.prepare_cached("SELECT context FROM pipelines WHERE id = ?1")?;
    let sealed: Option<Vec<u8>> = statement.query_row([id.0], |row| row.get(0)).optional()?;
    sealed.ok_or(StoreError::Unreadable { what: "a pipeline" })
}

pub(crate) fn children(db: &Connection, parent: PipelineId) -> Result<Vec<PipelineRow>, StoreError> {
    let mut only = Where::default();
    only.with("parent_id = ?", parent.0);
    rows(db, &only, "ORDER BY id")
}

pub(crate) fn delete(db: &Connection, id: PipelineId) -> Result<bool, StoreError> {
    Ok(db.prepare_cached("DELETE FROM pipelines WHERE id = ?1")?.execute([id.0])? > 0)
}

fn text_of(row: &Row<'_>) -> rusqlite::Result<String> {
    row.get(0)
}

fn rows(db: &Connection, only: &Where, rest: &str) -> Result<Vec<PipelineRow>, StoreError> {
    let found = only.all(db, "SELECT data FROM pipelines", rest, text_of)?;
    found.iter().map(|text| json::read("a pipeline", text)).collect()
}

/// Pipelines of a ref that a newer one could make redundant, the oldest first: no children, not over.
pub(crate) fn candidates(
    db: &Connection,
    project: ProjectId,
    name: &str,
    tag: bool,
    before: PipelineId,
) -> Result<Vec<PipelineRow>, StoreError> {
    let mut only = Where::default();
    only.with("project_id = ?", project.0);
    only.with("ref_name = ?", name.to_owned());
    only.with("tag = ?", tag);
    only.with("id < ?", before.0);
    only.that("parent_id IS NULL");
    only.that("status NOT IN ('success', 'failed', 'canceled', 'skipped', 'canceling')");
    let mut found = rows(db, &only, "ORDER BY id DESC LIMIT 3000")?;
    found.reverse();
    Ok(found)
}

/// The newest successful pipeline of a ref, children left out, that is older than another one where one is given.
pub(crate) fn successful(
    db: &Connection,
    project: ProjectId,
    name: &str,
    tag: Option<bool>,
    limit: u32,
) -> Result<Vec<PipelineRow>, StoreError> {
    let mut only = Where::default();
    only.with("project_id = ?", project.0);
    only.with("ref_name = ?", name.to_owned());
    only.maybe("tag = ?", tag);
    only.that("parent_id IS NULL AND status = 'success'");
    rows(db, &only, &format!("ORDER BY id DESC LIMIT {limit}"))
}

pub(crate) fn page(
    db: &Connection,
    project: Option<ProjectId>,
    filter: &PipelineFilter,
    page: Page,
) -> Result<Paged<PipelineRow>, StoreError> {
    let mut only = Where::default();
    only.maybe("project_id = ?", project.map(|project| project.0));
    only.maybe("status = ?", filter.status.map(|status| status.as_str().to_owned()));
    only.maybe("ref_name = ?", filter.reference.clone());
    only.maybe("sha = ?", filter.sha.clone());
    only.maybe("source = ?", filter.source.clone());
    only.maybe("name = ?", filter.name.clone());
    only.maybe("user_id = ?", filter.user.map(|user| user.0));
    if !filter.children {
        only.that("parent_id IS NULL");
    }
    if let Some(invalid) = filter.invalid {
        let not = if invalid { "NOT " } else { "" };
        only.that(&format!("json_extract(data, '$.yaml_errors') IS {not}NULL"));
    }
    let between = |only: &mut Where, field: &str, (from, to): (Option<Moment>, Option<Moment>)| {
        let value = |moment: Moment| i64::try_from(moment.0).unwrap_or(i64::MAX);
        only.maybe(&format!("json_extract(data, '$.{field}') >= ?"), from.map(value));
        only.maybe(&format!("json_extract(data, '$.{field}') <= ?"), to.map(value));
    };
    between(&mut only, "created_at", filter.created);
    between(&mut only, "updated_at", filter.updated);
    scope(&mut only, filter.scope.as_deref());
    let found = only.page(db, ("data", "pipelines", &order(filter)), page, text_of)?;
    let items = found.items.iter().map(|text| json::read("a pipeline", text)).collect::<Result<_, _>>()?;
    Ok(Paged { items, total: found.total })
}

/// The number decides where the rest is equal.
fn order(filter: &PipelineFilter) -> String {
    let way = if filter.ascending { "" } else { " DESC" };
    let first = match filter.order {
        PipelineOrder::Id => return format!("id{way}"),
        PipelineOrder::Status => "status",
        PipelineOrder::Reference => "ref_name",
        PipelineOrder::Updated => "json_extract(data, '$.updated_at')",
        PipelineOrder::User => "user_id",
    };
    format!("{first}{way}, id{way}")
}

/// GitLab's scopes; an unknown one lets nothing through.
fn scope(only: &mut Where, scope: Option<&str>) {
    match scope {
        None | Some("" | "all") => {}
        Some("running") => only.one_of("status", &["running", "canceling"]),
        Some("pending") => {
            only.one_of("status", &["pending", "created", "waiting_for_resource", "preparing"]);
        }
        Some("finished") => only.one_of("status", &["success", "failed", "canceled"]),
        Some(of @ ("branches" | "tags")) => {
            only.with("tag = ?", Value::from(of == "tags"));
            only.that("id IN (SELECT max(id) FROM pipelines GROUP BY project_id, ref_name, tag)");
        }
        Some(_) => only.that("0"),
    }
}

/// All pipelines of a project.
pub(crate) fn ids(db: &Connection, project: ProjectId) -> Result<Vec<PipelineId>, StoreError> {
    let mut only = Where::default();
    only.with("project_id = ?", project.0);
    only.all(db, "SELECT id FROM pipelines", "", |row| row.get(0).map(PipelineId))
}
