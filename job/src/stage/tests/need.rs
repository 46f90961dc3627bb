//! Which jobs need more than their image has.

use crate::stage::needs_helper;
use crate::variables::testing::{Resolved, order};
use protocol::{Artifact, ArtifactWhen, CacheEntry, Dependency, Job};

fn needed(strategy: &str, change: impl Fn(&mut Job)) -> bool {
    let mut order = order(&[("GIT_STRATEGY", strategy)]);
    change(&mut order.payload);
    needs_helper(Resolved::new(order, "/nowhere".as_ref()).view())
}

#[test]
fn only_jobs_without_files_do_without() {
    let paths = || vec!["out".to_owned()];
    for strategy in ["none", "empty"] {
        assert!(!needed(strategy, |_| ()));
        assert!(
            needed(strategy, |job| job.cache = vec![CacheEntry { paths: paths(), ..CacheEntry::default() }])
        );
        for when in [ArtifactWhen::OnSuccess, ArtifactWhen::OnFailure, ArtifactWhen::Always] {
            let artifact = || Artifact { paths: paths(), when, ..Artifact::default() };
            assert!(needed(strategy, |job| job.artifacts = vec![artifact()]), "{when:?}");
        }
        assert!(!needed(strategy, |job| job.dependencies = vec![Dependency::default()]), "without artifacts");
        assert!(needed(strategy, |job| {
            let mut dependency = Dependency::default();
            dependency.artifacts_file.filename = "a.zip".to_owned();
            job.dependencies = vec![dependency];
        }));
        // An entry without files is no cache, and hooks run around git only.
        assert!(!needed(strategy, |job| {
            job.cache = vec![CacheEntry::default()];
            job.hooks = vec![protocol::Hook {
                name: "pre_get_sources_script".to_owned(),
                script: vec!["true".to_owned()],
            }];
        }));
    }
    assert!(needed("fetch", |_| ()) && needed("clone", |_| ()));
}
