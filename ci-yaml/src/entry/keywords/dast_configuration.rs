//! `dast_configuration`, of the paid edition.

use super::attribute::Attribute;
use super::convert::json;
use super::keys;
use crate::Node;
use crate::entry::Report;
use serde_json::Value as Json;

/// Which profiles a scan uses. The messages are modelled on those of other keywords.
pub(crate) fn dast_configuration(value: &Node, parent: &mut Report<'_>) -> Option<Json> {
    let mut report = parent.within("dast_configuration");
    let before = report.count();
    Attribute::config(value).map(&mut report)?;
    keys::known(value, &["site_profile", "scanner_profile"], &mut report);
    Attribute::of(value, "site_profile").string(&mut report);
    Attribute::of(value, "scanner_profile").string(&mut report);
    (report.count() == before).then(|| json(value))
}
