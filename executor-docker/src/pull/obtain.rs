//! One job's images.

use super::ask::{self, Patience, Wish};
use super::error::PullError;
use super::failure::{Class, Failure};
use super::hint::{Access, explain};
use super::image::ImageInfo;
use super::log::Log;
use super::look::{Look, look};
use super::progress::{Pace, Report};
use super::tries;
use super::turn::{Fate, Hold, Turn, Turns};
use crate::Settings;
use crate::auth::{Found, Keyring, Sources, one_line, registry_of};
use crate::platform::Platform;
use crate::policy::{self, Policy};
use crate::reference::Reference;
use bollard::Docker;
use executor::{CancellationToken, Output};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// A pull of another job counts for one that wants an image pulled always, if the registry was asked this long
/// before at most: jobs of one pipeline start together. Whoever comes later asks again, for a tag may have been
/// moved meanwhile.
const FRESH: Duration = Duration::from_secs(5);

/// How often others may be told of progress.
const TELL: Duration = Duration::from_secs(1);

/// Obtains the images of one job. What it has obtained it does not look for again.
pub struct Puller {
    docker: Docker,
    settings: Arc<Settings>,
    keyring: Keyring,
    turns: Option<Turns>,
    patience: Patience,
    obtained: Mutex<HashMap<(String, String), Arc<Slot>>>,
}

/// An image, once it is there.
type Slot = tokio::sync::Mutex<Option<ImageInfo>>;

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
            turns: turns.map(Turns),
            patience: Patience::default(),
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

    fn slot(&self, image: &str, platform: String) -> Arc<Slot> {
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
    let written = text.split_once('/').map_or("", |(os, _)| os);
    if !written.is_empty() && !written.eq_ignore_ascii_case(&platform.os) {
        log.warning(&format!(
            "Platform OS {written:?} in {text:?} is not a valid container OS; using {:?} instead",
            platform.os
        ));
    }
    Ok(Some(platform))
}

/// One image that is to be obtained.
struct Errand<'a> {
    puller: &'a Puller,
    name: &'a str,
    reference: Reference,
    platform: Option<Platform>,
    log: Log<'a>,
}

impl Errand<'_> {
    async fn run(&self, policies: &[Policy]) -> Result<ImageInfo, PullError> {
        let slot =
            self.puller.slot(self.name, self.platform.as_ref().map(Platform::to_string).unwrap_or_default());
        // Services of one image wait for each other here.
        let mut obtained = slot.lock().await;
        if let Some(image) = &*obtained {
            return Ok(image.clone());
        }
        let list = policy::list(policies);
        self.log.plain(&format!("Using effective pull policy of {list} for container {}", self.name));
        let image = self.by_any(policies).await.map_err(|failure| PullError::Failed {
            image: self.name.to_owned(),
            policies: list.clone(),
            class: failure.class,
            explanation: explain(&failure),
            answer: failure.answer,
        })?;
        if let Some(line) = image.line(self.name) {
            self.log.plain(&line);
        }
        Ok(obtained.insert(ImageInfo { policies: list, ..image }).clone())
    }

    async fn by_any(&self, policies: &[Policy]) -> Result<ImageInfo, Failure> {
        let mut last = Failure::configuration("there is no pull policy");
        for (attempt, policy) in (1..).zip(policies) {
            if attempt > 1 {
                self.log.info(&format!("Attempt #{attempt}: Trying \"{policy}\" pull policy"));
            }
            match self.by(*policy).await {
                Ok(image) => return Ok(image),
                Err(failure) => last = failure,
            }
            self.log.warning(&format!("Failed to pull image with policy \"{policy}\": {}", last.answer));
        }
        Err(last)
    }

    async fn by(&self, policy: Policy) -> Result<ImageInfo, Failure> {
        let is_id = is_id(self.name);
        // What is pulled in any case need not be looked up before.
        if policy == Policy::Always && !is_id {
            return self.pull(policy).await;
        }
        match (self.look().await?, policy) {
            (Look::Here(image), _) if is_id => Ok(*image),
            (Look::Here(image), Policy::IfNotPresent) => Ok(self.local(*image)),
            (Look::Here(image), _) => Ok(*image),
            (Look::Absent, _) if is_id => Err(Failure::configuration(
                "the engine has no image with this id, and no image can be pulled by its id",
            )),
            (Look::Absent, Policy::Never) => Err(Failure {
                class: Class::Absent,
                ..Failure::configuration(format!(
                    "No such image: {}, and pull policy \"never\" forbids to pull it",
                    self.name
                ))
            }),
            (Look::Other(platform), _) if is_id || policy == Policy::Never => {
                Err(Failure::configuration(format!(
                    "the engine has the image for {platform} and not for {}",
                    self.platform.as_ref().map(Platform::to_string).unwrap_or_default()
                )))
            }
            (Look::Absent | Look::Other(_), _) => self.pull(policy).await,
        }
    }

    async fn look(&self) -> Result<Look, Failure> {
        look(&self.puller.docker, self.name, self.platform.as_ref()).await
    }

    fn local(&self, image: ImageInfo) -> ImageInfo {
        self.log.plain("Using locally found image version due to \"if-not-present\" pull policy");
        image
    }

    async fn pull(&self, policy: Policy) -> Result<ImageInfo, Failure> {
        let (found, access) = self.credentials().await?;
        let with = found.as_ref().map(|found| found.login.fingerprint()).unwrap_or_default();
        let now = SystemTime::now();
        let (hold, is_done) = match self.turn().await {
            Some(Turn::Mine { hold, waited }) => (Some(hold), waited && policy == Policy::IfNotPresent),
            Some(Turn::Over(Fate::Pulled { with: theirs, asked })) => {
                let is_fresh = theirs == with && now.duration_since(asked).map_or(true, |age| age <= FRESH);
                (None, is_fresh || policy == Policy::IfNotPresent)
            }
            Some(Turn::Over(Fate::OutOfReach)) | None => (None, false),
        };
        if is_done && let Look::Here(image) = self.look().await? {
            return Ok(match policy {
                Policy::IfNotPresent => self.local(*image),
                Policy::Always | Policy::Never => {
                    self.log.plain(&format!("Another job has just pulled docker image {}", self.name));
                    *image
                }
            });
        }
        let pulled = self.ask(found.as_ref(), hold.as_ref()).await;
        match (&pulled, hold) {
            (Ok(asked), Some(hold)) => hold.end(Fate::Pulled { with, asked: *asked }),
            (Err(failure), Some(hold)) if failure.class == Class::External => hold.end(Fate::OutOfReach),
            _ => {}
        }
        pulled.map_err(|failure| Failure { access: Some(access), ..failure })?;
        match self.look().await? {
            Look::Here(image) => Ok(*image),
            Look::Absent => Err(Failure {
                class: Class::Engine,
                ..Failure::configuration("the image is gone right after it was pulled")
            }),
            Look::Other(platform) => Err(Failure::configuration(format!(
                "what the registry has by this name is for {platform} only"
            ))),
        }
    }

    async fn credentials(&self) -> Result<(Option<Found>, Access), Failure> {
        let search = self.puller.keyring.find(self.name).await;
        let search = search.map_err(|error| Failure::configuration(error.to_string()))?;
        for warning in &search.warnings {
            self.log.warning(warning);
        }
        let access = match &search.found {
            Some(found) => Access::With { source: found.source.clone(), path: found.path.clone() },
            None => Access::Without { registry: registry_of(self.name), looked_in: search.looked_in },
        };
        Ok((search.found, access))
    }

    /// Waits for the turn to pull; none where there are no turns, or they do not work.
    async fn turn(&self) -> Option<Turn> {
        let platform = self.platform.as_ref().map(Platform::to_string).unwrap_or_default();
        let image = self.reference.image_to_pull();
        let what = format!("{}\n{platform}\n{image}", self.puller.settings.host);
        let mut pace = Pace::new(Instant::now());
        let told = |report: Option<Report>| match report {
            None => {
                self.log.plain(&format!("Waiting for another job that pulls docker image {} ...", self.name))
            }
            Some(report) if pace.is_due(Instant::now(), report) => {
                self.log.plain(&format!("Another job pulls docker image {}: {report}", self.name));
            }
            Some(_) => {}
        };
        let turn = self.puller.turns.as_ref()?.take(&what, told).await;
        turn.inspect_err(|error| tracing::warn!(%error, image, "Jobs cannot take turns to pull an image"))
            .ok()
    }

    /// Asks the registry, as often as makes sense; returns when it was asked last.
    async fn ask(&self, found: Option<&Found>, hold: Option<&Hold>) -> Result<SystemTime, Failure> {
        if let Some(found) = found {
            self.log.plain(&format!("Authenticating with credentials from {}", found.source));
        }
        let platform = self.platform.as_ref().map(|platform| format!(" for platform {platform}"));
        let what = format!("docker image {}{}", self.name, platform.unwrap_or_default());
        self.log.plain(&format!("Pulling {what} ..."));
        let wish = Wish {
            reference: &self.reference,
            name: self.name,
            platform: self.platform.as_ref(),
            login: found.map(|found| &found.login),
        };
        let mut pace = Pace::new(Instant::now());
        let mut told: Option<Instant> = None;
        let mut tell = |report: Report| {
            let now = Instant::now();
            if pace.is_due(now, report) {
                self.log.plain(&format!("Pulling {what}: {report}"));
            }
            if let Some(hold) = hold.filter(|_| told.is_none_or(|told| now >= told + TELL)) {
                hold.tell(report);
                told = Some(now);
            }
        };
        tries::again(self.log, self.name, async || {
            let now = SystemTime::now();
            ask::pull(&self.puller.docker, &wish, self.puller.patience, &mut tell).await?;
            Ok(now)
        })
        .await
    }
}

/// Whether a name is the whole id of an image.
fn is_id(name: &str) -> bool {
    name.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
