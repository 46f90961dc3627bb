//! Keys of caches (`Ci::Build#cache`).

use crate::facts::ProjectFacts;
use crate::template::Cache;
use ci_yaml::Context;
use protocol::CacheEntry;

/// A cache as it is sent: with what was cleared and what is protected told apart in all of its keys.
pub(super) fn entry(cache: &Cache, context: &Context, project: &ProjectFacts<'_>) -> CacheEntry {
    let mut suffix = project.cache_index.map(|index| format!("-{index}")).unwrap_or_default();
    if project.separate_caches {
        suffix.push_str(if context.protected && !cache.unprotect { "-protected" } else { "-non_protected" });
    }
    let keyed = |key: &String| format!("{key}{suffix}");
    CacheEntry {
        key: keyed(&cache.entry.key),
        fallback_keys: cache.entry.fallback_keys.iter().map(keyed).collect(),
        ..cache.entry.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Secret;

    #[test]
    fn keys_tell_clears_and_protection() {
        let url = Secret::default();
        let fallback_keys = vec!["other".into()];
        let entry = CacheEntry { key: "deps".into(), fallback_keys, ..CacheEntry::default() };
        let mut cache = Cache { entry, unprotect: false };
        let mut context = Context::push("main");
        let mut project = ProjectFacts::new(&url);
        let keys = |cache: &Cache, context: &Context, project: &ProjectFacts<'_>| {
            let entry = super::entry(cache, context, project);
            [entry.key, entry.fallback_keys.concat()].join(" ")
        };
        assert_eq!(keys(&cache, &context, &project), "deps-non_protected other-non_protected");
        context.protected = true;
        project.cache_index = Some(3);
        assert_eq!(keys(&cache, &context, &project), "deps-3-protected other-3-protected");
        cache.unprotect = true;
        assert_eq!(keys(&cache, &context, &project), "deps-3-non_protected other-3-non_protected");
        project.separate_caches = false;
        assert_eq!(keys(&cache, &context, &project), "deps-3 other-3");
    }
}
