//! Extracts a zip file: directories, then files on several threads, then links, then the directories' times.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::sync::atomic::Ordering;

use super::content::Content;
use super::directory::{self, Item};
use super::place::Place;
use super::{Run, UnpackError, Unpacked, damaged, name};
use crate::entry::Kind;
use crate::paths::{MAX_PATH, shown};
use crate::pool::{self, Job};
use crate::select::Note;

/// Results that may wait for an earlier file; they hold nothing, so one large file stops nobody.
const WINDOW: usize = 4096;
/// Below this many bytes in all, starting threads costs more than it gains.
const WORTH_THREADS: u64 = 256 * 1024;

pub(super) fn extract(run: &Run<'_>, archive: &File, threads: usize) -> Result<Unpacked, UnpackError> {
    let items = directory::read(&run.budget, archive)?;
    let mut notes = Vec::new();
    let targets = targets(run, &items, &mut notes)?;
    let of_kind = |kind| targets.iter().filter(move |target| target.item.kind == Some(kind));
    let mut place = Place::new(run);
    for target in of_kind(Kind::Directory) {
        run.count(0)?;
        place.directory(&target.path)?;
    }
    let total = of_kind(Kind::File).fold(0_u64, |sum, target| sum.saturating_add(target.item.size));
    let threads = if total < WORTH_THREADS { 1 } else { threads };
    let tasks = of_kind(Kind::File).map(|target| Ok(Job::Work(target)));
    let state = || Worker::new(run, archive);
    let work = |worker: &mut Worker<'_>, target: &Target<'_>| worker.file(target);
    pool::ordered(threads, WINDOW, tasks, state, work, |result| result)?;
    let mut worker = Worker::new(run, archive);
    for target in of_kind(Kind::Symlink) {
        run.count(0)?;
        worker.symlink(target)?;
    }
    let mut directories: Vec<_> = of_kind(Kind::Directory).collect();
    // Deepest first: a directory may be closed to us once it has its permissions.
    directories.sort_unstable_by(|one, other| other.path.cmp(&one.path));
    for target in directories {
        place.finish_directory(&target.path, &target.item.restore)?;
    }
    Ok(Unpacked { entries: targets.len() as u64, bytes: run.budget.bytes.load(Ordering::Relaxed), notes })
}

/// An entry and where it goes.
struct Target<'i> {
    path: Vec<u8>,
    item: &'i Item,
}

/// Checks all names. Of several entries with one name the last counts, as if they were extracted in order.
fn targets<'i>(
    run: &Run<'_>,
    items: &'i [Item],
    notes: &mut Vec<Note>,
) -> Result<Vec<Target<'i>>, UnpackError> {
    let mut targets: Vec<Target<'i>> = Vec::with_capacity(items.len());
    for item in items {
        let path = name::check(run, &item.name)?;
        if item.kind.is_none() {
            notes.push(Note::Irregular { path: shown(&item.name) });
        } else {
            targets.push(Target { path, item });
        }
    }
    let last: HashMap<&[u8], usize> =
        targets.iter().enumerate().map(|(index, target)| (target.path.as_slice(), index)).collect();
    if last.len() < targets.len() {
        let keep: Vec<bool> =
            targets.iter().enumerate().map(|(index, target)| last[target.path.as_slice()] == index).collect();
        let mut keep = keep.into_iter();
        targets.retain(|_| keep.next().unwrap_or(true));
    }
    Ok(targets)
}

/// What one thread needs to extract files.
struct Worker<'r> {
    place: Place<'r>,
    content: Content<'r>,
}

impl<'r> Worker<'r> {
    fn new(run: &'r Run<'r>, archive: &'r File) -> Self {
        Self { place: Place::new(run), content: Content::new(&run.budget, archive) }
    }

    fn file(&mut self, target: &Target<'_>) -> Result<(), UnpackError> {
        let data = self.content.data(target.item)?;
        let mut file = self.place.file(&target.path, &target.item.restore)?;
        let result = self
            .content
            .decode(target.item, data, |bytes| {
                file.write_all(bytes)
                    .map_err(|source| UnpackError::Write { path: shown(&target.path), source })
            })
            .and_then(|()| self.place.finish_file(&target.path, &file, &target.item.restore));
        if result.is_err() {
            self.place.remove_file(&target.path);
        }
        result
    }

    fn symlink(&mut self, target: &Target<'_>) -> Result<(), UnpackError> {
        if target.item.size > MAX_PATH as u64 {
            return Err(damaged(&target.item.name, "the target of a symbolic link is too long"));
        }
        let data = self.content.data(target.item)?;
        let mut link = Vec::new();
        self.content.decode(target.item, data, |bytes| {
            link.extend_from_slice(bytes);
            Ok(())
        })?;
        self.place.symlink(&target.path, &link, &target.item.restore)
    }
}
