//! Tells at once when a service ends, as long as the job goes on.

use super::events::Events;
use super::logs::last_lines;
use super::report::{DID_NOT_START, ENDED, Trouble, end, is_fine};
use super::service::Service;
use crate::container::Fate;
use crate::voice::Voice;
use bollard::Docker;
use executor::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// How many lines of its log a service that ended is shown with.
const LINES: usize = 50;
/// How long who waits for a report waits for it.
const PATIENCE: Duration = Duration::from_secs(15);

/// Watches one service. Ends when it is dropped.
pub(super) struct Sentry {
    /// The service.
    pub(super) service: Service,
    post: Arc<Post>,
    told: watch::Receiver<bool>,
    task: AbortHandle,
}

/// What the watch and those who wait share.
struct Post {
    was_ready: AtomicBool,
}

impl Sentry {
    /// Begins the watch.
    pub(super) fn new(docker: &Docker, events: &Events, service: Service, output: &Arc<dyn Output>) -> Self {
        if let Some(code) = service.ended {
            events.note_end(&service.id, code);
        }
        let post = Arc::new(Post { was_ready: AtomicBool::new(false) });
        let (tell, told) = watch::channel(false);
        let watch = watch_over(
            docker.clone(),
            events.clone(),
            service.clone(),
            Arc::clone(output),
            Arc::clone(&post),
        );
        let task = tokio::spawn(async move {
            watch.await;
            tell.send_replace(true);
        });
        Self { service, post, told, task: task.abort_handle() }
    }

    /// From now on the service is known to have been ready.
    pub(super) fn note_ready(&self) {
        self.post.was_ready.store(true, Ordering::Relaxed);
    }

    /// Waits until the service's end, which is known to have come, was told.
    pub(super) async fn told(&self) {
        let mut told = self.told.clone();
        let _ = timeout(PATIENCE, told.wait_for(|told| *told)).await;
    }

    /// Ends the watch.
    pub(super) fn dismiss(&self) {
        self.task.abort();
    }
}

impl Drop for Sentry {
    fn drop(&mut self) {
        self.dismiss();
    }
}

async fn watch_over(
    docker: Docker,
    events: Events,
    service: Service,
    output: Arc<dyn Output>,
    post: Arc<Post>,
) {
    events.ended(&service.id).await;
    let fate = Fate::of(&docker, &service.id).await;
    let Some(error) = end(&service, &fate) else { return };
    if is_fine(&fate) {
        Voice::new(output).plain(&format!("Note: {error}."));
        return;
    }
    let logs = last_lines(&docker, &service.id, LINES).await;
    let heading = if post.was_ready.load(Ordering::Relaxed) { ENDED } else { DID_NOT_START };
    Trouble { heading, error: &error, check: None, logs: &logs }.tell(&service, &*output);
}
