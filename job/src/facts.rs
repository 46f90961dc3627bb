//! What follows from an order, for whoever runs a part of it.

use crate::variables::{Flags, JobView, Options, Variables};
use crate::{Order, StageError, git};
use executor::Workspace;

/// Flags, variables, settings and directories of a job. The same order gives the same facts in every process.
pub(crate) struct Facts {
    pub(crate) flags: Flags,
    /// The variables without those that name directories.
    pub(crate) rootless: Variables,
    pub(crate) variables: Variables,
    pub(crate) options: Options,
    /// Where the job works; an error is for the stage that prepares the executor to show.
    pub(crate) workspace: Result<Workspace, StageError>,
}

impl Facts {
    /// Reads the order; nothing else is looked at.
    pub(crate) fn of(order: &Order) -> Self {
        let flags = Flags::resolve(order);
        // Directories depend on settings, and other variables on directories.
        let rootless = Variables::build(order, &flags, None);
        let workspace = git::plan_workspace(order, &Options::read(order, &rootless));
        let variables = Variables::build(order, &flags, workspace.as_ref().ok());
        let options = Options::read(order, &variables);
        Self { flags, rootless, variables, options, workspace }
    }

    /// The job as its parts see it, once it has a workspace.
    pub(crate) fn view<'a>(
        &'a self,
        order: &'a Order,
        variables: &'a Variables,
        workspace: &'a Workspace,
    ) -> JobView<'a> {
        JobView { order, flags: &self.flags, options: &self.options, variables, workspace }
    }
}
