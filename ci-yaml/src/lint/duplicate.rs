//! Two pipelines for one push: of the branch, and of the merge request that is open for it.

use super::event::{About, Event};
use super::inclusion::{self, Verdict};
use super::known::Variables;
use crate::config::{Config, Job, Rule, When};
use crate::{Context, Diagnostic};

/// So many jobs are named; the rest is counted.
const NAMED: usize = 3;

pub(super) fn lint(
    config: &Config,
    variables: &Variables<'_>,
    context: &Context,
    found: &mut Vec<Diagnostic>,
) {
    let events = [("push", About::OtherBranch), ("merge_request_event", About::MergeRequest)]
        .map(|(source, about)| Event::new(source, about, context));
    let has_pipeline = |event: &Event<'_>| {
        let known = |name: &str| variables.as_written(None, event, name);
        inclusion::pipeline(config, event, &known) == Verdict::Yes
    };
    let runs_in = |job: &Job, event: &Event<'_>| {
        let known = |name: &str| variables.as_written(Some(job), event, name);
        inclusion::job(job, event, &known) == Verdict::Yes
    };
    if !events.iter().all(has_pipeline) {
        return;
    }
    let told = |job: &Job| config.workflow.rules.is_none() && gitlab_warns(job);
    let twice = config.jobs.values().filter(|job| !told(job));
    let twice: Vec<_> = twice.filter(|job| events.iter().all(|event| runs_in(job, event))).collect();
    let Some(first) = twice.first() else { return };
    let [push, _] = &events;
    let rule = inclusion::rule(first, push, &|name| variables.as_written(Some(first), push, name));
    let place = rule.map_or(first.span, |rule| rule.span);
    let names = twice.iter().take(NAMED).map(|job| format!("`{}`", job.name)).collect::<Vec<_>>().join(", ");
    let run = match twice.len() {
        1 => format!("{names} runs"),
        count if count <= NAMED => format!("{names} run"),
        count => format!("{names} and {} more run", count - NAMED),
    };
    found.push(
        Diagnostic::lint(
            "two-pipelines",
            format!("a push to a branch with an open merge request makes two pipelines, and {run} in both"),
        )
        .at(place)
        .help("let `workflow: rules` choose: `if: $CI_PIPELINE_SOURCE == \"merge_request_event\"`, then `if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS` with `when: never`, then `if: $CI_COMMIT_BRANCH`"),
    );
}

/// Whether GitLab itself warns of the job: its last rule has no condition (`Processable#validate_against_warnings`).
fn gitlab_warns(job: &Job) -> bool {
    job.rules.as_deref().and_then(<[Rule]>::last).is_some_and(|rule| {
        let when = rule.when.as_ref().is_some_and(|when| when.value != When::Never);
        when && rule.condition.is_none() && rule.changes.is_none() && rule.exists.is_none()
    })
}
