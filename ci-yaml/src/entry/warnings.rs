//! What GitLab accepts and warns of.

use super::scripts::{MAX_NESTING, MOST_ENTRIES};
use super::{Report, keyword::Keyword};
use crate::{Diagnostic, Entry, Kind, Node, Span, Value};

const DOCS: &str = "https://docs.gitlab.com/ee/ci/jobs/job_troubleshooting.html\
                    #job-may-allow-multiple-pipelines-to-run-for-a-single-action-warning";

/// Warns of a last rule that always holds, where no `workflow:rules` keeps a push and its merge request apart
/// (`Processable#validate_against_warnings`).
pub(super) fn multiple_pipelines(rules: &Entry, report: &mut Report<'_>) {
    let mut left = MOST_ENTRIES;
    let Some(when) = last_rule(&rules.value, MAX_NESTING, &mut left).and_then(always) else { return };
    let path = report.path();
    let text = format!(
        "{path} may allow multiple pipelines to run for a single action due to `rules:when` clause with no \
         `workflow:rules` - read more: {DOCS}"
    );
    let warning = Diagnostic::warning(Kind::Structure, "multiple-pipelines", text)
        .at(when)
        .note("holds for pushes and for merge requests")
        .help("Add `workflow:rules` that say which of the two gets a pipeline, or a condition to this rule.");
    report.push(warning);
}

fn last_rule<'a>(rules: &'a Node, levels: usize, left: &mut usize) -> Option<&'a Node> {
    *left = left.checked_sub(1)?;
    match &rules.value {
        Value::Seq(items) if levels > 0 => {
            items.iter().rev().find_map(|item| last_rule(item, levels - 1, left))
        }
        Value::Map(_) => Some(rules),
        _ => None,
    }
}

/// The place of the `when` of a rule that has nothing else, and that lets the job in.
fn always(rule: &Node) -> Option<Span> {
    let mut given = rule.as_map()?.iter().filter(|(_, entry)| !entry.value.is_null());
    let (key, entry) = given.next()?;
    let alone = given.next().is_none() && key.as_str() == Some(Keyword::When.name());
    (alone && entry.value.as_str() != Some("never")).then_some(entry.key_span)
}
