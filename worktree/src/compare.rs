//! What is different between an older manifest and a newer one.

use crate::manifest::{Entry, Manifest};
use std::cmp::Ordering;

/// How an entry stands to the older manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    New,
    Changed,
    /// The same as the entry of this number.
    Same(u32),
    /// It has the stamp of the entry of this number, which was taken too soon to tell.
    Unsure(u32),
}

#[derive(Debug, Default)]
pub(crate) struct Difference {
    /// Of each entry of the newer one.
    pub(crate) standings: Vec<Standing>,
    /// Entries of the older one that the newer one has not.
    pub(crate) removed: Vec<u32>,
    pub(crate) same_folders: bool,
}

impl Difference {
    pub(crate) fn is_none(&self) -> bool {
        let same = |standing: &Standing| matches!(standing, Standing::Same(_));
        self.same_folders && self.removed.is_empty() && self.standings.iter().all(same)
    }
}

pub(crate) fn compare(older: &Manifest, newer: &Manifest) -> Difference {
    let folders = |manifest: &Manifest| manifest.folders.len();
    let paths = |manifest| Manifest::folder_paths(manifest);
    let same_folders = folders(older) == folders(newer) && paths(older).eq(paths(newer));
    let mut difference = Difference { same_folders, ..Difference::default() };
    difference.standings.reserve(newer.entries.len());
    let mut place = 0;
    for entry in &newer.entries {
        let mut standing = Standing::New;
        while let Some(old) = older.entries.get(place) {
            match order(older, old, newer, entry) {
                Ordering::Less => difference.removed.push(place as u32),
                Ordering::Equal => standing = judge(older, old, newer, entry, place as u32),
                Ordering::Greater => break,
            }
            place += 1;
            if standing != Standing::New {
                break;
            }
        }
        difference.standings.push(standing);
    }
    difference.removed.extend(place as u32..older.entries.len() as u32);
    difference
}

fn order(older: &Manifest, old: &Entry, newer: &Manifest, new: &Entry) -> Ordering {
    let folders = older.folder_path(old.folder).cmp(newer.folder_path(new.folder));
    folders.then_with(|| older.name(old).cmp(newer.name(new)))
}

fn judge(older: &Manifest, old: &Entry, newer: &Manifest, new: &Entry, number: u32) -> Standing {
    let same = old.kind == new.kind
        && old.stamp == new.stamp
        && old.object.of(&older.text) == new.object.of(&newer.text);
    match (same, old.racy) {
        (false, _) => Standing::Changed,
        (true, true) => Standing::Unsure(number),
        (true, false) => Standing::Same(number),
    }
}
