//! From a payload's cache entry to what is done about it.

use super::key::{self, CacheKey};
use protocol::CacheEntry;

/// What an entry's policy allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Whether the cache is restored.
    pub(crate) pull: bool,
    /// Whether the cache is saved.
    pub(crate) push: bool,
}

/// One cache of a job, everything expanded.
#[derive(Clone, Debug)]
pub(crate) struct CachePlan {
    /// The key; nothing where none could be made.
    pub(crate) key: Option<CacheKey>,
    /// Keys to try when there is no archive for the first.
    pub(crate) fallbacks: Vec<CacheKey>,
    /// What to show about the key before anything else.
    pub(crate) warning: Option<String>,
    /// What to show about the other keys; concerns the restoring only.
    pub(crate) fallback_warnings: Vec<String>,
    /// What may be done.
    pub(crate) policy: Policy,
}

/// An entry that cannot be carried out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PlanError {
    /// The policy is none that exists.
    #[error("unknown cache policy {policy} for {key}")]
    UnknownPolicy {
        /// The policy as expanded.
        policy: String,
        /// The key.
        key: String,
    },
}

/// What an entry is planned with.
pub(crate) struct PlanContext<'a> {
    /// Expands a string by the runner's rules.
    pub(crate) expand: &'a dyn Fn(&str) -> String,
    /// `CACHE_FALLBACK_KEY`.
    pub(crate) fallback_key: &'a str,
    /// `FF_HASH_CACHE_KEYS`.
    pub(crate) hashed: bool,
    /// Name of the job.
    pub(crate) job: &'a str,
    /// The ref.
    pub(crate) reference: &'a str,
}

/// Whether an entry has files at all; one without is no cache.
pub(crate) fn has_files(entry: &CacheEntry) -> bool {
    !entry.paths.is_empty() || entry.untracked
}

/// Plans one entry.
pub(crate) fn plan(entry: &CacheEntry, context: &PlanContext<'_>) -> Result<CachePlan, PlanError> {
    let expand = context.expand;
    let raw = match entry.key.as_str() {
        "" => key::default_key(context.job, context.reference),
        text => expand(text),
    };
    let resolved = key::resolve(&raw, context.hashed);
    let policy = policy(&expand(&entry.policy), &raw)?;
    let (mut fallbacks, mut fallback_warnings) = (Vec::new(), Vec::new());
    for text in &entry.fallback_keys {
        // Expanded twice, as gitlab-runner does: a value that is itself a reference is followed once.
        let resolved = key::resolve(&expand(&expand(text)), context.hashed);
        fallback_warnings.extend(resolved.warning);
        fallbacks.extend(resolved.key);
    }
    if !context.fallback_key.is_empty() {
        if key::fallback_allowed(context.fallback_key) {
            let resolved = key::resolve(context.fallback_key, context.hashed);
            fallback_warnings.extend(resolved.warning);
            fallbacks.extend(resolved.key);
        } else {
            let shown = crate::variables::go::quote(context.fallback_key);
            fallback_warnings
                .push(format!("CACHE_FALLBACK_KEY {shown} not allowed to end in \"-protected\""));
        }
    }
    Ok(CachePlan { key: resolved.key, fallbacks, warning: resolved.warning, fallback_warnings, policy })
}

fn policy(text: &str, key: &str) -> Result<Policy, PlanError> {
    match text {
        "" | "pull-push" => Ok(Policy { pull: true, push: true }),
        "pull" => Ok(Policy { pull: true, push: false }),
        "push" => Ok(Policy { pull: false, push: true }),
        _ => Err(PlanError::UnknownPolicy { policy: text.to_owned(), key: key.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context<'a>(expand: &'a dyn Fn(&str) -> String, fallback_key: &'a str) -> PlanContext<'a> {
        PlanContext { expand, fallback_key, hashed: false, job: "build", reference: "main" }
    }

    fn entry() -> CacheEntry {
        CacheEntry { key: "$K".to_owned(), paths: vec!["v".to_owned()], ..CacheEntry::default() }
    }

    #[test]
    fn keys_are_tried_in_order() {
        let expand = |text: &str| text.replace("$K", "k");
        let entry =
            CacheEntry { fallback_keys: vec!["f1".to_owned(), String::new(), "$K".to_owned()], ..entry() };
        let plan = plan(&entry, &context(&expand, "last")).unwrap();
        assert_eq!(plan.key.unwrap().path, "k");
        let tried: Vec<String> = plan.fallbacks.into_iter().map(|k| k.path).collect();
        assert_eq!(tried, ["f1", "k", "last"]);
    }

    #[test]
    fn a_protected_fallback_is_refused() {
        let expand = |text: &str| text.to_owned();
        let plan = plan(&entry(), &context(&expand, "c-protected")).unwrap();
        assert!(plan.fallbacks.is_empty());
        assert_eq!(
            plan.fallback_warnings,
            ["CACHE_FALLBACK_KEY \"c-protected\" not allowed to end in \"-protected\""]
        );
    }

    #[test]
    fn an_unknown_policy_is_an_error() {
        let expand = |text: &str| text.to_owned();
        let entry = CacheEntry { policy: "pul".to_owned(), ..entry() };
        let error = plan(&entry, &context(&expand, "")).unwrap_err();
        assert_eq!(error.to_string(), "unknown cache policy pul for $K");
    }

    #[test]
    fn an_entry_without_files_is_none() {
        assert!(has_files(&entry()));
        assert!(!has_files(&CacheEntry { paths: Vec::new(), ..entry() }));
        assert!(has_files(&CacheEntry { paths: Vec::new(), untracked: true, ..entry() }));
    }

    #[test]
    fn keys_that_had_to_be_changed_are_named_in_order() {
        let expand = |text: &str| text.to_owned();
        let entry = CacheEntry { key: "../k".to_owned(), fallback_keys: vec!["f/".to_owned()], ..entry() };
        let plan = plan(&entry, &context(&expand, "/l")).unwrap();
        assert_eq!(plan.warning.unwrap(), "cache key \"../k\" sanitized to \"k\"");
        assert_eq!(
            plan.fallback_warnings,
            ["cache key \"f/\" sanitized to \"f\"", "cache key \"/l\" sanitized to \"l\""]
        );
    }
}
