//! `timeout`.

use super::attribute::Attribute;
use super::language::seconds;
use crate::Node;
use crate::entry::Report;

/// A month, the most that a job may take, in seconds (`Project::MAX_BUILD_TIMEOUT`).
const MONTH: f64 = 2_629_746.0;

/// How long a job may take (`Entry::Timeout`), in whole seconds.
pub(crate) fn timeout(value: &Node, parent: &mut Report<'_>) -> Option<u64> {
    let mut report = parent.within("timeout");
    let seconds = seconds(Attribute::config(value), Some(MONTH), &mut report)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to a month")]
    (0.0..=MONTH).contains(&seconds).then_some(seconds as u64)
}
