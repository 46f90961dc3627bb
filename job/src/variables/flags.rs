//! Feature flags.
//!
//! A flag comes from the runner's `[runners.feature_flags]`, else from a job variable of its name, else from
//! its default. All flags are exported to jobs, whether this runner acts by them or not, since helpers and
//! scripts may look at them.

use super::expand::expand;
use super::go::parse_bool;
use crate::Order;
use std::collections::BTreeMap;

/// Every flag of the release that is followed, with its default, in the order of their declaration there.
pub const ALL: &[(&str, bool)] = &[
    ("FF_TEST_FEATURE", false),
    ("FF_NETWORK_PER_BUILD", false),
    ("FF_USE_LEGACY_KUBERNETES_EXECUTION_STRATEGY", false),
    ("FF_USE_DIRECT_DOWNLOAD", true),
    ("FF_USE_FASTZIP", true),
    ("FF_DISABLE_UMASK_FOR_DOCKER_EXECUTOR", false),
    ("FF_ENABLE_BASH_EXIT_CODE_CHECK", false),
    ("FF_USE_WINDOWS_LEGACY_PROCESS_STRATEGY", false),
    ("FF_USE_LEGACY_BASH_EVAL", false),
    ("FF_USE_POWERSHELL_PATH_RESOLVER", false),
    ("FF_USE_DYNAMIC_TRACE_FORCE_SEND_INTERVAL", false),
    ("FF_SCRIPT_SECTIONS", false),
    ("FF_ENABLE_JOB_CLEANUP", false),
    ("FF_KUBERNETES_HONOR_ENTRYPOINT", false),
    ("FF_POSIXLY_CORRECT_ESCAPES", false),
    ("FF_RESOLVE_FULL_TLS_CHAIN", false),
    ("FF_DISABLE_POWERSHELL_STDIN", false),
    ("FF_USE_POD_ACTIVE_DEADLINE_SECONDS", true),
    ("FF_USE_ADVANCED_POD_SPEC_CONFIGURATION", false),
    ("FF_SECRET_RESOLVING_FAILS_IF_MISSING", true),
    ("FF_PRINT_POD_EVENTS", false),
    ("FF_USE_GIT_BUNDLE_URIS", true),
    ("FF_USE_GIT_NATIVE_CLONE", false),
    ("FF_USE_DUMB_INIT_WITH_KUBERNETES_EXECUTOR", false),
    ("FF_USE_INIT_WITH_DOCKER_EXECUTOR", false),
    ("FF_LOG_IMAGES_CONFIGURED_FOR_JOB", false),
    ("FF_USE_DOCKER_AUTOSCALER_DIAL_STDIO", true),
    ("FF_CLEAN_UP_FAILED_CACHE_EXTRACT", false),
    ("FF_USE_WINDOWS_JOB_OBJECT", false),
    ("FF_TIMESTAMPS", true),
    ("FF_DISABLE_AUTOMATIC_TOKEN_ROTATION", false),
    ("FF_USE_LEGACY_GCS_CACHE_ADAPTER", false),
    ("FF_DISABLE_UMASK_FOR_KUBERNETES_EXECUTOR", false),
    ("FF_USE_LEGACY_S3_CACHE_ADAPTER", false),
    ("FF_GIT_URLS_WITHOUT_TOKENS", false),
    ("FF_WAIT_FOR_POD_TO_BE_REACHABLE", false),
    ("FF_MASK_ALL_DEFAULT_TOKENS", true),
    ("FF_EXPORT_HIGH_CARDINALITY_METRICS", false),
    ("FF_USE_FLEETING_ACQUIRE_HEARTBEATS", false),
    ("FF_USE_EXPONENTIAL_BACKOFF_STAGE_RETRY", true),
    ("FF_USE_ADAPTIVE_REQUEST_CONCURRENCY", true),
    ("FF_USE_GITALY_CORRELATION_ID", true),
    ("FF_USE_GIT_PROACTIVE_AUTH", false),
    ("FF_HASH_CACHE_KEYS", false),
    ("FF_ENABLE_JOB_INPUTS_INTERPOLATION", true),
    ("FF_USE_JOB_ROUTER", false),
    ("FF_SCRIPT_TO_STEP_MIGRATION", false),
    ("FF_USE_PARALLEL_CACHE_TRANSFER", false),
    ("FF_USE_PARALLEL_ARTIFACT_TRANSFER", false),
    ("FF_CONCRETE", false),
    ("FF_SUSPENDABLE_ENVIRONMENTS", false),
    ("FF_USE_NATIVE_CONTAINER_STOP", false),
];

/// The resolved flags of one job.
#[derive(Clone, Debug)]
pub struct Flags {
    values: BTreeMap<&'static str, bool>,
    warnings: Vec<String>,
}

impl Flags {
    /// Decides every flag for a job.
    pub fn resolve(order: &Order) -> Self {
        let mut flags = Self { values: BTreeMap::new(), warnings: Vec::new() };
        for &(name, default) in ALL {
            let configured = order.settings.feature_flags.get(name).copied();
            let value = configured.or_else(|| flags.read_variable(order, name)).unwrap_or(default);
            flags.values.insert(name, value);
        }
        flags
    }

    /// The value of a job variable named like a flag; the last one counts.
    fn read_variable(&mut self, order: &Order, name: &str) -> Option<bool> {
        let raw = raw_value(order, name)?;
        let value = parse_bool(&raw);
        if value.is_none() {
            self.warnings.push(format!("{name}: could not parse feature flag, expected bool, got {raw}"));
        }
        value
    }

    /// Whether a flag is on. A name that is no flag is off.
    pub fn is_on(&self, name: &str) -> bool {
        self.values.get(name).copied().unwrap_or(false)
    }

    /// Whether a name is that of a flag.
    pub fn is_flag(name: &str) -> bool {
        name.starts_with("FF_") && ALL.iter().any(|(flag, _)| *flag == name)
    }

    /// All flags in the order of their declaration.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, bool)> {
        ALL.iter().map(|&(name, _)| (name, self.is_on(name)))
    }

    /// Variables whose value is no truth value, in words for the trace.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// `FF_A:true, FF_B:false`: the flags that differ from their default; nothing when none does.
    pub fn header(&self) -> Option<String> {
        let changed: Vec<String> = ALL
            .iter()
            .filter(|(name, default)| self.is_on(name) != *default)
            .map(|(name, _)| format!("{name}:{}", self.is_on(name)))
            .collect();
        (!changed.is_empty()).then(|| changed.join(", "))
    }
}

/// The expanded value of a variable of the runner's environment or of the payload, which is later.
fn raw_value(order: &Order, name: &str) -> Option<String> {
    if let Some(variable) = order.payload.variable(name) {
        return Some(if variable.raw { variable.value.clone() } else { expanded(order, &variable.value) });
    }
    environment_value(order, name).map(|value| expanded(order, value))
}

fn expanded(order: &Order, text: &str) -> String {
    expand(text, |name| match order.payload.variable(name) {
        Some(variable) => variable.value.clone(),
        None => environment_value(order, name).unwrap_or_default().to_owned(),
    })
    .into_owned()
}

fn environment_value<'a>(order: &'a Order, name: &str) -> Option<&'a str> {
    order.settings.environment.iter().rev().find_map(|item| match item.split_once('=') {
        Some((key, value)) if key == name => Some(value),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::testing::order;

    #[test]
    fn the_configuration_wins_over_variables_and_these_over_defaults() {
        let mut order = order(&[("FF_TIMESTAMPS", "false"), ("FF_HASH_CACHE_KEYS", "$ON"), ("ON", "1")]);
        order.settings.feature_flags.insert("FF_TIMESTAMPS".to_owned(), true);
        order.settings.environment = vec!["FF_SCRIPT_SECTIONS=t".to_owned(), "noise".to_owned()];
        let flags = Flags::resolve(&order);
        assert!(flags.is_on("FF_TIMESTAMPS"));
        assert!(flags.is_on("FF_HASH_CACHE_KEYS"));
        assert!(flags.is_on("FF_SCRIPT_SECTIONS"));
        assert!(!flags.is_on("FF_NO_SUCH_FLAG"));
        assert_eq!(flags.header().as_deref(), Some("FF_SCRIPT_SECTIONS:true, FF_HASH_CACHE_KEYS:true"));
        assert!(flags.warnings().is_empty());
    }

    #[test]
    fn what_is_no_truth_value_warns_and_leaves_the_default() {
        let flags = Flags::resolve(&order(&[("FF_TIMESTAMPS", "false"), ("FF_TIMESTAMPS", "maybe")]));
        assert!(flags.is_on("FF_TIMESTAMPS"));
        assert_eq!(
            flags.warnings(),
            ["FF_TIMESTAMPS: could not parse feature flag, expected bool, got maybe"]
        );
        assert_eq!(flags.header(), None);
    }
}
