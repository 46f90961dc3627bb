//! The API that runners call, as an unmodified gitlab-runner expects it: registration, jobs, traces, artifacts.
//!
//! Statuses are exact, since the runner takes most others as failures that are worth a repeat; a job that is unknown
//! or not its is 403, never 404. Errors that pass are 5xx: 403 makes a runner give its job up.

mod answer;
mod base;
mod body;
mod download;
mod expiry;
mod form;
mod guard;
mod kinds;
mod linger;
#[cfg(any(test, feature = "fuzzing"))]
mod made_up;
mod params;
mod range;
mod request;
mod runners;
mod token;
mod trace;
mod update;
mod upload;
mod whole;

#[cfg(any(test, feature = "fuzzing"))]
pub use made_up::{call_of_anything, range_of_anything, upload_of_anything};

use crate::access::Limiter;
use crate::files::JobFiles;
use crate::kernel::Kernel;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, patch, post, put};
use std::time::Duration;

/// How runners are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunnerApi {
    /// How long a request for a job is held back while there is none.
    pub patience: Duration,
    /// After how many seconds artifacts expire that say nothing of it; nothing keeps them.
    pub expire_in: Option<u64>,
    /// How long the end of a job is held back while its trace is not whole.
    pub trace_patience: Duration,
    /// Calls with tokens that are not known: per minute and address. Further ones are told to wait.
    pub wrong_tokens: u32,
    /// Whether somebody said how the coordinator is reached. Otherwise jobs are told the address that their runner
    /// uses: what is made of where the coordinator listens leads nowhere from another machine or a container.
    pub has_url: bool,
}

impl Default for RunnerApi {
    /// As GitLab: 50 seconds, 30 days, 5 minutes, an address that is known.
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(50),
            expire_in: Some(30 * 24 * 3600),
            trace_patience: Duration::from_secs(300),
            wrong_tokens: 300,
            has_url: true,
        }
    }
}

/// What handlers work with.
#[derive(Clone)]
struct Desk {
    kernel: Kernel,
    files: JobFiles,
    settings: RunnerApi,
}

/// All routes, below `/api/v4`. None of them has a limit of time: requests for jobs wait, uploads take long.
pub fn router(kernel: Kernel, files: JobFiles, settings: RunnerApi) -> Router {
    let routes: [(&str, MethodRouter<Desk>); 10] = [
        ("/runners", post(runners::register).delete(runners::unregister)),
        ("/runners/verify", post(runners::verify)),
        ("/runners/managers", delete(runners::unregister_manager)),
        ("/runners/reset_authentication_token", post(runners::reset)),
        ("/runners/router/discovery", get(runners::discovery)),
        ("/jobs/request", post(request::request)),
        ("/jobs/{id}", put(update::update)),
        ("/jobs/{id}/trace", patch(trace::append)),
        ("/jobs/{id}/artifacts", post(upload::upload).get(download::download)),
        ("/jobs/{id}/artifacts/authorize", post(upload::authorize)),
    ];
    let router = routes.into_iter().fold(Router::new(), |router, (path, methods)| {
        let path = format!("/api/v4{path}");
        router.route(&path, methods.clone()).route(&format!("{path}/"), methods)
    });
    let wrong = guard::Wrong::new(Limiter::new(settings.wrong_tokens));
    router
        .layer(from_fn_with_state(wrong, guard::guard))
        .layer(DefaultBodyLimit::disable())
        .with_state(Desk { kernel, files, settings })
}
