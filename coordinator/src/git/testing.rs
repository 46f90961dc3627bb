//! For tests: projects that nobody keeps.

use crate::model::{Project, ProjectId, UserId};
use pipeline::Moment;

/// A private project with `main` and `stable` protected, and tags that begin with `p`.
pub(crate) fn project(id: i64, path: &str) -> Project {
    Project {
        id: ProjectId(id),
        path: path.into(),
        name: path.into(),
        description: String::new(),
        default_branch: "main".into(),
        visibility: "private".into(),
        config_path: ".gitlab-ci.yml".into(),
        timeout: 3600,
        git_depth: 20,
        git_fetch: true,
        auto_cancel: true,
        builds_enabled: true,
        instance_runners: true,
        keep_latest_artifacts: true,
        separate_caches: true,
        cache_index: 0,
        protected_branches: vec!["main".into(), "stable".into()],
        protected_tags: vec!["p*".into()],
        user: UserId::ROOT,
        created_at: Moment(0),
    }
}
