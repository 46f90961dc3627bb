//! Expands parallel jobs, and checks what jobs say of one another and of stages.
//!
//! GitLab does the first in `Gitlab::Ci::Config::Normalizer` and the second in
//! `Gitlab::Ci::YamlProcessor#run_logical_validations!`, which stops at the first error. Here all are found.

mod budget;
mod checks;
mod cycles;
mod expand;
mod instances;
mod matrix;
mod relations;
mod report;

#[cfg(test)]
mod tests;

use crate::Diagnostic;
use crate::config::Config;

/// A configuration in which each job is one job of a pipeline.
#[derive(Clone, Debug)]
pub struct Normalized {
    /// The configuration, with the instances of parallel jobs in place of these.
    pub config: Config,
    /// Errors, the one that GitLab stops at first and the others marked as [`Diagnostic::later`]; then warnings of
    /// ours.
    pub diagnostics: Vec<Diagnostic>,
}

/// Expands and checks a validated configuration.
pub fn normalize(config: &Config) -> Normalized {
    into_normalized(config.clone())
}

/// As [`normalize`], without a copy of the jobs that are not parallel.
pub fn into_normalized(config: Config) -> Normalized {
    match expand::expand(config) {
        Ok(expanded) => check(expanded),
        Err(refused) => {
            let (config, diagnostic) = *refused;
            Normalized { config, diagnostics: vec![diagnostic] }
        }
    }
}

fn check(expanded: expand::Expanded) -> Normalized {
    let expand::Expanded { config, parallel, errors, warnings } = expanded;
    let mut report = report::Report::new(errors);
    checks::check(&config, &parallel, &mut report);
    cycles::check(&config, &mut report);
    let mut diagnostics = report.finish();
    diagnostics.iter_mut().skip(1).for_each(|diagnostic| diagnostic.later = true);
    diagnostics.extend(warnings);
    Normalized { config, diagnostics }
}
