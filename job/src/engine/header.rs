//! The first lines of a trace.

use super::start::Start;
use crate::Order;
use trace::Line;

/// Says which program runs the job, for which runner, and with which feature flags.
pub(super) fn write(order: &Order, start: &Start) {
    let narrator = start.narrator();
    narrator.say(
        Line::Plain,
        &format!(
            "Running with {} {} (follows gitlab-runner {})",
            order.info.name,
            order.info.revision,
            protocol::FOLLOWED_VERSION
        ),
    );
    if !order.short_token.is_empty() {
        let (name, token, id) = (&order.runner_name, &order.short_token, &order.system_id);
        narrator.say(Line::Plain, &format!("  on {name} {token}, system ID: {id}"));
    }
    if let Some(flags) = start.facts.flags.header() {
        narrator.say(Line::Plain, &format!("  feature flags: {flags}"));
    }
    narrator.finish();
}
