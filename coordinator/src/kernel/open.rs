//! The kernel itself.

use super::evaluate::beside;
use super::keys::Vault;
use super::live::Live;
use super::memory::{Effect, Memory};
use super::topics::{Topics, Watcher};
use super::{Clock, Files, FindProject, Repositories, Topic};
use crate::error::KernelError;
use crate::model::{ProjectRef, User, UserId};
use crate::store::{Store, access, pipelines, projects, settings};
use pipeline::{Moment, PipelineId};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::SystemTime;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

/// What a kernel is made of.
pub struct Options {
    /// The data folder, which is there.
    pub data: PathBuf,
    /// The address of the coordinator, as runners and people see it.
    pub url: String,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The repositories.
    pub repositories: Arc<dyn Repositories>,
    /// The files of jobs.
    pub files: Arc<dyn Files>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("data", &self.data).field("url", &self.url).finish_non_exhaustive()
    }
}

/// All decisions. Cheap to clone; it ends with its last clone.
#[derive(Clone)]
pub struct Kernel {
    pub(super) inner: Arc<Inner>,
}

impl std::fmt::Debug for Kernel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kernel").field("url", &self.inner.url).finish_non_exhaustive()
    }
}

pub(super) struct Inner {
    pub(super) store: Store<Memory>,
    pub(super) vault: Arc<Vault>,
    pub(super) live: Arc<Live>,
    pub(super) topics: Arc<Topics>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) repositories: Arc<dyn Repositories>,
    pub(super) files: Arc<dyn Files>,
    pub(super) url: String,
    /// Something may be due earlier than it was.
    pub(super) timer: Arc<Notify>,
    /// When was last looked for jobs that wait too long, and for environments to be stopped.
    pub(super) cleaned: AtomicU64,
    pub(super) stopped: AtomicU64,
    /// Nobody is to wait any more.
    pub(super) parting: CancellationToken,
    last_pipeline: AtomicI64,
}

impl Inner {
    /// The highest number that was given to a pipeline.
    pub(super) fn last_pipeline(&self) -> PipelineId {
        PipelineId(self.last_pipeline.load(Ordering::Relaxed))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.topics.close();
    }
}

impl Kernel {
    /// Opens what is in the data folder, and goes on where it was left.
    ///
    /// # Errors
    /// Where database or key file cannot be opened, or do not belong together.
    pub async fn open(options: Options) -> Result<Self, KernelError> {
        let (out, effects) = mpsc::unbounded_channel();
        let inner = beside(move || open(options, out)).await??;
        let kernel = Self { inner: Arc::new(inner) };
        kernel.check_key().await?;
        super::housekeeping::start(&kernel, effects);
        kernel.sweep_once();
        Ok(kernel)
    }

    /// The coordinator is about to end: requests that wait for jobs are answered, and watchers hear that there will be no
    /// more changes, so that nobody holds it up.
    pub fn part(&self) {
        self.inner.parting.cancel();
        self.inner.topics.close();
    }

    /// Ends the writing thread once everything asked of it is done. Whatever comes after is refused.
    pub async fn close(&self) {
        self.inner.store.close().await;
        self.inner.topics.close();
    }

    /// Waits for changes.
    pub fn watch(&self, topic: Topic) -> Watcher {
        self.inner.topics.watch(topic)
    }

    /// Tells those who watch that something changed that the kernel does not see itself: traces grow without it.
    pub fn tell(&self, topic: Topic) {
        self.inner.topics.tell(topic);
    }

    /// The time of the kernel's clock.
    pub fn now(&self) -> Moment {
        self.inner.clock.now()
    }

    /// The address of the coordinator, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.inner.url
    }

    /// The repositories.
    pub fn repositories(&self) -> Arc<dyn Repositories> {
        self.inner.repositories.clone()
    }

    /// A number that no pipeline has had.
    pub(super) fn next_pipeline(&self) -> PipelineId {
        PipelineId(self.inner.last_pipeline.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Runs what a killed process left undone, beside everything else.
    fn sweep_once(&self) {
        let (weak, began) = (Arc::downgrade(&self.inner), SystemTime::now());
        tokio::spawn(async move {
            let Some(inner) = weak.upgrade() else { return };
            if let Err(error) = (Self { inner }).sweep(began).await {
                tracing::error!(%error, "what a process left that was killed cannot be removed");
            }
        });
    }

    /// Finds projects for those who wait.
    pub(super) fn finder(&self) -> FindProject {
        let inner = self.inner.clone();
        Arc::new(move |path| {
            let of = ProjectRef::Path(path.to_owned());
            inner.store.read_now(|db| projects::find(db, &of)).unwrap_or_else(|error| {
                tracing::error!(%error, "a project cannot be looked up");
                None
            })
        })
    }

    /// Whether the key is the one that the database was made with.
    async fn check_key(&self) -> Result<(), KernelError> {
        const NAME: &str = "key_check";
        let (vault, now) = (self.inner.vault.clone(), self.now());
        let check = self.inner.store.write(move |db, _| {
            if access::user(db, UserId::ROOT)?.is_none() {
                access::put_user(db, &root(now))?;
            }
            match settings::get(db, NAME)? {
                Some(text) => {
                    let sealed: Vec<u8> = crate::store::json::read("the key's check", &text)?;
                    vault.open_sealed::<String>(NAME, &sealed).map(|_| ())
                }
                None => {
                    let sealed = vault.seal(NAME, &"coordinator")?;
                    Ok(settings::set(db, NAME, &crate::store::json::write(&sealed)?)?)
                }
            }
        });
        check.await
    }
}

fn root(now: Moment) -> User {
    User {
        id: UserId::ROOT,
        login: "root".into(),
        name: "Administrator".into(),
        email: "root@localhost".into(),
        admin: true,
        created_at: now,
    }
}

fn open(options: Options, out: mpsc::UnboundedSender<Effect>) -> Result<Inner, KernelError> {
    let vault = Arc::new(Vault::open(&options.data.join("key"))?);
    let (live, topics) = (Arc::new(Live::default()), Arc::new(Topics::default()));
    let boot = vault.token("")?.expose().get(..16).unwrap_or_default().to_owned();
    let now = options.clock.now();
    let memory = Memory::new(vault.clone(), live.clone(), topics.clone(), out, boot, now);
    let store = Store::open(&options.data.join("coordinator.db"), memory)?;
    let last = store
        .read_now(|db| Ok::<_, KernelError>(settings::counter(db, "pipelines")?.max(pipelines::last(db)?)))?;
    Ok(Inner {
        store,
        vault,
        live,
        topics,
        clock: options.clock,
        repositories: options.repositories,
        files: options.files,
        url: options.url.trim_end_matches('/').to_owned(),
        timer: Arc::new(Notify::new()),
        cleaned: AtomicU64::new(0),
        stopped: AtomicU64::new(0),
        parting: CancellationToken::new(),
        last_pipeline: AtomicI64::new(last),
    })
}
