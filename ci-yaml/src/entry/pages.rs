//! Jobs that publish a site.

use super::keyword::{Fields, Keyword};
use crate::config::{Job, Pages};
use crate::{Node, Value};
use std::sync::Arc;

/// The folder that is published where none is named (`Job::PUBLIC_DIR`).
const PUBLIC: &str = "public";

/// Whether it publishes: `pages` says so, or its name does and `pages` does not deny it (`Job#pages_job?`).
pub(super) fn is_pages(name: &str, fields: &Fields<'_>) -> bool {
    let value = fields.entry(Keyword::Pages).map(|entry| &entry.value);
    let denied = value.is_some_and(|value| matches!(value.value, Value::Bool(false)));
    value.is_some_and(|value| !value.is_blank()) || (name == "pages" && !denied)
}

/// Sets what is published, and adds the folder to the job's artifacts (`Job#artifacts_with_pages_publish_path`).
pub(super) fn publish(job: &mut Job, fields: &Fields<'_>, is_pages: bool) {
    if !is_pages {
        job.pages = None;
        return;
    }
    let of_job = fields.value(Keyword::Publish);
    let of_pages =
        fields.value(Keyword::Pages).and_then(|pages| pages.get("publish")).filter(|value| !value.is_null());
    let named = of_pages.or(of_job).and_then(Node::as_text);
    let folder: Arc<str> = named.cloned().unwrap_or_else(|| PUBLIC.into());
    let key_of_pages =
        fields.value(Keyword::Pages).and_then(Node::as_map).is_some_and(|map| map.has("publish"));
    let pages = job.pages.take().unwrap_or_default();
    let named_twice = key_of_pages && of_job.is_some();
    job.pages = Some(Pages { publish: folder.clone(), named_twice, ..pages });
    let paths = job.artifacts.get_or_insert_default().paths.get_or_insert_default();
    if !paths.contains(&folder) {
        paths.push(folder);
    }
}
