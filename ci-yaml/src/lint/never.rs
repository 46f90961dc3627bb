//! Jobs that no event lets in.

use super::event::Event;
use super::inclusion::{self, Verdict};
use super::known::Variables;
use crate::Diagnostic;
use crate::config::Config;

pub(super) fn lint(
    config: &Config,
    variables: &Variables<'_>,
    events: &[Event<'_>],
    found: &mut Vec<Diagnostic>,
) {
    let with_pipeline: Vec<&Event<'_>> = events
        .iter()
        .filter(|event| {
            inclusion::pipeline(config, event, &|name| variables.in_any_case(event, name)).possible()
        })
        .collect();
    if with_pipeline.is_empty() {
        let warning =
            Diagnostic::lint("never-runs", "`workflow: rules` let no pipeline run, whatever the event");
        let first = config.workflow.rules.as_ref().and_then(|rules| rules.first());
        found.extend([first.map_or(warning.clone(), |rule| warning.at(rule.span))]);
        return;
    }
    let mut bases = std::collections::HashSet::new();
    for job in config.jobs.values() {
        let base = job.instance.as_ref().map_or(&job.name, |instance| &instance.base);
        let in_none = |event: &&Event<'_>| {
            inclusion::job(job, event, &|name| variables.in_any_case(event, name)) == Verdict::No
        };
        if with_pipeline.iter().all(in_none) && bases.insert(base.clone()) {
            let switched_off = job.rules.as_ref().is_some_and(|rules| rules.len() == 1);
            let warning =
                Diagnostic::lint("never-runs", format!("`{base}` can never run: no event lets it in"))
                    .at(job.span);
            found.push(if switched_off {
                warning.help("a name with a dot in front hides a job from GitLab altogether")
            } else {
                warning
            });
        }
    }
}
