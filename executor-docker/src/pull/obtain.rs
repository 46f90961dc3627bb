//! One job's images.

use super::ask::Patience;
use super::errand::Errand;
use super::error::PullError;
use super::image::ImageInfo;
use super::log::Log;
use super::progress::Pace;
use super::turn::Turns;
use crate::Settings;
use crate::auth::{Keyring, Sources, one_line};
use crate::platform::Platform;
use crate::policy;
use crate::reference::Reference;
use bollard::Docker;
use executor::{CancellationToken, Output};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Obtains the images of one job. What it has obtained it does not look for again.
pub struct Puller {
    pub(super) docker: Docker,
    pub(super) settings: Arc<Settings>,
    pub(super) keyring: Keyring,
    pub(super) turns: Option<Turns>,
    pub(super) patience: Patience,
    /// Until the log is told of progress for the first time.
    pub(super) quiet: Duration,
    obtained: Mutex<HashMap<(String, String), Arc<Slot>>>,
}

/// An image, once it is there.
pub(super) type Slot = tokio::sync::Mutex<Option<ImageInfo>>;

impl Puller {
    /// A puller for one job. `turns` is a folder that the runner's jobs share, if they are to pull one after the
    /// other; nobody else may be able to write to it.
    pub fn new(
        docker: &Docker,
        settings: &Arc<Settings>,
        credentials: Sources,
        turns: Option<PathBuf>,
    ) -> Self {
        Self {
            docker: docker.clone(),
            settings: Arc::clone(settings),
            keyring: Keyring::new(credentials),
            turns: turns.map(|folder| Turns { folder, glance: Pace::FIRST }),
            patience: Patience::default(),
            quiet: Pace::FIRST,
            obtained: Mutex::default(),
        }
    }

    /// With another patience than usual.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Makes sure that the engine has an image, by the policies that are wanted as far as they are allowed.
    ///
    /// `image` is its name with variables filled in, `platform` is empty for the engine's own. The first time the
    /// log learns what happens; after that the answer is known.
    ///
    /// # Errors
    /// [`PullError`]. What may pass by itself was tried again by then.
    pub async fn obtain(
        &self,
        image: &str,
        wanted: &[String],
        platform: &str,
        output: &dyn Output,
        stop: &CancellationToken,
    ) -> Result<ImageInfo, PullError> {
        let policies = policy::effective(wanted, &self.settings, image)?;
        let reference =
            Reference::parse(image).ok_or_else(|| PullError::Name { image: one_line(image, 200) })?;
        let log = Log(output);
        let errand =
            Errand { puller: self, name: image, reference, platform: target(image, platform, log)?, log };
        stop.run_until_cancelled(errand.run(&policies)).await.unwrap_or(Err(PullError::Stopped))
    }

    pub(super) fn slot(&self, image: &str, platform: String) -> Arc<Slot> {
        let mut obtained = self.obtained.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(obtained.entry((image.to_owned(), platform)).or_default())
    }
}

/// The platform of a text; none for an empty one.
fn target(image: &str, text: &str, log: Log<'_>) -> Result<Option<Platform>, PullError> {
    if text.is_empty() {
        return Ok(None);
    }
    let platform =
        Platform::parse(text).map_err(|error| PullError::Platform { image: image.to_owned(), error })?;
    // A system alone that has no containers is taken for Linux.
    let is_processor = Platform::parse(&format!("{}/{text}", platform.os)).as_ref() == Ok(&platform);
    if !text.contains('/') && !is_processor && !text.eq_ignore_ascii_case(&platform.os) {
        log.warning(&format!(
            "Platform OS {text:?} in {text:?} is not a valid container OS; using {:?} instead",
            platform.os
        ));
    }
    Ok(Some(platform))
}

#[cfg(test)]
mod tests {
    use super::*;
    use executor::Stream;

    struct Nowhere;

    impl Output for Nowhere {
        fn write(&self, _: Stream, _: &[u8]) {}
    }

    #[test]
    fn tasks_can_wait_for_images() {
        fn is_send<T: Send>(_: T) {}
        let docker = Docker::connect_with_http("127.0.0.1:1", 1, bollard::API_DEFAULT_VERSION).unwrap();
        let puller = Puller::new(&docker, &Arc::default(), Sources::default(), None);
        is_send(puller.obtain("a", &[], "", &Nowhere, &CancellationToken::new()));
    }
}
