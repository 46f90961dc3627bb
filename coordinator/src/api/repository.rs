//! Branches, tags and commits.

use super::app::App;
use super::error::ApiError;
use super::in_project::InProject;
use super::show::{pipeline_basic, repository as shown};
use crate::access::Visitor;
use crate::error::RepositoryError;
use crate::git::Git;
use crate::kernel::protects;
use crate::model::{GitRef, Page, Paged, PipelineFilter, PipelineRow, Project};
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use gitread::{Branch, LogEntry, Repository, TagFacts};
use serde_json::{Value, json};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v4/projects/{id}/repository/branches", get(branches))
        .route("/api/v4/projects/{id}/repository/branches/{name}", get(branch))
        .route("/api/v4/projects/{id}/repository/tags", get(tags))
        .route("/api/v4/projects/{id}/repository/tags/{name}", get(tag))
        .route("/api/v4/projects/{id}/repository/commits", get(commits))
        .route("/api/v4/projects/{id}/repository/commits/{sha}", get(commit))
}

fn open(git: &Git, project: &Project) -> Result<Repository, RepositoryError> {
    git.repository(project.id).ok_or(RepositoryError::NotFound)
}

/// The commit of a ref or id.
fn one(repository: &Repository, revision: &str) -> Result<Option<LogEntry>, RepositoryError> {
    // Names of branches and tags are given whole here, as ids are; elsewhere they are short.
    let id = match revision.starts_with("refs/") && gitread::is_ref_name(revision) {
        true => repository.objects().commit(revision)?,
        false => Some(revision.to_owned()),
    };
    let Some(id) = id else { return Ok(None) };
    Ok(repository.log(&id, None, 0, 1)?.into_iter().next())
}

async fn branches(at: InProject) -> Result<Response, ApiError> {
    let (search, page) = (at.params.text("search")?.unwrap_or_default(), at.paging.page);
    let found = at.app.ask(&at.project, move |git, project| {
        let repository = open(git, project)?;
        let fits = repository.branches()?.into_iter().filter(|branch| branch.name.contains(&search));
        with_commits(&repository, fits.collect(), page, |branch: &Branch| &branch.sha)
    });
    let found = found.await?;
    Ok(at.paging.answer(found, |(branch, entry)| shown_branch(&at.app, &at.project, &branch.name, entry)))
}

/// The items of one page, each with its commit.
fn with_commits<T>(
    repository: &Repository,
    all: Vec<T>,
    page: Page,
    sha: impl Fn(&T) -> &str,
) -> Result<Paged<(T, LogEntry)>, RepositoryError> {
    let total = u64::try_from(all.len()).unwrap_or(u64::MAX);
    let skip = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let size = usize::try_from(page.size).unwrap_or(usize::MAX);
    let mut items = Vec::new();
    for item in all.into_iter().skip(skip).take(size) {
        if let Some(entry) = one(repository, sha(&item))? {
            items.push((item, entry));
        }
    }
    Ok(Paged { items, total })
}

fn shown_branch(app: &App, project: &Project, name: &str, entry: &LogEntry) -> Value {
    let protected = protects(project, &GitRef::Branch(name.to_owned()));
    json!({
        "name": name,
        "commit": shown(&app.url, project, entry),
        "merged": false,
        "protected": protected,
        "developers_can_push": false,
        "developers_can_merge": false,
        "can_push": true,
        "default": name == project.default_branch,
        "web_url": format!("{}/{}/-/tree/{name}", app.url, project.path),
    })
}

async fn branch(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, name)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    let full = format!("refs/heads/{name}");
    let entry = app.ask(&project, move |git, project| one(&open(git, project)?, &full)).await?;
    let entry = entry.ok_or_else(|| ApiError::not_found("Branch"))?;
    Ok(Json(shown_branch(&app, &project, &name, &entry)))
}

async fn tags(at: InProject) -> Result<Response, ApiError> {
    let (search, page) = (at.params.text("search")?.unwrap_or_default(), at.paging.page);
    let found = at.app.ask(&at.project, move |git, project| {
        let repository = open(git, project)?;
        let fits = repository.newest_tags()?.into_iter().filter(|tag| tag.name.contains(&search));
        with_commits(&repository, fits.collect(), page, |tag: &TagFacts| &tag.sha)
    });
    let found = found.await?;
    Ok(at.paging.answer(found, |(tag, entry)| shown_tag(&at.app, &at.project, tag, entry)))
}

fn shown_tag(app: &App, project: &Project, tag: &TagFacts, entry: &LogEntry) -> Value {
    json!({
        "name": tag.name,
        "message": tag.title,
        "target": tag.sha,
        "commit": shown(&app.url, project, entry),
        "release": null,
        "protected": protects(project, &GitRef::Tag(tag.name.clone())),
        "created_at": tag.created_at,
    })
}

async fn tag(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, name)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    let found = app.ask(&project, move |git, project| {
        let repository = open(git, project)?;
        let Some(tag) = repository.newest_tags()?.into_iter().find(|tag| tag.name == name) else {
            return Ok(None);
        };
        Ok(one(&repository, &tag.sha)?.map(|entry| (tag, entry)))
    });
    let (tag, entry) = found.await?.ok_or_else(|| ApiError::not_found("Tag"))?;
    Ok(Json(shown_tag(&app, &project, &tag, &entry)))
}

async fn commits(at: InProject) -> Result<Response, ApiError> {
    let revision = at.params.text("ref_name")?.unwrap_or_else(|| at.project.default_branch.clone());
    let (path, page) = (at.params.text("path")?, at.paging.page);
    let found = at.app.ask(&at.project, move |git, project| {
        let repository = open(git, project)?;
        let skip = usize::try_from(page.offset()).unwrap_or(usize::MAX);
        let size = usize::try_from(page.size).unwrap_or(usize::MAX);
        let items = repository.log(&revision, path.as_deref(), skip, size)?;
        let total = match path {
            // Nobody counts these: one more page is looked for as long as this one is full.
            Some(_) => page.offset() + u64::from(items.len() == size) + items.len() as u64,
            None => repository.count_commits(&revision)?,
        };
        Ok(Paged { items, total })
    });
    // GitLab does not say either how many there are.
    Ok(at.paging.uncounted(found.await?, |entry| shown(&at.app.url, &at.project, entry)))
}

async fn commit(
    State(app): State<App>,
    visitor: Visitor,
    Path((id, sha)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let project = app.readable(&visitor, &id).await?;
    let entry = app.ask(&project, move |git, project| one(&open(git, project)?, &sha)).await?;
    let entry = entry.ok_or_else(|| ApiError::not_found("Commit"))?;
    let last = last_pipeline(&app, &project, &entry.sha).await?;
    let mut value = shown(&app.url, &project, &entry);
    let stage = app.stage().await?;
    if let Some(map) = value.as_object_mut() {
        map.insert("status".into(), json!(last.as_ref().map(|row| row.status)));
        let last = last.map(|row| pipeline_basic(&stage.scene(), &project, &row));
        map.insert("last_pipeline".into(), last.unwrap_or_default());
        map.insert("project_id".into(), json!(project.id));
    }
    Ok(Json(value))
}

async fn last_pipeline(app: &App, project: &Project, sha: &str) -> Result<Option<PipelineRow>, ApiError> {
    let filter = PipelineFilter { sha: Some(sha.to_owned()), ..PipelineFilter::default() };
    let found = app.kernel.pipelines(Some(project.id), filter, Page::new(1, 1)).await?;
    Ok(found.items.into_iter().next())
}
