//! Orders and lists for the tests of this crate.

use super::{Flags, Options, Variables};
use crate::{Order, Settings, TlsFiles};
use executor::Workspace;
use protocol::{Info, Job, Variable};
use std::path::Path;

/// An order whose payload has these variables.
pub(crate) fn order(variables: &[(&str, &str)]) -> Order {
    Order {
        payload: Job {
            id: 1,
            token: "job-token".into(),
            allow_git_fetch: true,
            variables: variables.iter().map(|(k, v)| Variable::public(*k, *v)).collect(),
            ..Job::default()
        },
        url: "https://gitlab.example".to_owned(),
        runner_name: "test".to_owned(),
        short_token: "abcdefghi".to_owned(),
        system_id: "s_0123456789ab".to_owned(),
        info: Info {
            name: "runner".to_owned(),
            version: protocol::FOLLOWED_VERSION.to_owned(),
            revision: "0.1.0".to_owned(),
            platform: "linux".to_owned(),
            architecture: "amd64".to_owned(),
            executor: "shell".to_owned(),
            ..Info::default()
        },
        concurrent_id: 3,
        concurrent_project_id: 0,
        correlation_id: "abc".to_owned(),
        tls: TlsFiles::default(),
        settings: Settings {
            builds_dir: "/builds".into(),
            cache_dir: "/cache".into(),
            ..Settings::default()
        },
        sources: crate::Sources::Repository,
    }
}

/// The directories of a project below a root.
pub(crate) fn workspace(root: &Path) -> Workspace {
    Workspace {
        builds_dir: root.join("builds"),
        project_dir: root.join("builds/p"),
        temp_dir: root.join("builds/p.tmp"),
        cache_dir: root.join("cache/p"),
    }
}

/// Everything resolved, for tests that need a view.
pub(crate) struct Resolved {
    pub(crate) order: Order,
    pub(crate) flags: Flags,
    pub(crate) options: Options,
    pub(crate) variables: Variables,
    pub(crate) workspace: Workspace,
}

impl Resolved {
    pub(crate) fn new(order: Order, root: &Path) -> Self {
        let flags = Flags::resolve(&order);
        let workspace = workspace(root);
        let variables = Variables::build(&order, &flags, Some(&workspace));
        let options = Options::read(&order, &variables);
        Self { order, flags, options, variables, workspace }
    }

    pub(crate) fn view(&self) -> super::JobView<'_> {
        super::JobView {
            order: &self.order,
            flags: &self.flags,
            options: &self.options,
            variables: &self.variables,
            workspace: &self.workspace,
        }
    }
}
