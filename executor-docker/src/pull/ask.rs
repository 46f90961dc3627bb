//! The request to pull an image.

use super::failure::Failure;
use super::progress::{Report, Tracker};
use crate::auth::Login;
use crate::platform::Platform;
use crate::reference::Reference;
use bollard::query_parameters::CreateImageOptionsBuilder;
use bollard::{BollardRequest, Docker};
use futures_util::StreamExt;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long a pull may come to nothing. The engine itself waits for ever.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// While a registry is to send something.
    pub registry: Duration,
    /// While the engine works by itself: unpacks, or copies layers that are there.
    pub engine: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { registry: Duration::from_secs(60), engine: Duration::from_secs(900) }
    }
}

/// Longer than any job: this module's own patience is what counts.
const ENDLESS: Duration = Duration::from_secs(365 * 24 * 3600);

/// What is pulled.
pub(super) struct Wish<'a> {
    pub(super) reference: &'a Reference,
    /// As the job wrote it.
    pub(super) name: &'a str,
    pub(super) platform: Option<&'a Platform>,
    pub(super) login: Option<&'a Login>,
}

/// Has the engine pull; it stops when this future is dropped. `tell` hears how far it is whenever that changes.
pub(super) async fn pull(
    docker: &Docker,
    wish: &Wish<'_>,
    patience: Patience,
    mut tell: impl FnMut(Report),
) -> Result<(), Failure> {
    // The last message of the engine may be an error: it is read to the end. Without a tag it would pull all of
    // them.
    let (repository, version) = wish.reference.pull_parts();
    let mut options = CreateImageOptionsBuilder::default().from_image(&repository).tag(&version);
    if let Some(platform) = wish.platform {
        options = options.platform(&platform.to_string());
    }
    let conceal = |text: &str| wish.login.map_or_else(|| text.to_owned(), |login| login.conceal(text));
    let mut docker = docker.clone();
    docker.set_timeout(ENDLESS);
    if let Some(login) = wish.login {
        // The client would write the header in the other base64.
        let header = login.header(wish.name);
        docker = docker.with_request_modifier(move |request| with_header(request, header.expose()));
    }
    let mut items = docker.create_image(Some(options.build()), None, None);
    let mut tracker = Tracker::default();
    let mut last = Instant::now();
    loop {
        let patience = if tracker.is_unpacking() { patience.engine } else { patience.registry };
        let Ok(item) = timeout_at(last + patience, items.next()).await else {
            return Err(Failure::stalled(patience.as_secs(), tracker.has_moved()));
        };
        match item {
            None => return Ok(()),
            Some(Err(error)) => return Err(Failure::of_pull(&error, conceal)),
            Some(Ok(item)) => {
                if tracker.observe(&item) {
                    last = Instant::now();
                    tell(tracker.report());
                }
            }
        }
    }
}

fn with_header(mut request: BollardRequest, header: &str) -> BollardRequest {
    const NAME: &str = "x-registry-auth";
    if let Ok(value) = header.parse() {
        request.headers_mut().insert(NAME, value);
    }
    if let Some(value) = request.headers_mut().get_mut(NAME) {
        // Not for anybody's debug output.
        value.set_sensitive(true);
    }
    request
}
