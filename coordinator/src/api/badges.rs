//! Badges of a ref: pipeline and coverage.
//!
//! Their address begins with the path of a project, which has slashes, and may end in a ref that has some, too: the
//! parts are told apart by the word `badges`.

use super::app::App;
use super::badge::Badge;
use super::error::ApiError;
use super::params::Params;
use crate::access::Visitor;
use crate::model::{JobFilter, Page, Project};
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, EXPIRES, PRAGMA};
use http::{HeaderName, HeaderValue};
use pipeline::Status;

/// A badge that was asked for: the project's path, the ref, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    project: String,
    reference: String,
    coverage: bool,
}

/// Takes the address of a badge apart; nothing for all others. `path` is decoded.
pub(crate) fn asked(path: &str) -> Option<Asked> {
    let path = path.strip_prefix('/')?;
    let (path, coverage) = match path.strip_suffix("/pipeline.svg") {
        Some(rest) => (rest, false),
        None => (path.strip_suffix("/coverage.svg")?, true),
    };
    let (project, reference) = path.split_once("/badges/")?;
    let project = project.strip_suffix("/-").unwrap_or(project);
    let whole = !project.is_empty() && !reference.is_empty();
    whole.then(|| Asked { project: project.to_owned(), reference: reference.to_owned(), coverage })
}

/// Draws it.
pub(crate) async fn draw(
    app: &App,
    visitor: &Visitor,
    asked: &Asked,
    params: &Params,
) -> Result<Response, ApiError> {
    let project = app.readable(visitor, &asked.project).await?;
    let badge = if asked.coverage {
        coverage(app, &project, &asked.reference, params).await?
    } else {
        pipeline(app, &project, &asked.reference, params).await?
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")),
        (CACHE_CONTROL, HeaderValue::from_static("private, no-cache, no-store, must-revalidate")),
        (PRAGMA, HeaderValue::from_static("no-cache")),
        (EXPIRES, HeaderValue::from_static("Fri, 01 Jan 1990 00:00:00 GMT")),
        // Badges are shown by other sites.
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
    ];
    Ok((headers, badge.svg()).into_response())
}

/// What both take.
fn common(
    params: &Params,
    key: &str,
    value: String,
    width: u32,
    colour: &'static str,
) -> Result<Badge, ApiError> {
    let key_text = params.text("key_text")?.filter(|text| text.chars().count() <= 64);
    let key_width = params.number("key_width")?.and_then(|width| u32::try_from(width).ok());
    Ok(Badge {
        key: key_text.unwrap_or_else(|| key.to_owned()),
        key_width: key_width.filter(|width| (1..=512).contains(width)).unwrap_or(62),
        value,
        value_width: width,
        colour,
        square: params.text("style")?.as_deref() == Some("flat-square"),
    })
}

async fn pipeline(app: &App, project: &Project, reference: &str, params: &Params) -> Result<Badge, ApiError> {
    let ignore = params.boolean("ignore_skipped")?.unwrap_or(false);
    let row = super::pipelines::newest(app, project, reference, ignore).await?;
    let (text, colour) = of_status(row.map(|row| row.status));
    let width = if text.chars().count() > 8 { 58 } else { 54 };
    common(params, "pipeline", text.to_owned(), width, colour)
}

fn of_status(status: Option<Status>) -> (&'static str, &'static str) {
    let Some(status) = status else { return ("unknown", "#9f9f9f") };
    let colour = match status {
        Status::Success => return ("passed", "#4c1"),
        Status::Failed => "#e05d44",
        Status::Running | Status::Pending => "#dfb317",
        Status::Preparing => "#a7a7a7",
        Status::Created
        | Status::WaitingForResource
        | Status::WaitingForCallback
        | Status::Canceling
        | Status::Canceled
        | Status::Skipped
        | Status::Manual
        | Status::Scheduled => "#9f9f9f",
    };
    (status.as_str(), colour)
}

async fn coverage(app: &App, project: &Project, reference: &str, params: &Params) -> Result<Badge, ApiError> {
    let row = super::pipelines::newest(app, project, reference, false).await?;
    let percent = match (row, params.text("job")?) {
        (None, _) => None,
        (Some(row), None) => row.coverage,
        (Some(row), Some(name)) => {
            let filter =
                JobFilter { pipeline: Some(row.id), name: Some(name.clone()), ..JobFilter::default() };
            let found = app.kernel.jobs(Some(project.id), filter, Page::new(1, 100)).await?;
            found.items.iter().find(|job| job.name == name).and_then(|job| job.coverage)
        }
    };
    let bound = |name: &str, default: f64| -> Result<f64, ApiError> {
        let text = params.text(name)?;
        Ok(text
            .and_then(|text| text.parse().ok())
            .filter(|n: &f64| (0.0..=100.0).contains(n))
            .unwrap_or(default))
    };
    let bounds = [
        (bound("min_good", 95.0)?, "#4c1"),
        (bound("min_acceptable", 90.0)?, "#a3c51c"),
        (bound("min_medium", 75.0)?, "#dfb317"),
    ];
    let (text, colour) = of_coverage(percent, &bounds);
    let width = if percent.is_some() { 54 } else { 58 };
    common(params, "coverage", text, width, colour)
}

fn of_coverage(percent: Option<f64>, bounds: &[(f64, &'static str)]) -> (String, &'static str) {
    let Some(percent) = percent else { return ("unknown".to_owned(), "#9f9f9f") };
    let bound = bounds.iter().find(|(least, _)| percent >= *least);
    (format!("{percent:.2}%"), bound.map_or("#e05d44", |(_, colour)| colour))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let of = |path: &str| asked(path).map(|asked| (asked.project, asked.reference, asked.coverage));
        assert_eq!(of("/a/b/badges/main/pipeline.svg"), Some(("a/b".into(), "main".into(), false)));
        assert_eq!(
            of("/a/b/-/badges/feature/x/coverage.svg"),
            Some(("a/b".into(), "feature/x".into(), true))
        );
        assert_eq!(of("/a/b/badges/pipeline.svg"), None);
        assert_eq!(of("/badges/main/pipeline.svg"), None);
        assert_eq!(of("/a/b/badges/main/release.svg"), None);
    }

    #[test]
    fn colours() {
        assert_eq!(of_status(Some(Status::Success)), ("passed", "#4c1"));
        assert_eq!(of_status(Some(Status::WaitingForResource)).0, "waiting_for_resource");
        assert_eq!(of_status(None), ("unknown", "#9f9f9f"));
        let bounds = [(95.0, "good"), (90.0, "fine"), (75.0, "so-so")];
        assert_eq!(of_coverage(Some(95.0), &bounds), ("95.00%".into(), "good"));
        assert_eq!(of_coverage(Some(94.999), &bounds).1, "fine");
        assert_eq!(of_coverage(Some(10.0), &bounds).1, "#e05d44");
        assert_eq!(of_coverage(None, &bounds).0, "unknown");
    }
}
