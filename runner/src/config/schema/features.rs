//! Which settings of feature flags this version cannot follow. The flags themselves are known to crate `job`.

/// The setting of a flag that asks for something which this version cannot do.
pub(crate) fn unsupported_when(name: &str) -> Option<bool> {
    const ASKING_FOR_MORE: &[&str] = &[
        "FF_CONCRETE",
        "FF_EXPORT_HIGH_CARDINALITY_METRICS",
        "FF_RESOLVE_FULL_TLS_CHAIN",
        "FF_SCRIPT_TO_STEP_MIGRATION",
        "FF_SUSPENDABLE_ENVIRONMENTS",
        "FF_USE_DYNAMIC_TRACE_FORCE_SEND_INTERVAL",
        "FF_USE_JOB_ROUTER",
        "FF_USE_LEGACY_BASH_EVAL",
    ];
    ASKING_FOR_MORE.contains(&name).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use job::variables::ALL_FLAGS;

    #[test]
    fn no_default_is_complained_about() {
        let asking = ALL_FLAGS.iter().filter(|(name, _)| unsupported_when(name).is_some()).count();
        assert_eq!(asking, 8);
        assert!(ALL_FLAGS.iter().all(|(name, default)| unsupported_when(name) != Some(*default)));
    }
}
