//! Artifacts: folders, files as text, downloads.

use super::answer;
use super::entry::Case;
use crate::model::Project;
use crate::pages::screens::artifacts;
use crate::pages::ui::escape_path;
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

/// Addresses that stay while jobs come and go: `REF/download?job=NAME`, `REF/browse/…`, `REF/file/…`, `REF/raw/…`. They
/// lead to the newest job of the name that succeeded there.
pub(super) async fn latest<V: Views>(case: &Case<'_, V>, at: &Project, words: &[String]) -> Answer<Response> {
    let name = case.ask.query.some("job").ok_or(Oops::NotFound)?;
    let acts = ["download", "browse", "file", "raw"];
    let places = words.iter().enumerate().skip(1).filter(|(_, word)| acts.contains(&word.as_str()));
    // Branches may hold such words, too: the shortest that has the job is meant.
    for (place, _) in places {
        let (reference, rest) = words.split_at(place);
        let id = match case.views.latest_job(at, &reference.join("/"), &name).await {
            Ok(id) => id,
            Err(Oops::NotFound) => continue,
            Err(other) => return Err(other),
        };
        let rest: Vec<String> = rest.iter().map(|word| escape_path(word).replace('/', "%2F")).collect();
        return Ok(answer::see_other(&format!("{}/artifacts/{}", case.ui.job(at, id), rest.join("/"))));
    }
    Err(Oops::NotFound)
}

/// A path inside an archive; one that leaves it is none.
fn path_of(parts: &[&str]) -> Answer<String> {
    let path = parts.join("/");
    let sane = |part: &str| !part.is_empty() && part != "." && part != "..";
    if path.split('/').all(sane) { Ok(path) } else { Err(Oops::NotFound) }
}
