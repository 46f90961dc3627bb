//! A run: what its jobs share, from its beginning to its end.

use super::held::Holder;
use super::order::Orders;
use super::slots::Slots;
use super::sweep::{self, Dead};
use super::tree::{self, Trees};
use super::{LocalSettings, RunFolder, budget, homes};
use crate::ci::run::news::News;
use crate::environment::Environment;
use crate::error::CliError;
use crate::jobproc::engine_environment;
use executor_docker::EngineEnvironment;
use executor_shell::{CgroupChoice, Cgroups};
use job::Store;
use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use tokio::task::JoinSet;
use worktree::Submodules;

/// Variables that lead git to another repository than the one it stands in: they are set where a hook of git has
/// started this program.
const MISLEADING: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

/// What the jobs of one run share. They run at the same time on one thread, in a [`tokio::task::LocalSet`].
pub(crate) struct LocalRun {
    pub(super) settings: LocalSettings,
    pub(super) folder: Rc<RunFolder>,
    pub(super) trees: Arc<dyn Trees>,
    pub(super) orders: Orders,
    pub(super) slots: Slots,
    pub(super) environment: Environment,
    pub(super) engine: EngineEnvironment,
    /// Artifacts of all jobs.
    pub(super) store: Store,
    /// What commands of the shell executor inherit.
    pub(super) inherited: Vec<(OsString, OsString)>,
    pub(super) holder: Holder,
    /// What is cleaned up while other jobs run.
    pub(super) remains: RefCell<JoinSet<()>>,
    /// Whether it was said that a log is not whole.
    pub(super) told_of_logs: Cell<bool>,
    /// Whether it was said that there are not all submodules.
    pub(super) told_of_submodules: Cell<bool>,
    cgroups: OnceCell<Cgroups>,
    /// Archives of the sources, by the submodules that are in them.
    archives: [tokio::sync::OnceCell<Result<PathBuf, String>>; 3],
    /// Runs that were killed, as far as they are not swept yet.
    dead: Rc<[Dead]>,
}

impl LocalRun {
    /// Begins a run in its folder: what killed runs have left on this machine is gone then. Relative paths of the
    /// settings are relative to `current`.
    ///
    /// # Errors
    /// A folder cannot be made.
    pub(crate) async fn open(
        settings: LocalSettings,
        folder: Rc<RunFolder>,
        trees: Arc<dyn Trees>,
        environment: &Environment,
        current: &Path,
    ) -> Result<Self, CliError> {
        let homes = folder.homes().clone();
        let sweeping = tokio::task::spawn_blocking({
            let homes = homes.clone();
            move || sweep::on_this_machine(&homes)
        });
        let dead: Rc<[Dead]> = sweeping.await.unwrap_or_default().into();
        let usable =
            |path: &Path, made: std::io::Result<()>| made.map_err(|error| homes::unusable(path, &error));
        let caches = homes.caches().join(folder.project());
        usable(&caches, homes::make_private(&caches))?;
        let builds = homes.builds(folder.project());
        let slots = Slots::open(builds.clone()).map_err(|error| homes::unusable(&builds, &error))?;
        let system_id = crate::system_id::generate()
            .map_err(|error| CliError::operation("there is no system id").caused_by(&error))?;
        let orders = Orders::new(&settings, folder.project(), system_id, caches, current);
        let holder = Holder::new(settings.on_failure, environment);
        let run = Self {
            orders,
            slots,
            holder,
            store: Store::new(folder.artifacts()),
            engine: engine_environment(environment),
            inherited: inherited(),
            environment: environment.clone(),
            remains: RefCell::default(),
            told_of_logs: Cell::new(false),
            told_of_submodules: Cell::new(false),
            cgroups: OnceCell::new(),
            archives: Default::default(),
            settings,
            folder,
            trees,
            dead,
        };
        run.sweep_engines();
        Ok(run)
    }

    /// Says who clears the screen (`true`) for a shell in a failed job, and takes it back.
    pub(crate) fn pausing_with(&mut self, pause: Box<dyn Fn(bool)>) {
        self.holder.pausing_with(pause);
    }

    /// Ends the run: waits until all that its jobs have left is gone, and keeps caches and runs within their bounds.
    pub(crate) async fn close(&self, tell: &dyn Fn(News)) {
        self.clear_remains().await;
        // An engine carries out what a process asked it for just before it died, and nobody learns when.
        self.sweep_engines();
        let (runs, caches, budget) =
            (self.folder.runs(), self.folder.homes().caches(), self.settings.cache_budget);
        let archives = tree::archives_of(self.folder.path());
        let work = move || {
            // Without containers there are none.
            archives.iter().for_each(|archive| drop(std::fs::remove_file(archive)));
            let pruned = runs.prune().map_err(|error| error.to_string());
            (pruned, budget::keep_within(&caches, budget))
        };
        if let Ok((pruned, removed)) = tokio::task::spawn_blocking(work).await {
            if let Err(error) = pruned {
                tell(News::Warning(format!("old runs cannot be removed: {error}")));
            }
            if removed > 0 {
                let budget = executor_docker::sizes::shown(i64::try_from(budget).unwrap_or(i64::MAX));
                let which =
                    if removed == 1 { "1 cache was".to_owned() } else { format!("{removed} caches were") };
                tell(News::Note(format!("{which} removed to keep within {budget}")));
            }
        }
        self.clear_remains().await;
    }

    async fn clear_remains(&self) {
        // Others may add to the set while this waits.
        loop {
            let mut remains = self.remains.take();
            if remains.is_empty() {
                return;
            }
            while remains.join_next().await.is_some() {}
        }
    }

    /// Removes what killed runs have left on engines, in the background.
    fn sweep_engines(&self) {
        if self.dead.is_empty() {
            return;
        }
        let (dead, engine) = (Rc::clone(&self.dead), self.engine.clone());
        self.remains.borrow_mut().spawn_local(async move { sweep::on_engines(&dead, &engine).await });
    }

    /// Where control groups can be made; looked for once.
    pub(super) fn cgroups(&self) -> &Cgroups {
        self.cgroups.get_or_init(|| Cgroups::detect(CgroupChoice::Auto))
    }

    /// An archive of the sources, made when the first job wants it.
    pub(super) async fn archive(&self, submodules: Submodules) -> Result<PathBuf, String> {
        let [none, normal, recursive] = &self.archives;
        let archive = match submodules {
            Submodules::None => none,
            Submodules::Normal => normal,
            Submodules::Recursive => recursive,
        };
        let make = async || {
            let (trees, run) = (Arc::clone(&self.trees), self.folder.path().to_owned());
            let made = tokio::task::spawn_blocking(move || tree::make_archive(&*trees, &run, submodules));
            made.await.unwrap_or_else(|error| Err(error.to_string()))
        };
        archive.get_or_init(make).await.clone()
    }
}

/// As with gitlab-runner, scripts inherit all that the runner was started with, but for what would lead their git astray.
fn inherited() -> Vec<(OsString, OsString)> {
    std::env::vars_os()
        .filter(|(name, _)| name.to_str().is_none_or(|name| !MISLEADING.contains(&name)))
        .collect()
}
