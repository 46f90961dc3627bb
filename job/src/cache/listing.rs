//! Which archives a job's caches are.

use super::plan::has_files;
use super::stage::plans;
use super::store::Slot;
use crate::Order;
use crate::facts::Facts;
use std::path::{Path, PathBuf};

/// The archive of a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheArchive {
    /// The key, as the trace shows it.
    pub key: String,
    /// The archive, which need not exist.
    pub path: PathBuf,
}

/// The archives of a job's caches by their first keys, in the payload's order; `root` takes the place of the settings'
/// `cache_dir`. Nothing for a job whose caches cannot be planned: it fails for that.
pub fn archives(order: &Order, root: &Path) -> Vec<CacheArchive> {
    let entries = || order.payload.cache.iter().filter(|entry| has_files(entry));
    if entries().next().is_none() {
        return Vec::new();
    }
    let facts = Facts::of(order);
    let Ok(workspace) = &facts.workspace else { return Vec::new() };
    let Ok(project) = workspace.cache_dir.strip_prefix(&order.settings.cache_dir) else { return Vec::new() };
    let Ok(plans) = plans(facts.view(order, &facts.variables, workspace), entries()) else {
        return Vec::new();
    };
    let folder = root.join(project);
    let keys = plans.into_iter().filter_map(|(_, plan)| plan.key);
    keys.map(|key| CacheArchive { path: Slot::new(&folder, &key).archive(), key: key.shown }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::testing::order;
    use protocol::CacheEntry;

    #[test]
    fn archives_lie_where_the_root_is() {
        let mut order = order(&[("K", "a/b")]);
        order.payload.git_info.repo_url = "https://gitlab.example/group/project.git".into();
        let cache = |key: &str, paths: &[&str]| CacheEntry {
            key: key.to_owned(),
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
            ..CacheEntry::default()
        };
        order.payload.cache = vec![cache("$K", &["x"]), cache("no files", &[])];
        let found = archives(&order, Path::new("/home/c"));
        let path = PathBuf::from("/home/c/group/project/a/b/cache.zip");
        assert_eq!(found, [CacheArchive { key: "a/b".to_owned(), path }]);
        order.payload.cache[0].policy = "none".to_owned();
        assert_eq!(archives(&order, Path::new("/c")), []);
    }
}
