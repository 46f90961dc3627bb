//! `pages` and `publish`.

use super::attribute::Attribute;
use super::keys;
use super::language::expiry;
use crate::config::Pages;
use crate::entry::Report;
use crate::{Node, Value};
use std::sync::Arc;

/// The folder that is published if none is named (`Job::PUBLIC_DIR`).
const PUBLIC: &str = "public";

/// What `pages` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PagesKeyword {
    /// `false`: not even a job of that name publishes pages.
    Off,
    /// `{}`: as if it were not there.
    Empty,
    /// `true`, or a map that is not empty.
    On {
        /// What comes before the site's path.
        path_prefix: Option<Arc<str>>,
        /// How long the site stays.
        expire_in: Option<Arc<str>>,
        /// The folder.
        publish: Option<Arc<str>>,
    },
}

/// `pages` (`Entry::Pages`).
pub(crate) fn pages(value: &Node, parent: &mut Report<'_>) -> Option<PagesKeyword> {
    let mut report = parent.within("pages");
    let before = report.count();
    let key = |name| Attribute::of(value, name);
    if !matches!(value.value, Value::Map(_) | Value::Bool(_)) {
        Attribute::config(value).wrong(&mut report, "should be a hash or a boolean value");
    }
    keys::known(value, &["path_prefix", "expire_in", "publish"], &mut report);
    let path_prefix = key("path_prefix").string(&mut report);
    let expire_in = match key("expire_in").given().and_then(Node::as_text).filter(|text| has_variable(text)) {
        Some(text) => Some(text.clone()),
        None => expiry(key("expire_in"), &mut report),
    };
    let publish = key("publish").string(&mut report);
    let keyword = match &value.value {
        Value::Bool(false) => PagesKeyword::Off,
        Value::Map(map) if map.is_empty() => PagesKeyword::Empty,
        _ => PagesKeyword::On { path_prefix, expire_in, publish },
    };
    (report.count() == before).then_some(keyword)
}

/// `publish` of a job (`Entry::Publish`).
pub(crate) fn publish(value: &Node, parent: &mut Report<'_>) -> Option<Arc<str>> {
    Attribute::config(value).string(&mut parent.within("publish"))
}

/// Whether a job publishes pages, and how: by what `pages` says, or by its name.
pub(crate) fn pages_job(job: &str, pages: Option<PagesKeyword>, publish: Option<&Arc<str>>) -> Option<Pages> {
    let folder =
        |named: Option<Arc<str>>| named.or_else(|| publish.cloned()).unwrap_or_else(|| PUBLIC.into());
    match pages {
        Some(PagesKeyword::Off) => None,
        Some(PagesKeyword::On { path_prefix, expire_in, publish }) => {
            Some(Pages { publish: folder(publish), path_prefix, expire_in, named_twice: false })
        }
        Some(PagesKeyword::Empty) | None => {
            (job == "pages").then(|| Pages { publish: folder(None), ..Pages::default() })
        }
    }
}

/// Whether a reference to a variable is in it, in any of the forms that GitLab expands.
fn has_variable(text: &str) -> bool {
    let word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let begins = |rest: &str| rest.strip_prefix('{').unwrap_or(rest).starts_with(word);
    let dollar = text.match_indices('$').any(|(index, _)| text.get(index + 1..).is_some_and(begins));
    let mut parts = text.split('%').skip(1);
    dollar || text.matches('%').count() > 1 && parts.any(|part| !part.is_empty() && part.chars().all(word))
}
