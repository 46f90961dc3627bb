//! From a registry: with which credentials, and in which turn.

use super::ask::{self, Wish};
use super::errand::Errand;
use super::failure::{Class, Failure};
use super::hint::Access;
use super::image::ImageInfo;
use super::look::Look;
use super::progress::{Pace, Report};
use super::tries::Tries;
use super::turn::{Fate, Hold, Turn};
use crate::auth::{Found, registry_of};
use crate::platform::Platform;
use crate::policy::Policy;
use std::time::{Duration, Instant, SystemTime};

/// A pull of another job counts for one that wants an image pulled always, if the registry was asked this long
/// before at most: jobs of one pipeline start together. Whoever comes later asks again, for a tag may have been
/// moved meanwhile.
const FRESH: Duration = Duration::from_secs(5);

/// How often others may be told of progress.
const TELL: Duration = Duration::from_secs(1);

impl Errand<'_> {
    /// Has the engine pull it, or waits for another job that does.
    pub(super) async fn pull(&self, policy: Policy) -> Result<ImageInfo, Failure> {
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
        let mut pace = Pace::new(Instant::now(), self.puller.quiet);
        let told = |report: Option<Report>| match report {
            None => {
                self.log.plain(&format!("Waiting for another job that pulls docker image {} ...", self.name));
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
        let mut pace = Pace::new(Instant::now(), self.puller.quiet);
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
        let mut tries = Tries::default();
        loop {
            let now = SystemTime::now();
            let Err(failure) = ask::pull(&self.puller.docker, &wish, self.puller.patience, &mut tell).await
            else {
                return Ok(now);
            };
            let Some((attempt, pause)) = tries.after(&failure) else { return Err(failure) };
            self.log.warning(&format!(
                "Failed to pull image {:?} (attempt #{attempt}), retrying: {}",
                self.name, failure.answer
            ));
            tokio::time::sleep(pause).await;
        }
    }
}

#[cfg(test)]
mod tests;
