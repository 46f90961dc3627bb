//! A job that starts another pipeline (`Entry::Bridge`).

use super::allow_failure::allow_failure;
use super::keyword::{Fields, Keyword, Side};
use super::processable::{Reader, Shared, blank};
use super::{Report, checks, keywords};
use crate::config::{Job, Kind};
use crate::{Entry, Key, Map, Spanned};

/// Reads a bridge and reports what is wrong with it. There is no job if something is.
pub(super) fn bridge(
    key: &Key,
    entry: &Entry,
    map: &Map,
    shared: &mut Shared<'_>,
    report: &mut Report<'_>,
) -> Option<Job> {
    let fields = Fields::new(map, Side::Bridge);
    let before = report.count();
    checks::common(key, entry.key_span, &fields, report);
    checks::bridge(&fields, report);
    let refused = report.failed_since(before);
    let first_child = report.count();
    let mut reader = Reader { fields: &fields, shared, refused };
    let mut job = blank(super::jobs::name_of(key), entry.key_span);
    reader.common(&mut job, report);
    let trigger = fields.value(Keyword::Trigger);
    job.kind = Kind::Bridge(trigger.and_then(|value| keywords::trigger(value, report)));
    job.needs = fields.value(Keyword::Needs).and_then(|value| keywords::bridge_needs(value, report));
    job.parallel = fields.value(Keyword::Parallel).and_then(|value| {
        keywords::bridge_parallel(value, report).map(|parallel| Spanned::new(parallel, value.span))
    });
    job.allow_failure = allow_failure(&fields, job.when, report);
    if refused {
        report.mark_later(first_child);
    }
    let last_child = report.count();
    // Keywords of a refused job do not count as given.
    let mirrors = !refused && job.needs.as_ref().is_some_and(|needs| needs.mirror.is_some());
    if refused || (trigger.is_none() && !mirrors) {
        starts_nothing(&fields, entry, report);
    }
    report.move_up(last_child, first_child);
    (!report.failed_since(before)).then_some(job)
}

fn starts_nothing(fields: &Fields<'_>, entry: &Entry, report: &mut Report<'_>) {
    let span = fields
        .entry(Keyword::Needs)
        .or(fields.entry(Keyword::Trigger))
        .map_or(entry.key_span, |entry| entry.key_span);
    let text = "config should contain either a trigger or a needs:pipeline";
    let error = report.error(span, "bridge-without-trigger", text);
    if fields.value(Keyword::Trigger).is_none() {
        error.help.push("A job without `trigger` needs a `script`.".into());
    }
}
