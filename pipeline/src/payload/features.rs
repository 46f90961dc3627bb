//! What runners are told of the coordinator.

use ci_yaml::FAILURE_REASONS;
use protocol::PayloadFeatures;

pub(super) fn features() -> PayloadFeatures {
    PayloadFeatures {
        trace_sections: true,
        token_mask_prefixes: Vec::new(),
        failure_reasons: FAILURE_REASONS.iter().map(ToString::to_string).collect(),
    }
}
