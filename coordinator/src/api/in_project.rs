//! What handlers of a project's lists have in common: who asks, the project, and which page is wanted.

use super::app::{App, project_ref};
use super::error::ApiError;
use super::paging::Paging;
use super::params::Params;
use crate::access::{Actor, Visitor};
use crate::model::Project;
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;

/// Somebody who may see a project, or may not.
pub(super) trait Onlooker {
    /// Whether they may.
    fn sees(&self, project: &Project) -> bool;
}

/// Anybody sees what they may read.
impl Onlooker for Visitor {
    fn sees(&self, project: &Project) -> bool {
        self.may_read(project)
    }
}

/// Lists with secrets are for whoever may change the project.
impl Onlooker for Actor {
    fn sees(&self, project: &Project) -> bool {
        self.may_change(project)
    }
}

/// A request for a list of a project. To those who may not see the project, there is none.
pub(super) struct InProject<W = Visitor> {
    pub(super) app: App,
    pub(super) project: Project,
    pub(super) params: Params,
    pub(super) paging: Paging,
    words: Vec<(String, String)>,
    /// Who asks.
    pub(super) who: W,
}

impl<W> InProject<W> {
    /// A word of the path.
    pub(super) fn word(&self, name: &str) -> &str {
        of(&self.words, name)
    }
}

fn of<'a>(words: &'a [(String, String)], name: &str) -> &'a str {
    words.iter().find(|(key, _)| key == name).map(|(_, word)| word.as_str()).unwrap_or_default()
}

impl<W> FromRequestParts<App> for InProject<W>
where
    W: Onlooker + FromRequestParts<App, Rejection = ApiError> + Send,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let who = W::from_request_parts(parts, app).await?;
        let words = RawPathParams::from_request_parts(parts, app).await;
        let words = words.map_err(|_| ApiError::not_found(""))?;
        let words: Vec<(String, String)> =
            words.iter().map(|(name, word)| (name.to_owned(), word.to_owned())).collect();
        let params = parts.extensions.get::<Params>().cloned().unwrap_or_default();
        let project = app.kernel.project(project_ref(of(&words, "id"))).await?;
        if !who.sees(&project) {
            return Err(ApiError::not_found("Project"));
        }
        let paging = app.paging(&params, &parts.uri)?;
        Ok(Self { app: app.clone(), project, params, paging, words, who })
    }
}
