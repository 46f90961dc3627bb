//! The strand that lays out what containers stand on, and starts the helper container.

use super::plan::Site;
use super::{Ended, JobSite, Layout};
use crate::Means;
use crate::connect::answer;
use crate::container::ContainerError;
use crate::network::Network;
use crate::place::Place;
use crate::tools::{self, Tools};
use executor::PrepareError;
use std::sync::Arc;

impl JobSite {
    pub(super) async fn make_helper(&self, means: &Means) -> Result<(), Ended> {
        let layout = self.lay_out(means).await?;
        let _ = self.layout.set(layout);
        if !self.needs_helper().await? {
            let _ = self.helper_settled.set(());
            if self.unless_stopped(self.build.wait()).await?.is_ok() {
                return Ok(());
            }
            // A script will fail for it. The stages around it need a place all the same.
        }
        let site = self.site().await?;
        let plan = self.plan.helper(&self.settings, &self.work, &site)?;
        let id = match self.create(plan).await {
            Err(ContainerError::Missing { answer }) => {
                // Somebody has removed what is remembered to be there.
                tracing::debug!(answer, "the helper image is not there");
                let tools = self.bring_tools(means, true).await?;
                let site = Site { tools: &tools, network: site.network };
                self.create(self.plan.helper(&self.settings, &self.work, &site)?).await?
            }
            made => made?,
        };
        let _ = self.helper_settled.set(());
        let place = Place::start(&self.engine.docker, id, self.graces(), "", Arc::default());
        let place = self.unless_stopped(place).await??;
        let _ = self.helper.set(place);
        Ok(())
    }

    /// A job that works with no files and no services does without, if its user is root: others could not make
    /// directories in a new volume.
    async fn needs_helper(&self) -> Result<bool, Ended> {
        if self.work.needs_helper || !self.work.services.is_empty() || !self.settings.services.is_empty() {
            return Ok(true);
        }
        let image = self.unless_stopped(self.image.wait()).await?;
        let user = if self.plan.user.is_empty() { image.user.as_str() } else { self.plan.user.as_str() };
        Ok(!matches!(user, "" | "root" | "0" | "0:0" | "root:root"))
    }

    async fn lay_out(&self, means: &Means) -> Result<Layout, Ended> {
        let docker = &self.engine.docker;
        let network = Network::of(&self.settings, &self.work, &self.plan.names);
        if let Network::Own(name) = &network {
            self.made().networks.push(name.clone());
        }
        let made = network.make(docker, &self.settings, &self.work);
        let tools = self.bring_tools(means, false);
        // All of it is awaited, also after a failure: what was made must be known.
        let (tools, made, volumes) = tokio::join!(tools, made, self.make_volumes());
        volumes?;
        made?;
        Ok(Layout { tools: tools?, network })
    }

    /// Makes sure that the engine has the runner's tools; `doubt` asks even for what is remembered.
    async fn bring_tools(&self, means: &Means, doubt: bool) -> Result<Tools, PrepareError> {
        let given = match self.settings.helper_image.as_str() {
            "" => None,
            image => {
                let image = (self.work.expand)(image);
                self.voice.plain(&format!("Using helper image:  {image}"));
                Some(self.puller.obtain(&image, &[], "", self.voice.output(), &self.stop).await?.id)
            }
        };
        let records = means.state_dir.as_ref().map(|directory| directory.join("tools"));
        let request = tools::Request {
            engine: &self.engine.address,
            executable: &means.executable,
            path: means.search_path.as_deref().unwrap_or_default(),
            records: records.as_deref(),
            owner: &self.work.identity.system_id,
            helper: given.as_deref().map_or(tools::Helper::Own, tools::Helper::Given),
            doubt,
        };
        Ok(tools::ensure(&self.engine.docker, &request, &**self.voice.output()).await?)
    }

    async fn make_volumes(&self) -> Result<(), PrepareError> {
        let volumes = &self.plan.volumes;
        for (spec, is_temporary) in volumes
            .reusable
            .iter()
            .map(|spec| (spec, false))
            .chain(volumes.temporary.iter().map(|spec| (spec, true)))
        {
            if is_temporary {
                self.made().volumes.push(spec.name.clone());
            }
            self.engine.docker.create_volume(spec.request()).await.map_err(|error| {
                PrepareError::Temporary {
                    message: format!("adding volume for {}: {}", spec.destination, answer(&error)),
                }
            })?;
        }
        Ok(())
    }
}
