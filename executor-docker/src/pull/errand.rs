//! One image, by one policy after the other.

use super::error::PullError;
use super::failure::{Class, Failure};
use super::hint::explain;
use super::image::ImageInfo;
use super::log::Log;
use super::look::{Look, look};
use super::obtain::Puller;
use crate::platform::Platform;
use crate::policy::{self, Policy};
use crate::reference::Reference;

/// One image that is to be obtained.
pub(super) struct Errand<'a> {
    pub(super) puller: &'a Puller,
    /// As the job writes it.
    pub(super) name: &'a str,
    pub(super) reference: Reference,
    pub(super) platform: Option<Platform>,
    pub(super) log: Log<'a>,
}

impl Errand<'_> {
    /// Obtains it by the first policy that works, unless that was done before.
    pub(super) async fn run(&self, policies: &[Policy]) -> Result<ImageInfo, PullError> {
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

    pub(super) async fn look(&self) -> Result<Look, Failure> {
        look(&self.puller.docker, self.name, self.platform.as_ref()).await
    }

    pub(super) fn local(&self, image: ImageInfo) -> ImageInfo {
        self.log.plain("Using locally found image version due to \"if-not-present\" pull policy");
        image
    }
}

/// Whether a name is the whole id of an image.
fn is_id(name: &str) -> bool {
    name.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::is_id;

    #[test]
    fn ids() {
        let id = format!("sha256:{}", "0a".repeat(32));
        assert!(is_id(&id));
        assert!(!is_id(&id[..70]) && !is_id(&id.replace('a', "g")) && !is_id("ruby:3") && !is_id(&id[7..]));
    }
}
