//! Artifacts: folders, files as text, downloads.

use super::answer;
use super::entry::Case;
use crate::model::Project;
use crate::pages::screens::artifacts;
use crate::pages::views::{Answer, Oops, Views, Wanted};
use axum::response::Response;
use pipeline::JobId;

/// What `/artifacts/…` asks for.
pub(super) async fn answer<V: Views>(
    case: &Case<'_, V>,
    at: &Project,
    id: JobId,
    words: &[&str],
) -> Answer<Response> {
    match words {
        ["download"] => {
            let kind = case.ask.query.some("file_type").unwrap_or_else(|| "archive".to_owned());
            Ok(answer::attachment(case.views.download(at, id, Wanted::Kind(kind)).await?))
        }
        ["raw", parts @ ..] => {
            let path = path_of(parts)?;
            Ok(answer::attachment(case.views.download(at, id, Wanted::File(path)).await?))
        }
        ["file", parts @ ..] => {
            let path = path_of(parts)?;
            let job = case.views.job(at, id).await?;
            let preview = case.views.preview(at, id, &path).await?;
            Ok(answer::page(artifacts::file(case.ui, at, &job, &path, &preview)))
        }
        [] | ["browse", ..] => {
            let parts = words.get(1..).unwrap_or_default();
            let folder = if parts.is_empty() { String::new() } else { path_of(parts)? };
            let job = case.views.job(at, id).await?;
            let entries = case.views.artifacts(at, id, &folder).await?.ok_or(Oops::NotFound)?;
            Ok(answer::page(artifacts::folder(case.ui, at, &job, &folder, &entries)))
        }
        _ => Err(Oops::NotFound),
    }
}

/// A path inside an archive; one that leaves it is none.
fn path_of(parts: &[&str]) -> Answer<String> {
    let path = parts.join("/");
    let sane = |part: &str| !part.is_empty() && part != "." && part != "..";
    if path.split('/').all(sane) { Ok(path) } else { Err(Oops::NotFound) }
}
