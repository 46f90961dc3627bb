//! Jobs that publish a site.

use super::keyword::{Fields, Keyword};
use super::keywords::{PagesKeyword, pages_job};
use crate::config::{Job, Pages};
use crate::{Node, Value};

/// Whether it publishes: `pages` says so, or its name does and `pages` does not deny it (`Job#pages_job?`).
pub(super) fn is_pages(name: &str, fields: &Fields<'_>) -> bool {
    let value = fields.entry(Keyword::Pages).map(|entry| &entry.value);
    let denied = value.is_some_and(|value| matches!(value.value, Value::Bool(false)));
    value.is_some_and(|value| !value.is_blank()) || (name == "pages" && !denied)
}

/// Sets what is published, and adds the folder to the job's artifacts (`Job#artifacts_with_pages_publish_path`).
pub(super) fn publish(job: &mut Job, keyword: Option<PagesKeyword>, fields: &Fields<'_>) {
    let of_job = fields.value(Keyword::Publish).and_then(Node::as_text);
    let Some(pages) = pages_job(&job.name, keyword, of_job) else { return };
    let names_it = |pages: &Node| pages.as_map().is_some_and(|map| map.has("publish"));
    let named_twice = of_job.is_some() && fields.value(Keyword::Pages).is_some_and(names_it);
    let paths = job.artifacts.get_or_insert_default().paths.get_or_insert_default();
    if !paths.contains(&pages.publish) {
        paths.push(pages.publish.clone());
    }
    job.pages = Some(Pages { named_twice, ..pages });
}
