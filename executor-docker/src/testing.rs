//! What tests of this crate share.

pub(crate) mod engine;

use crate::{Ask, Identity, Work};
use executor::Workspace;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A job that asks for nothing.
pub(crate) fn work() -> Work {
    Work {
        identity: Identity::default(),
        image: Ask::default(),
        services: Vec::new(),
        variables: Vec::new(),
        expand: Arc::new(str::to_owned),
        expand_with_payload: Arc::new(str::to_owned),
        credentials: Vec::new(),
        auth_config: None,
        keeps_builds: true,
        protected: false,
        needs_helper: true,
        network_per_build: false,
        uses_init: false,
        debug_services: false,
        workspace: Workspace {
            builds_dir: PathBuf::from("/builds"),
            project_dir: PathBuf::from("/builds/group/project"),
            temp_dir: PathBuf::from("/builds/group/project.tmp"),
            cache_dir: PathBuf::from("/cache/group/project"),
        },
        cache_root: PathBuf::from("/cache"),
        graceful_kill: Duration::ZERO,
        force_kill: Duration::ZERO,
    }
}
