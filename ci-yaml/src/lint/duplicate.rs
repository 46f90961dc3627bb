//! Two pipelines for one push: of the branch, and of the merge request that is open for it.

use super::event::{About, Event};
use super::inclusion::{self, Known, Verdict};
use crate::config::Config;
use crate::expression::Knowledge;
use crate::{Context, Diagnostic};

/// So many jobs are named; the rest is counted.
const NAMED: usize = 3;

pub(super) fn lint(config: &Config, context: &Context, found: &mut Vec<Diagnostic>) {
    let event = |source, about| Event {
        source,
        about,
        default_branch: &context.project.default_branch,
        project: &context.project.path,
    };
    let events = [event("push", About::OtherBranch), event("merge_request_event", About::MergeRequest)];
    let known = events.each_ref().map(|event| move |name: &str| as_written(config, event, name));
    let there = events
        .iter()
        .zip(&known)
        .all(|(event, known)| inclusion::pipeline(config, event, known) == Verdict::Yes);
    if !there {
        return;
    }
    let runs_in =
        |job, event: &Event<'_>, known: Known<'_>| inclusion::job(job, event, known) == Verdict::Yes;
    let twice: Vec<_> = config
        .jobs
        .values()
        .filter(|job| events.iter().zip(&known).all(|(event, known)| runs_in(*job, event, known)))
        .collect();
    let Some(first) = twice.first() else { return };
    let names = twice.iter().take(NAMED).map(|job| format!("`{}`", job.name)).collect::<Vec<_>>().join(", ");
    let more = match twice.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let rules = first.rules.as_ref().and_then(|rules| rules.first()).map_or(first.span, |rule| rule.span);
    found.push(
        Diagnostic::lint(
            "two-pipelines",
            format!("a push to a branch with an open merge request makes two pipelines, and {names}{more} run in both"),
        )
        .at(rules)
        .help("let `workflow: rules` choose: `if: $CI_PIPELINE_SOURCE == \"merge_request_event\"`, then `if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS` with `when: never`, then `if: $CI_COMMIT_BRANCH`"),
    );
}

/// What is known of a variable if nobody sets any in the project: a branch with an open merge request.
fn as_written(config: &Config, event: &Event<'_>, name: &str) -> Knowledge {
    if name == "CI_OPEN_MERGE_REQUESTS" {
        return Knowledge::Defined;
    }
    match (config.variables.get(name), event.knows(name)) {
        (Some(variable), _) => Knowledge::Text(variable.value.clone()),
        (None, Knowledge::Unknown) if !name.starts_with("CI_") && !name.starts_with("GITLAB_") => {
            Knowledge::Undefined
        }
        (None, known) => known,
    }
}
