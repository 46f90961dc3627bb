//! `identity`, of the paid edition.

use super::attribute::Attribute;
use crate::Node;
use crate::entry::Report;
use std::sync::Arc;

/// Which cloud a job logs in to by itself. The messages are modelled on those of other keywords.
pub(crate) fn identity(value: &Node, parent: &mut Report<'_>) -> Option<Arc<str>> {
    let mut report = parent.within("identity");
    let config = Attribute::config(value);
    let text = config.string(&mut report)?;
    if &*text != "google_cloud" {
        let found = config.fail(&mut report, "unknown-value", "is not included in the list");
        found.from_gitlab = false;
        found.note = Some("the only value is `google_cloud`".into());
        return None;
    }
    Some(text)
}
