//! Flags of `runner demo`.

use crate::commands::coordinator_server::args::{DOCKER_IMAGE, EmbeddedExecutor};
use clap::Args;

/// `demo`.
#[derive(Clone, Debug, Args)]
pub(crate) struct DemoArgs {
    /// End with the pipeline: exit status 0 if it passed, 1 if not
    #[arg(long)]
    pub(crate) once: bool,
    /// Print one JSON object a line: where it is, and events of jobs and pipelines
    #[arg(long)]
    pub(crate) json: bool,
    /// What jobs run on; auto: in docker if an engine answers
    #[arg(long, value_enum, default_value_t = EmbeddedExecutor::Shell, value_name = "EXECUTOR")]
    pub(crate) executor: EmbeddedExecutor,
    /// Image of the jobs, for the docker executor
    #[arg(long, value_name = "IMAGE", default_value = DOCKER_IMAGE)]
    pub(crate) docker_image: String,
}

/// What comes behind the flags in the help.
pub(crate) const EXAMPLES: &str = "\
It starts a coordinator and a runner on free ports of this machine, for this machine alone, with everything in a \
temporary folder; makes a project there, pushes to it with git, and shows its pipeline here and in a browser. One job \
waits there for a click. Ctrl-C ends it, and nothing stays, but for what --executor docker brings to an engine once: \
the image, and the runner's tools.

Examples:
  runner demo                         look at it in a browser
  runner demo --once                  does everything work here?
  runner demo --executor docker       the jobs in containers";
