//! What every measurement is given.

use kit::docker::Engine;
use std::path::PathBuf;

/// Programs and amounts.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// The program that is measured.
    pub(crate) runner: PathBuf,
    /// A gitlab-runner that does the same, if there is one.
    pub(crate) peer: Option<PathBuf>,
    /// Less of everything.
    pub(crate) quick: bool,
    /// All goes before other work of the machine.
    pub(crate) real_time: bool,
    /// What jobs ask of an engine is shown with the time.
    pub(crate) timeline: bool,
    /// The Docker engine to use, if not the one that the `docker` command reaches.
    pub(crate) engine: Option<Engine>,
}

impl Context {
    /// One amount for a whole run, a smaller one for a quick run.
    pub(crate) fn amount(&self, whole: usize, quick: usize) -> usize {
        if self.quick { quick } else { whole }
    }
}

/// How many cores there are to use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
