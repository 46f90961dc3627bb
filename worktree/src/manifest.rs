//! What a snapshot consists of: folders, and what is in each of them, sorted.

use crate::stamp::Stamp;
use std::collections::HashSet;
use std::ops::Range;

/// A piece of the text that all names are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(crate) fn new(range: Range<usize>) -> Option<Self> {
        Some(Self { start: u32::try_from(range.start).ok()?, end: u32::try_from(range.end).ok()? })
    }

    pub(crate) fn ends(self) -> (u32, u32) {
        (self.start, self.end)
    }

    pub(crate) fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// What an entry is, and where its content comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Link,
    /// A file that the checkout leaves out (sparse), from git's objects.
    Object,
    /// The same, a symbolic link.
    ObjectLink,
}

/// A file or a symbolic link.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) folder: u32,
    pub(crate) name: Span,
    pub(crate) kind: Kind,
    pub(crate) tracked: bool,
    /// Its stamp does not tell whether it changed since.
    pub(crate) racy: bool,
    pub(crate) stamp: Stamp,
    /// The name of its object, if that is where it comes from.
    pub(crate) object: Span,
}

/// A folder and which entries are in it.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    pub(crate) path: Span,
    pub(crate) entries: Range<u32>,
    /// Stays even if nothing is in it.
    pub(crate) kept: bool,
}

/// Folders are sorted by path, so a folder comes before what is in it; entries by folder, then by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Manifest {
    pub(crate) text: Vec<u8>,
    pub(crate) folders: Vec<Folder>,
    pub(crate) entries: Vec<Entry>,
}

/// Something that was listed, before it is sorted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub(crate) folder: Span,
    pub(crate) name: Span,
    pub(crate) kind: Option<Kind>,
    pub(crate) tracked: bool,
    pub(crate) object: Span,
}

impl Manifest {
    /// Of items in any order, some of them perhaps twice. An item without a kind is an empty folder.
    pub(crate) fn new(text: Vec<u8>, mut items: Vec<Item>) -> Self {
        let key = |item: &Item| (item.folder.of(&text), item.name.of(&text));
        items.sort_by(|one, other| key(one).cmp(&key(other)));
        items.dedup_by(|one, other| key(one) == key(other));
        let mut folders = Self::folders_of(&text, &items);
        let mut entries = Vec::with_capacity(items.len());
        let mut current = 0;
        for item in items {
            let (Some(kind), path) = (item.kind, item.folder.of(&text)) else { continue };
            while folders.get(current).is_some_and(|folder| folder.path.of(&text) != path) {
                current += 1;
            }
            let Some(folder) = folders.get_mut(current) else { break };
            let number = entries.len() as u32;
            if folder.entries.is_empty() {
                folder.entries = number..number;
            }
            folder.entries.end = number + 1;
            let Item { name, tracked, object, .. } = item;
            entries.push(Entry {
                folder: current as u32,
                name,
                kind,
                tracked,
                racy: true,
                stamp: Stamp::default(),
                object,
            });
        }
        Self { text, folders, entries }
    }

    /// All folders that the items are in, and those that are items.
    fn folders_of(text: &[u8], items: &[Item]) -> Vec<Folder> {
        let mut seen: HashSet<&[u8]> = HashSet::from([&b""[..]]);
        let mut folders = vec![Folder { path: Span::default(), entries: 0..0, kept: true }];
        let mut add = |path: Span, kept: bool| {
            let mut end = path.end;
            loop {
                let path = Span { start: path.start, end };
                if !seen.insert(path.of(text)) {
                    return;
                }
                folders.push(Folder { path, entries: 0..0, kept: kept && end == path.end });
                match memchr::memrchr(b'/', path.of(text)) {
                    Some(slash) => end = path.start + slash as u32,
                    None => return,
                }
            }
        };
        let mut last = Span::default();
        for item in items {
            match item.kind {
                None => add(joined(item), true),
                Some(_) if item.folder.of(text) == last.of(text) => {}
                Some(_) => {
                    add(item.folder, false);
                    last = item.folder;
                }
            }
        }
        folders.sort_unstable_by(|one, other| one.path.of(text).cmp(other.path.of(text)));
        folders
    }

    pub(crate) fn name(&self, entry: &Entry) -> &[u8] {
        entry.name.of(&self.text)
    }

    pub(crate) fn folder_path(&self, number: u32) -> &[u8] {
        self.folders.get(number as usize).map_or(&[], |folder| folder.path.of(&self.text))
    }

    pub(crate) fn folder_paths(&self) -> impl Iterator<Item = &[u8]> {
        self.folders.iter().map(|folder| folder.path.of(&self.text))
    }

    /// The whole path of an entry.
    pub(crate) fn path(&self, entry: &Entry) -> Vec<u8> {
        join(self.folder_path(entry.folder), self.name(entry))
    }

    pub(crate) fn in_folder(&self, folder: &Folder) -> &[Entry] {
        self.entries.get(folder.entries.start as usize..folder.entries.end as usize).unwrap_or_default()
    }

    pub(crate) fn folder(&self, path: &[u8]) -> Option<&Folder> {
        let found = self.folders.binary_search_by(|folder| folder.path.of(&self.text).cmp(path)).ok()?;
        self.folders.get(found)
    }

    /// Leaves out entries, and folders that have nothing in them then.
    pub(crate) fn retain(&mut self, stays: impl Fn(usize, &Entry) -> bool) {
        let mut kept = Vec::with_capacity(self.entries.len());
        let mut needed: Vec<bool> = self.folders.iter().map(|folder| folder.kept).collect();
        for (number, entry) in self.entries.iter().enumerate() {
            if stays(number, entry) {
                kept.push(*entry);
                if let Some(needed) = needed.get_mut(entry.folder as usize) {
                    *needed = true;
                }
            }
        }
        self.need_parents(&mut needed);
        let mut new = vec![0; self.folders.len()];
        let mut folders = Vec::with_capacity(self.folders.len());
        for ((folder, needed), new) in self.folders.drain(..).zip(needed).zip(&mut new) {
            if needed {
                *new = folders.len() as u32;
                folders.push(Folder { entries: 0..0, ..folder });
            }
        }
        for (number, entry) in kept.iter_mut().enumerate() {
            entry.folder = new.get(entry.folder as usize).copied().unwrap_or(0);
            let Some(folder) = folders.get_mut(entry.folder as usize) else { continue };
            if folder.entries.is_empty() {
                folder.entries = number as u32..number as u32;
            }
            folder.entries.end = number as u32 + 1;
        }
        (self.folders, self.entries) = (folders, kept);
    }

    /// A folder that has a needed one in it is needed.
    fn need_parents(&self, needed: &mut [bool]) {
        for number in (1..self.folders.len()).rev() {
            if !needed.get(number).copied().unwrap_or(false) {
                continue;
            }
            let path = self.folder_path(number as u32);
            let parent =
                memchr::memrchr(b'/', path).map_or(&b""[..], |slash| path.get(..slash).unwrap_or_default());
            let found = self.folders.binary_search_by(|folder| folder.path.of(&self.text).cmp(parent));
            if let Some(parent) = found.ok().and_then(|found| needed.get_mut(found)) {
                *parent = true;
            }
        }
    }

    /// Pieces of work: folders, large ones in several pieces.
    pub(crate) fn pieces(&self) -> Vec<(u32, Range<usize>)> {
        const MOST: usize = 256;
        let mut pieces = Vec::with_capacity(self.folders.len());
        for (number, folder) in self.folders.iter().enumerate() {
            let mut range = folder.entries.start as usize..folder.entries.end as usize;
            while !range.is_empty() {
                let end = range.end.min(range.start + MOST);
                pieces.push((number as u32, range.start..end));
                range.start = end;
            }
        }
        pieces
    }
}

/// A folder's path and a name in it.
pub(crate) fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    let mut path = Vec::with_capacity(folder.len() + name.len() + 1);
    path.extend_from_slice(folder);
    if !folder.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(name);
    path
}

/// Where the whole path of an item is: its name comes right after its folder and a slash.
fn joined(item: &Item) -> Span {
    let start = if item.folder.start == item.folder.end { item.name.start } else { item.folder.start };
    Span { start, end: item.name.end }
}
