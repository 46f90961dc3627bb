//! Makes everything a job needs on the engine, as much of it as possible at the same time.
//!
//! Two strands run side by side. One lays out tools, network and volumes and starts the helper container; with
//! it stages that fetch sources and caches can begin. The other looks the image up, starts services, and makes
//! and starts the build container once they are ready: entrypoints look for what services leave.

mod build;
mod helper;
mod plan;
mod prober;
mod strands;

use crate::agent::Graces;
use crate::auth::{Helpers, Sources};
use crate::connect::Engine;
use crate::container;
use crate::host_config::{self, MacAddress};
use crate::network::Network;
use crate::place::{Place, PlaceError};
use crate::pull::{ImageInfo, Puller};
use crate::removal::Belongings;
use crate::services::Services;
use crate::tools::Tools;
use crate::voice::Voice;
use crate::{Means, Settings, Work, volumes};
use executor::{CancellationToken, PrepareError, Rest};
use plan::{JobPlan, Site};
use prober::SiteProber;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use strands::Strands;
use tokio::sync::SetOnce;

/// One attempt to make ready what a job needs. What it has made is known at any time.
pub(crate) struct Attempt {
    pub(crate) job: Arc<JobSite>,
    strands: Strands,
}

/// What an attempt has made so far.
pub(crate) struct JobSite {
    settings: Arc<Settings>,
    pub(crate) work: Arc<Work>,
    pub(crate) engine: Engine,
    plan: JobPlan,
    voice: Voice,
    puller: Puller,
    /// Ends what is still going on.
    stop: CancellationToken,
    layout: SetOnce<Layout>,
    image: SetOnce<ImageInfo>,
    pub(crate) services: SetOnce<Services>,
    /// Set when the helper container is made and about to start, or the job is to have none.
    helper_settled: SetOnce<()>,
    /// The helper container, if the job has one.
    pub(crate) helper: SetOnce<Place>,
    /// The build container, or why there is none: a script is what finds out.
    pub(crate) build: SetOnce<Result<Place, PlaceError>>,
    outcome: SetOnce<Result<(), PrepareError>>,
    made: Mutex<Belongings>,
}

/// What containers stand on.
struct Layout {
    tools: Tools,
    network: Network,
}

impl Attempt {
    /// Begins; nothing is made yet.
    ///
    /// # Errors
    /// What the job asks for cannot be had at all.
    pub(crate) async fn begin(
        settings: &Arc<Settings>,
        work: &Arc<Work>,
        means: &Means,
        voice: Voice,
    ) -> Result<Self, PrepareError> {
        let job = Arc::new(JobSite::open(settings, work, means, voice).await?);
        let strands = Strands::new(Arc::clone(&job).make(means.clone()));
        Ok(Self { job, strands })
    }

    /// Goes on until commands can run in the helper container, or, for a job without, in the build container. It may
    /// be given up; what was made by then is still to be removed.
    ///
    /// # Errors
    /// What cannot be had.
    pub(crate) async fn at_hand(&self) -> Result<(), PrepareError> {
        tokio::select! {
            biased;
            outcome = self.ready() => outcome,
            _ = self.job.helper.wait() => Ok(()),
        }
    }

    /// Waits until all is ready, or something cannot be had.
    ///
    /// # Errors
    /// What cannot be had.
    pub(crate) async fn ready(&self) -> Result<(), PrepareError> {
        self.strands.done().await;
        self.job.outcome.wait().await.clone()
    }

    /// The same for whoever waits while commands run.
    pub(crate) fn rest(&self) -> Option<Rest> {
        let (job, strands) = (Arc::clone(&self.job), self.strands.clone());
        let rest = async move {
            strands.done().await;
            job.outcome.wait().await.clone()
        };
        (!self.job.outcome.initialized()).then(|| -> Rest { Box::pin(rest) })
    }

    /// Ends what is still going on and removes all that was made; returns what could not be. It may be given up and
    /// called again.
    pub(crate) async fn end(&mut self) -> Vec<String> {
        self.job.stop.cancel();
        // They end soon after they were asked to; what they are just making is known then.
        self.strands.done().await;
        if let Some(services) = self.job.services.get() {
            services.stop_watching().await;
        }
        // All of it stays known until all is gone, should this be given up half-way.
        let made = self.job.made().clone();
        let faults = made.remove(&self.job.engine.docker, self.job.settings.volume_keep).await;
        if faults.is_empty() {
            *self.job.made() = Belongings::default();
        }
        self.job.mark_used_volumes().await;
        faults
    }
}

impl JobSite {
    async fn open(
        settings: &Arc<Settings>,
        work: &Arc<Work>,
        means: &Means,
        voice: Voice,
    ) -> Result<Self, PrepareError> {
        let engine = Engine::connect(settings, &means.engine).await?;
        let settings = &for_engine(settings, &engine, &voice)?;
        let plan = JobPlan::make(settings, work)?;
        plan.check_image(settings, work).map_err(|refusal| {
            voice.lines(refusal.lines());
            PrepareError::from(refusal)
        })?;
        if !plan.image_is_jobs {
            voice.info("Using default image");
        }
        voice.plain(&format!("Using Docker executor with image {} ...", plan.image));
        if settings.volume_keep {
            voice.warning(
                "volume_keep is enabled: anonymous volumes of the job's containers are not removed and may fill the disk",
            );
        }
        let turns = means.state_dir.as_ref().map(|directory| directory.join("pulls"));
        let puller = Puller::new(&engine.docker, settings, credentials(work, means), turns);
        Ok(Self {
            settings: Arc::clone(settings),
            work: Arc::clone(work),
            engine,
            plan,
            voice,
            puller,
            stop: CancellationToken::new(),
            layout: SetOnce::new(),
            image: SetOnce::new(),
            services: SetOnce::new(),
            helper_settled: SetOnce::new(),
            helper: SetOnce::new(),
            build: SetOnce::new(),
            outcome: SetOnce::new(),
            made: Mutex::default(),
        })
    }

    /// Where volumes of the runner's own making are mounted.
    pub(crate) fn own_volumes(&self) -> &[String] {
        &self.plan.volumes.own_directories
    }

    /// What the build container believes to run on.
    pub(crate) fn host_name(&self) -> String {
        self.plan.names.host_name(&self.settings)
    }

    /// The runner's tools in containers, once they are laid out.
    pub(crate) fn tools(&self) -> Option<&Tools> {
        self.layout.get().map(|layout| &layout.tools)
    }

    /// The image's name and id as the log shows them again where the build container is first used.
    pub(crate) fn image_lines(&self) -> Vec<String> {
        self.image.get().map(|image| image.reminder(&self.plan.image)).unwrap_or_default()
    }

    /// The build container, or why there is none.
    pub(crate) fn build_place(&self) -> Result<&Place, &PlaceError> {
        static NEVER: PlaceError = PlaceError::Failed { message: String::new() };
        self.build.get().map_or(Err(&NEVER), Result::as_ref)
    }

    /// Leaves a note of the day on which volumes that stay were used, for whoever frees space by it.
    async fn mark_used_volumes(&self) {
        let now = SystemTime::now();
        for volume in &self.plan.volumes.reusable {
            let marked = self.engine.docker.create_volume(volumes::marker(volume, now).request()).await;
            if let Err(error) = marked {
                tracing::debug!(volume = volume.name, %error, "the use of a volume cannot be noted");
            }
        }
    }

    /// What services have to do with the failure of a script that ended with these lines.
    pub(crate) async fn hints(&self, last: &str) -> Vec<String> {
        match self.services.get() {
            Some(services) => {
                let prober = SiteProber::new(&self.engine, &self.helper);
                services.diagnose(last, &self.work, &self.settings, &prober).await
            }
            None => Vec::new(),
        }
    }

    fn graces(&self) -> Graces {
        Graces { graceful: self.work.graceful_kill, force: self.work.force_kill }
    }

    fn made(&self) -> std::sync::MutexGuard<'_, Belongings> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn make(self: Arc<Self>, means: Means) {
        let (helper, build) = (self.make_helper(&means), self.make_build());
        let outcome = match tokio::join!(self.strand(helper), self.strand(build)) {
            (Ok(()), Ok(())) => Ok(()),
            (Err(Ended::For(error)), _) | (_, Err(Ended::For(error))) => Err(error),
            (Err(Ended::Stopped), _) | (_, Err(Ended::Stopped)) => {
                Err(PrepareError::Temporary { message: "context canceled".to_owned() })
            }
        };
        // Nobody else sets it.
        let _ = self.outcome.set(outcome);
    }

    /// One of the two strands: where one fails the other ends, and what it fails with then counts for nothing.
    async fn strand(&self, work: impl Future<Output = Result<(), Ended>>) -> Result<(), Ended> {
        let made = work.await;
        if made.is_ok() {
            return Ok(());
        }
        let is_first = !self.stop.is_cancelled();
        self.stop.cancel();
        if is_first { made } else { Err(Ended::Stopped) }
    }

    /// Makes a container that is removed with the job.
    async fn create(&self, plan: container::Plan) -> Result<String, container::ContainerError> {
        // Its name is known before its id: should the engine's answer be lost, it is removed all the same.
        let name = plan.name.clone();
        self.made().containers.push(name.clone());
        let id = container::create(&self.engine.docker, plan).await?;
        Ok(id)
    }

    async fn site(&self) -> Result<Site<'_>, Ended> {
        let layout = self.unless_stopped(self.layout.wait()).await?;
        Ok(Site { tools: &layout.tools, network: &layout.network })
    }

    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Ended> {
        self.stop.run_until_cancelled(work).await.ok_or(Ended::Stopped)
    }
}

/// Why a strand ended early.
enum Ended {
    /// Something cannot be had.
    For(PrepareError),
    /// It was stopped, or the other strand ended.
    Stopped,
}

impl<E: Into<PrepareError>> From<E> for Ended {
    fn from(error: E) -> Self {
        Self::For(error.into())
    }
}

/// The settings without what the engine is too old for, which is told.
fn for_engine(
    settings: &Arc<Settings>,
    engine: &Engine,
    voice: &Voice,
) -> Result<Arc<Settings>, PrepareError> {
    let version = engine.docker.client_version();
    let version = (version.major_version, version.minor_version);
    match host_config::mac_address(settings, version) {
        Ok(MacAddress::None | MacAddress::Endpoint(_)) => Ok(Arc::clone(settings)),
        Ok(MacAddress::TooOld(warning)) => {
            voice.warning(&warning);
            Ok(Arc::new(Settings { mac_address: String::new(), ..Settings::clone(settings) }))
        }
        Err(error) => Err(PrepareError::Configuration { message: error.to_string() }),
    }
}

/// Where credentials for registries may come from.
fn credentials(work: &Work, means: &Means) -> Sources {
    Sources {
        variable: work.auth_config.clone(),
        files: means.home.as_deref().map(Sources::files_in).unwrap_or_default(),
        payload: work.credentials.clone(),
        helpers: Helpers {
            search: means.search_path.iter().flat_map(std::env::split_paths).collect(),
            environment: means.environment.clone(),
            ..Helpers::default()
        },
    }
}

#[cfg(test)]
mod tests;
