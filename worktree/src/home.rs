//! What is kept of each checkout, and until when: a checkout that is gone or was long not run leaves a tree behind that
//! nobody asks for.

use crate::error::CopyError;
use crate::store::{Shared, lock, try_lock};
use crate::{generation, mounts, removal, sweep};
use rustix::fs::FlockOperation;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What was not used for so long is removed.
const UNUSED: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Most checkouts that one run looks at.
const LOOKS: usize = 256;
/// Most checkouts of which one run removes what is kept.
const REMOVALS: usize = 2;
/// How often a folder that is removed under one's hands is made again.
const TRIES: usize = 16;

impl Shared {
    /// The folder of what is kept of a checkout, locked.
    pub(crate) fn hold(&self, checkout: &Path) -> Result<(PathBuf, File), CopyError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let home = self.of_checkout(checkout)?;
            let path = home.join("lock");
            let guard = match lock(&path, FlockOperation::LockExclusive) {
                Ok(guard) => guard,
                // Another run has just moved it away.
                Err(_) if tries < TRIES && home.symlink_metadata().is_err() => continue,
                Err(error) => return Err(error),
            };
            if tries == TRIES || is_at(&guard, &path) {
                // For those who look for what is not used; it is kept a while longer if they do not learn of it.
                let _ = guard.set_modified(SystemTime::now());
                let _ = symlink(checkout, home.join("at"));
                return Ok((home, guard));
            }
        }
    }
}

/// Whether the file is still the one that the path names.
fn is_at(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (file.metadata(), path.symlink_metadata()) else { return false };
    (open.dev(), open.ino()) == (named.dev(), named.ino())
}

/// On a thread: removes these, what is kept of a few checkouts that are gone or unused, and folders of dead runs in which
/// there is nothing but such removals that were broken off. What stays is found by the next run.
pub(crate) fn clear_later(shared: &Arc<Shared>, old: Vec<PathBuf>, but: PathBuf) {
    let shared = Arc::clone(shared);
    std::thread::spawn(move || {
        let mut paths = old;
        paths.extend(put_unused_away(&shared, &but));
        paths.extend(sweep::broken_off(&shared.root));
        for path in paths {
            let _: Result<(), CopyError> = removal::remove(&path);
        }
        drop(shared);
    });
}

/// Moves away what nobody uses. The caller's own checkout is used.
fn put_unused_away(shared: &Shared, but: &Path) -> Vec<PathBuf> {
    let homes = sweep::children(&shared.root.join("trees"));
    let unused = homes.into_iter().take(LOOKS).filter(|home| home != but && is_unused(home));
    let moved = unused.filter_map(|home| {
        let path = home.join("lock");
        let guard = try_lock(&path, FlockOperation::NonBlockingLockExclusive)?;
        // Somebody may have begun to use it, or have moved it, a moment ago.
        if !is_at(&guard, &path)
            || !is_unused(&home)
            || generation::any_held(&home)
            || mounts::has_layer_in(&home)
        {
            return None;
        }
        let trash = shared.new_path("old");
        std::fs::rename(&home, &trash).is_ok().then_some(trash)
    });
    moved.take(REMOVALS).collect()
}

fn is_unused(home: &Path) -> bool {
    let used = home.join("lock").symlink_metadata().and_then(|data| data.modified());
    let long = used.is_ok_and(|used| used.elapsed().is_ok_and(|age| age > UNUSED));
    let gone = |checkout: PathBuf| {
        checkout.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
    };
    long || std::fs::read_link(home.join("at")).is_ok_and(gone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store")).unwrap();
        (folder, store)
    }

    fn kept(store: &Store, checkout: &Path) -> PathBuf {
        std::fs::create_dir_all(checkout).unwrap();
        let (home, _) = store.shared.hold(checkout).unwrap();
        std::fs::create_dir_all(home.join("gen-1/tree")).unwrap();
        home
    }

    #[test]
    fn what_is_kept_of_a_checkout_goes_with_it_or_when_it_is_old() {
        let (folder, store) = store();
        let homes: Vec<_> =
            ["used", "gone", "old"].iter().map(|name| kept(&store, &folder.path().join(name))).collect();
        std::fs::remove_dir(folder.path().join("gone")).unwrap();
        let long_ago = SystemTime::now() - UNUSED - Duration::from_secs(60);
        File::options().write(true).open(homes[2].join("lock")).unwrap().set_modified(long_ago).unwrap();
        let moved = put_unused_away(&store.shared, Path::new("/"));
        assert_eq!(moved.len(), 2);
        assert!(homes[0].exists() && !homes[1].exists() && !homes[2].exists());
        assert!(moved.iter().all(|path| path.join("gen-1/tree").exists()));
        let (again, _) = store.shared.hold(&folder.path().join("old")).unwrap();
        assert_eq!(again, homes[2]);
    }

    #[test]
    fn what_somebody_holds_stays() {
        let (folder, store) = store();
        let checkout = folder.path().join("gone");
        let home = kept(&store, &checkout);
        std::fs::remove_dir(&checkout).unwrap();
        let (_, guard) = store.shared.hold(&checkout).unwrap();
        assert!(put_unused_away(&store.shared, Path::new("/")).is_empty());
        drop(guard);
        let held = lock(&home.join("gen-1/lock"), FlockOperation::LockShared).unwrap();
        assert!(put_unused_away(&store.shared, Path::new("/")).is_empty());
        drop(held);
        assert!(put_unused_away(&store.shared, &home).is_empty(), "one's own");
        assert_eq!(put_unused_away(&store.shared, Path::new("/")).len(), 1);
    }

    #[test]
    fn a_removal_that_was_broken_off_is_finished_and_trees_are_left_to_the_sweep() {
        let (_folder, store) = store();
        let runs = store.shared.root.join("runs");
        for name in ["dead/old-1/tree", "with-tree/tree-1"] {
            std::fs::create_dir_all(runs.join(name)).unwrap();
        }
        assert_eq!(sweep::broken_off(&store.shared.root), [runs.join("dead")]);
    }
}
