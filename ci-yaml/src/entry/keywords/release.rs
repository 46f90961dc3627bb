//! `release`.

use super::attribute::Attribute;
use super::convert::{json, text_of};
use super::instant::is_instant;
use super::keys;
use crate::Node;
use crate::config::Release;
use crate::entry::Report;

const KEYS: [&str; 8] =
    ["tag_name", "tag_message", "name", "description", "ref", "released_at", "milestones", "assets"];

/// The release that a job makes (`Entry::Release`).
pub(crate) fn release(value: &Node, parent: &mut Report<'_>) -> Option<Release> {
    let mut report = parent.within("release");
    let before = report.count();
    Attribute::config(value).map(&mut report)?;
    let mut release = own(value, &mut report);
    if let Some(found) = Attribute::of(value, "assets").given() {
        super::below(before, &mut report, |report| assets(found, report));
        release.assets = Some(json(found));
    }
    (report.count() == before).then_some(release)
}

fn own(value: &Node, report: &mut Report<'_>) -> Release {
    let key = |name| Attribute::of(value, name);
    let filled = |name| Some(key(name)).filter(|key| key.given().is_some_and(|value| !value.is_blank()));
    let text = |name| key(name).given().map(text_of);
    keys::known(value, &KEYS, report);
    let tag_name = key("tag_name").required_string(report).unwrap_or_default();
    let tag_message = filled("tag_message").and_then(|message| message.string(report));
    let description = key("description").required_string(report).unwrap_or_default();
    let milestones = filled("milestones").and_then(|names| names.strings_or_string(report));
    checked("released_at", "must be a valid datetime", value, is_instant, report);
    checked("ref", "must be a valid ref", value, is_reference, report);
    Release {
        tag_name,
        tag_message,
        name: text("name"),
        description,
        reference: text("ref"),
        milestones,
        released_at: text("released_at"),
        assets: None,
    }
}

fn checked(name: &str, message: &str, value: &Node, holds: impl Fn(&str) -> bool, report: &mut Report<'_>) {
    let attribute = Attribute::of(value, name);
    let given = attribute.given().filter(|value| value.as_bool() != Some(false));
    if given.is_some_and(|value| !value.as_str().is_some_and(&holds)) {
        attribute.fail(report, "unknown-value", message);
    }
}

/// `assets` (`Entry::Release::Assets`); what a link is like, only the server checks, when the job runs.
fn assets(value: &Node, parent: &mut Report<'_>) {
    let mut report = parent.within("assets");
    if Attribute::config(value).map(&mut report).is_none() {
        return;
    }
    keys::known(value, &["links"], &mut report);
    let links = Attribute::of(value, "links");
    let maps =
        |value: &Node| value.as_seq().is_some_and(|items| items.iter().all(|item| item.as_map().is_some()));
    if !links.given().is_some_and(maps) {
        links.wrong(&mut report, "should be an array of hashes");
    }
    links.present(&mut report);
}

/// What git takes for the name of a branch, a tag or a commit (`git check-ref-format`, and the server's own rules).
fn is_reference(name: &str) -> bool {
    let odd = |character: char| character.is_control() || " ~^:?*[\\".contains(character);
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !has_suffix(part, ".lock");
    !name.starts_with('-')
        && !["refs/heads/", "refs/remotes/"].iter().any(|prefix| name.starts_with(prefix))
        && !matches!(name, "HEAD" | "@")
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && !name.contains(odd)
        && name.split('/').all(part)
}

fn has_suffix(text: &str, suffix: &str) -> bool {
    text.strip_suffix(suffix).is_some()
}
