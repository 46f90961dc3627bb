//! `artifacts`.

use super::attribute::Attribute;
use super::language::expiry;
use super::reports::reports;
use super::{keys, twice_a_map};
use crate::Node;
use crate::config::Artifacts;
use crate::entry::Report;

const KEYS: [&str; 10] = [
    "name",
    "untracked",
    "paths",
    "reports",
    "when",
    "expire_in",
    "expose_as",
    "exclude",
    "public",
    "access",
];
const WHEN: [&str; 3] = ["on_success", "on_failure", "always"];
const IN_WHEN: &str = "should be one of: on_success, on_failure, always";
const ACCESS: [&str; 4] = ["none", "developer", "maintainer", "all"];
const IN_ACCESS: &str = "should be one of: none, developer, maintainer, all";

/// What a job leaves behind (`Entry::Artifacts`).
pub(crate) fn artifacts(value: &Node, parent: &mut Report<'_>) -> Option<Artifacts> {
    let mut report = parent.within("artifacts");
    let before = report.count();
    twice_a_map(value, &mut report)?;
    let mut artifacts = own(value, &mut report);
    artifacts.reports = super::below(before, &mut report, |report| {
        Attribute::of(value, "reports")
            .given()
            .filter(|found| found.as_map().is_some())
            .and_then(|found| reports(found, report))
    });
    (report.count() == before).then_some(artifacts)
}

fn own(value: &Node, report: &mut Report<'_>) -> Artifacts {
    let key = |name| Attribute::of(value, name);
    keys::known(value, &KEYS, report);
    let exposed = key("expose_as").given().is_some();
    if exposed {
        key("paths").present(report);
    }
    keys::exclusive(value, &["access", "public"], report);
    let name = key("name").string(report);
    let public = key("public").boolean(report);
    let untracked = key("untracked").boolean(report);
    let paths = key("paths").strings(report);
    if exposed {
        exposure(value, report);
    }
    let exclude = key("exclude").strings(report);
    key("reports").map(report);
    let when = key("when").one_of(&WHEN, IN_WHEN, report);
    let expire_in = expiry(key("expire_in"), report);
    let access = key("access").one_of(&ACCESS, IN_ACCESS, report);
    let expose_as = key("expose_as").given().and_then(Node::as_text).cloned();
    Artifacts { name, paths, exclude, untracked, when, expire_in, expose_as, public, access, reports: None }
}

/// What `expose_as` asks of itself and of the paths.
fn exposure(value: &Node, report: &mut Report<'_>) {
    let paths = Attribute::of(value, "paths");
    match paths.given().and_then(Node::as_seq) {
        Some(items) if items.iter().all(|item| item.as_str().is_some()) => {
            let star = |item: &&Node| item.as_str().is_some_and(|path| path.contains('*'));
            if let Some(path) = items.iter().find(star) {
                let text = "can't contain '*' when used with 'expose_as'";
                paths.fail(report, "exclusive-keywords", text).span = Some(path.span);
            }
        }
        // GitLab checks the type a second time here and says so a second time.
        _ => drop(paths.strings(report)),
    }
    let exposed = Attribute::of(value, "expose_as");
    exposed.string(report);
    exposed.at_most(100, "is too long (maximum is 100 characters)", report);
    let named = |text: &str| {
        let word = |character: char| character.is_ascii_alphanumeric() || character == '_';
        let more = |character: char| word(character) || matches!(character, '-' | ' ');
        text.starts_with(word) && text.chars().all(more)
    };
    if !exposed.given().is_some_and(|value| named(&super::convert::text_of(value))) {
        exposed.fail(report, "unknown-value", "can contain only letters, digits, '-', '_' and spaces");
    }
}
