//! Archives on their way between a folder of the engine's machine and a job whose files are elsewhere.
//!
//! What a job may restore is brought to it before it restores, with what is known of it; what it packs comes back. So
//! caches survive the job's containers, and jobs of either kind share them. A key whose archive is brought is the first
//! that has one; should that be damaged, its fallback keys have none.

use super::plan::has_files;
use super::stage::{plans, to_save};
use super::store::Slot;
use crate::stage::Back;
use crate::variables::JobView;
use executor::ParcelFile;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The end of the name under which an archive comes back; before it stands the number of the cache.
const ARCHIVE: &str = ".zip";
/// The same for what is known of it, which comes first.
const METADATA: &str = ".json";

/// A part of what comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returning {
    /// What is known of the next archive.
    Metadata(usize),
    /// An archive.
    Archive(usize),
}

impl Returning {
    /// What a name stands for.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        let name = std::str::from_utf8(name).ok()?;
        let number = |suffix| name.strip_suffix(suffix).and_then(|number| number.parse().ok());
        number(ARCHIVE).map(Self::Archive).or_else(|| number(METADATA).map(Self::Metadata))
    }
}

/// What is brought to a job before it restores its caches, below the root of all caches.
pub(crate) fn departing(view: JobView<'_>, folder: &Path) -> Vec<ParcelFile> {
    let entries = view.order.payload.cache.iter().filter(|entry| has_files(entry));
    // A plan that cannot be made is told by the stage itself.
    let (Ok(plans), Some(project)) = (plans(view, entries), project(view)) else { return Vec::new() };
    let (mut files, mut seen) = (Vec::new(), BTreeSet::new());
    for (_, plan) in plans.iter().filter(|(_, plan)| plan.policy.pull) {
        let found = plan.key.iter().chain(&plan.fallbacks).find_map(|key| {
            let slot = Slot::new(&folder.join(&project), key);
            let archive = slot.open().ok()?;
            Some((key, slot, archive))
        });
        let Some((key, slot, archive)) = found else { continue };
        if seen.insert(key.path.clone()) {
            let inside = Slot::new(&project, key);
            files.extend(slot.open_metadata().map(|file| parcel(inside.metadata_path(), file)));
            files.push(parcel(inside.archive(), archive));
        }
    }
    files
}

/// Where the archives of a job that ended so are put when they come back, by their numbers.
pub(crate) fn landings(view: JobView<'_>, success: bool, folder: &Path) -> Vec<Option<Slot>> {
    let (Ok(plans), Some(project)) = (plans(view, to_save(view, success)), project(view)) else {
        return Vec::new();
    };
    let landing = |plan: super::plan::CachePlan| {
        let key = plan.key.filter(|_| plan.policy.push)?;
        Some(Slot::new(&folder.join(&project), &key))
    };
    plans.into_iter().map(|(_, plan)| landing(plan)).collect()
}

/// Sends an archive back; whether all of it was sent.
pub(super) fn send_back(back: &Back, number: usize, slot: &Slot, cancel: &AtomicBool) -> io::Result<bool> {
    if let Some(metadata) = slot.open_metadata()
        && !back.send(metadata, &format!("{number}{METADATA}"), cancel)?
    {
        return Ok(false);
    }
    back.send(slot.open()?, &format!("{number}{ARCHIVE}"), cancel)
}

fn parcel(path: PathBuf, content: File) -> ParcelFile {
    ParcelFile { path, content: Arc::new(content) }
}

/// The project's folder below the root of all caches.
fn project(view: JobView<'_>) -> Option<PathBuf> {
    view.workspace.cache_dir.strip_prefix(&view.order.settings.cache_dir).ok().map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_what_comes_back() {
        assert_eq!(Returning::named(b"12.zip"), Some(Returning::Archive(12)));
        assert_eq!(Returning::named(b"0.json"), Some(Returning::Metadata(0)));
        for bad in ["", ".zip", "x.zip", "-1.zip", "1", "1.zip/..", "99999999999999999999999.zip"] {
            assert_eq!(Returning::named(bad.as_bytes()), None, "{bad}");
        }
    }
}
