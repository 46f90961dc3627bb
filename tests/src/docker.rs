//! A real Docker engine for tests, registries, and what jobs leave behind in an engine.
//!
//! The engine is whatever the `docker` command reaches; `tests/engine/up` starts one and `tests/engine/images` builds
//! the images. A test that needs one begins with [`Engine::require`]:
//!
//! ```no_run
//! # use kit::docker::Engine;
//! let Some(engine) = Engine::require() else { return };
//! let image = engine.image("rig/busybox");
//! let watch = engine.watch();
//! // … run a job in `image` …
//! # let wait = std::time::Duration::from_secs(10);
//! watch.assert_nothing_left("com.gitlab.gitlab-runner.job.id=1000", wait);
//! ```
//!
//! The engine is shared by tests that run at once. What stops or restarts an engine, or looks at all that is in one,
//! starts a [`PrivateEngine`].

mod bounded;
mod cgroups;
mod cidr;
mod engine;
mod events;
#[cfg(test)]
mod images;
mod inventory;
mod network;
mod private;
mod processes;
mod proxy;
mod registry;
mod scripted;
mod watch;

pub use bounded::run_bounded;
pub use engine::Engine;
pub use inventory::Inventory;
pub use private::PrivateEngine;
pub use proxy::{EngineProxy, EngineRequest};
pub use registry::Registry;
pub use scripted::{Answer, ScriptedRegistry, Seen};
pub use watch::Watch;

/// Set to anything, it makes a missing engine, image or tool a failure instead of a reason to skip a test.
const NEED: &str = "RUNNER_TESTS_NEED_DOCKER";

/// Says why a test does not run here.
///
/// # Panics
/// Where everything must be there.
#[track_caller]
fn skip(reason: &str) {
    assert!(std::env::var_os(NEED).is_none(), "{NEED} is set, but: {reason}");
    eprintln!("skipped: {reason}");
}
