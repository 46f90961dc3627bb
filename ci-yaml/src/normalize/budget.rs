//! Keeps what `parallel` multiplies within bounds.

use crate::config::Config;
use crate::config::size::MOST;
use crate::{Diagnostic, Kind};

/// The refusal, at the job where the memory ran out.
pub(super) fn refuse(config: Config, job: &str) -> Box<(Config, Diagnostic)> {
    let message =
        format!("{job} job: the parallel jobs of the configuration take more than {} MiB", MOST >> 20);
    let diagnostic = Diagnostic::error(Kind::Logic, "parallel-too-large", message).ours();
    let diagnostic = match config.jobs.get(job) {
        Some(job) => diagnostic.at(job.parallel.as_ref().map_or(job.span, |parallel| parallel.span)),
        None => diagnostic,
    };
    Box::new((config, diagnostic.help("Make fewer jobs, or child pipelines out of some of them.")))
}
