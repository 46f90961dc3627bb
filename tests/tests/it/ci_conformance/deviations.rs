//! Where we answer otherwise than GitLab's classes did, on purpose.

/// Beginnings of faults, each with its reason.
const KNOWN: &[(&str, &str)] = &[];

/// Whether a fault is meant to be.
pub(super) fn is_known(fault: &str) -> bool {
    KNOWN.iter().any(|(beginning, _)| fault.starts_with(beginning))
}
