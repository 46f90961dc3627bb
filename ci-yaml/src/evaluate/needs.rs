//! Needs of the jobs that are in a pipeline (`Seed::Build#needs_errors`).

use crate::config::{Job, Need};
use crate::{Diagnostic, Kind};
use std::collections::HashSet;

/// How many jobs one job may need: the default of an instance.
const MAX_NEEDS: usize = 50;

/// What is wrong with the needs that a job itself lists, in GitLab's words. Those of a rule are not looked at, and
/// those of the job are even where a rule replaces them.
pub(super) fn errors(job: &Job, present: &HashSet<&str>) -> Vec<Diagnostic> {
    let Some(needs) = &job.needs else { return Vec::new() };
    if needs.jobs.len() > MAX_NEEDS {
        let message = format!(
            "{}: one job can only need {MAX_NEEDS} others, but you have listed {}. \
             See needs keyword documentation for more details",
            job.name,
            needs.jobs.len()
        );
        return vec![Diagnostic::error(Kind::Pipeline, "too-many-needs", message).at(needs.span)];
    }
    let missing = needs.jobs.iter().filter(|need| !need.optional && !present.contains(&*need.job));
    missing.map(|need| error(&job.name, need)).collect()
}

fn error(name: &str, need: &Need) -> Diagnostic {
    let needed = &need.job;
    let message = format!(
        "'{name}' job needs '{needed}' job, but '{needed}' does not exist in the pipeline. \
         This might be because of the only, except, or rules keywords. \
         To need a job that sometimes does not exist in the pipeline, use needs:optional."
    );
    Diagnostic::error(Kind::Pipeline, "need-left-out", message).at(need.span).help(format!(
        "Give `{name}` the conditions of `{needed}`, or write `{{job: {needed}, optional: true}}`."
    ))
}

/// The jobs a job waits for: those of its rule if that names any, else its own, without optional ones that are not
/// there. Nothing where neither is given: the job waits for stages.
pub(super) fn effective<'a>(
    own: Option<&'a [Need]>,
    of_rule: Option<&'a [Need]>,
    present: &HashSet<&str>,
) -> Option<Vec<Need>> {
    let listed = of_rule.filter(|needs| !needs.is_empty()).or(own)?;
    let kept = listed.iter().filter(|need| !need.optional || present.contains(&*need.job));
    Some(kept.cloned().collect())
}
