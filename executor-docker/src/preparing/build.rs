//! The strand that makes the job's own containers: its services, and the build container.

use super::plan::{self, Site};
use super::prober::SiteProber;
use super::{Ended, JobSite};
use crate::foreword::Foreword;
use crate::place::{Place, PlaceError};
use crate::services::{self, Services};
use executor::PrepareError;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

/// Entrypoints that hand over within this time are not worth a word.
const SHORT: Duration = Duration::from_secs(5);

impl JobSite {
    pub(super) async fn make_build(&self) -> Result<(), Ended> {
        let image = self
            .puller
            .obtain(
                &self.plan.image,
                &self.work.image.pull_policy,
                &self.plan.platform,
                self.voice.output(),
                &self.stop,
            )
            .await
            .map_err(PrepareError::from)?;
        let _ = self.image.set(image);
        let site = self.site().await?;
        // Engines take longer for two starts at the same moment than for one a little after the other. The helper
        // container goes first, since it has work to do while the other one starts.
        self.unless_stopped(self.helper_settled.wait()).await?;
        let services = self.start_services(&site).await?;
        let hosts = services.host_entries();
        let prober = SiteProber::new(&self.engine, &self.helper);
        let made = self.make_build_container(&site, &hosts);
        let ready = services.wait_ready(&prober, &self.stop);
        let (made, ()) = tokio::join!(made, ready);
        let _ = self.services.set(services);
        if self.stop.is_cancelled() {
            return Err(Ended::Stopped);
        }
        let place = match made? {
            Ok(id) => self.unless_stopped(self.start_build_container(id, &site)).await?,
            Err(error) => Err(error),
        };
        let _ = self.build.set(place);
        Ok(())
    }

    async fn start_services(&self, site: &Site<'_>) -> Result<Services, Ended> {
        let request = services::Request {
            docker: &self.engine.docker,
            settings: &self.settings,
            work: &self.work,
            names: &self.plan.names,
            binds: &self.plan.volumes.binds,
            network: site.network,
            puller: &self.puller,
            voice: &self.voice,
            stop: &self.stop,
        };
        let started = services::start_all(request, &|name| self.made().containers.push(name)).await;
        started.map_err(Ended::For)
    }

    /// Makes the build container. What the engine refuses is for the script's stage to show.
    async fn make_build_container(
        &self,
        site: &Site<'_>,
        hosts: &[String],
    ) -> Result<Result<String, PlaceError>, Ended> {
        let Some(image) = self.image.get() else { return Err(Ended::Stopped) };
        let plan = self.plan.build(&self.settings, &self.work, site, image, hosts)?;
        Ok(self.create(plan).await.map_err(PlaceError::from))
    }

    /// Starts the build container. What an entrypoint says that takes its time is shown while it does.
    async fn start_build_container(&self, id: String, site: &Site<'_>) -> Result<Place, PlaceError> {
        let foreword = Arc::new(Foreword::default());
        let input = plan::shell_line(site);
        let start = Place::start(&self.engine.docker, id, self.graces(), &input, Arc::clone(&foreword));
        let mut start = pin!(start);
        if let Ok(place) = tokio::time::timeout(SHORT, &mut start).await {
            return place;
        }
        self.voice.info("The image's entrypoint has not begun to run the script yet; it says:");
        foreword.release(self.voice.output());
        start.await
    }
}
