//! Walks the project directory for one path after another.

use std::sync::atomic::Ordering;

use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag};
use nix::sys::stat::{FileStat, Mode, fstat, fstatat};

use super::exclude::Excludes;
use super::{Note, Request, SelectError, Selection};
use crate::entry::{Entry, Kind, kind_of};
use crate::glob::{Glob, Progress};
use crate::paths;
use crate::tree::{Missing, Tree, TreeError, Walker};

/// A selection in progress.
pub(super) struct Walk<'a> {
    request: &'a Request<'a>,
    walker: Walker<'a>,
    excludes: Excludes,
    selection: Selection,
}

/// A directory still to be read.
struct Pending {
    path: Vec<u8>,
    progress: Progress,
    /// How many of its ancestors match, itself included: how often GitLab Runner, which walks below each match anew,
    /// would visit what is in it.
    visits: u64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(tree: &'a Tree, request: &'a Request<'a>) -> Self {
        Self {
            request,
            walker: tree.walker(),
            excludes: Excludes::new(request.project, request.exclude),
            selection: Selection::default(),
        }
    }

    pub(super) fn note(&mut self, note: Note) {
        self.selection.notes.push(note);
    }

    /// Selects what one path matches, with all below.
    pub(super) fn path(&mut self, text: &str) -> Result<(), SelectError> {
        if text.is_empty() {
            self.note(Note::EmptyPath);
            return Ok(());
        }
        let path = text.to_owned();
        let Some(pattern) = paths::inside(self.request.project, text.as_bytes()) else {
            self.note(Note::PathOutside { path });
            return Ok(());
        };
        let Ok(glob) = Glob::parse(&pattern) else {
            self.note(Note::BadPattern { path });
            return Ok(());
        };
        let count = self.matches(&glob, text)?;
        self.note(if count == 0 {
            Note::NoMatch { path, project: self.request.project.display().to_string() }
        } else {
            Note::Found { path, count }
        });
        Ok(())
    }

    /// Takes those of the untracked files that are still there.
    pub(super) fn untracked(&mut self, listed: &[Vec<u8>]) -> Result<(), SelectError> {
        let mut count = 0;
        for raw in listed {
            self.check_cancel()?;
            let Some(path) = paths::inside(self.request.project, raw) else { continue };
            match self.walker.stat(&path) {
                Ok(stat) => count += self.visit(&path, &stat, 1),
                Err(TreeError::Outside) => self.note(Note::LinkOutside { path: paths::shown(&path) }),
                Err(_) => {}
            }
        }
        self.note(if count == 0 { Note::NoUntracked } else { Note::Untracked { count } });
        Ok(())
    }

    pub(super) fn finish(mut self) -> Selection {
        self.selection.notes.extend(self.excludes.into_notes());
        self.selection.entries.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        self.selection.entries.dedup_by(|one, other| one.path == other.path);
        self.selection
    }

    fn check_cancel(&self) -> Result<(), SelectError> {
        if self.request.cancel.load(Ordering::Relaxed) { Err(SelectError::Canceled) } else { Ok(()) }
    }

    /// Walks from the pattern's base and gives the number of visits that counted.
    fn matches(&mut self, glob: &Glob, text: &str) -> Result<u64, SelectError> {
        let base = glob.base();
        let found = if glob.is_literal() { self.walker.stat(base) } else { self.stat_directory(base) };
        let stat = match found {
            Ok(stat) => stat,
            Err(TreeError::Outside) => {
                self.note(Note::LinkOutside { path: text.to_owned() });
                return Ok(0);
            }
            Err(error) if error.is_missing() => return Ok(0),
            Err(error) => {
                self.unreadable(base, error);
                return Ok(0);
            }
        };
        let progress = glob.start();
        let visits = u64::from(glob.accepts(&progress));
        let mut count = self.visit(base, &stat, visits);
        let mut pending = Vec::new();
        if kind_of(&stat) == Some(Kind::Directory) {
            pending.push(Pending { path: base.to_vec(), progress, visits });
        }
        while let Some(directory) = pending.pop() {
            self.check_cancel()?;
            match self.read(&directory, glob, &mut pending) {
                Ok(visits) => count += visits,
                Err(error) if error.is_missing() => {}
                Err(error) => self.unreadable(&directory.path, error),
            }
        }
        Ok(count)
    }

    fn stat_directory(&mut self, path: &[u8]) -> Result<FileStat, TreeError> {
        let directory = self.walker.directory(path, Missing::Fail)?;
        Ok(fstat(directory)?)
    }

    /// Visits what is in a directory.
    fn read(
        &mut self,
        directory: &Pending,
        glob: &Glob,
        pending: &mut Vec<Pending>,
    ) -> Result<u64, TreeError> {
        let place = self.walker.directory(&directory.path, Missing::Fail)?;
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
        let mut names = Dir::openat(place, ".", flags, Mode::empty())?;
        let mut count = 0;
        for item in names.iter() {
            let item = item?;
            let name = item.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let progress = glob.step(&directory.progress, name);
            let visits = directory.visits + u64::from(glob.accepts(&progress));
            let leads_on = visits > 0 || !progress.is_dead();
            if !leads_on || (visits == 0 && !may_be_directory(item.file_type())) {
                continue;
            }
            let path = paths::join(&directory.path, name);
            if path.len() > paths::MAX_PATH {
                self.unreadable(&path, Errno::ENAMETOOLONG.into());
                continue;
            }
            let place = self.walker.directory(&directory.path, Missing::Fail)?;
            match fstatat(place, item.file_name(), AtFlags::AT_SYMLINK_NOFOLLOW) {
                Ok(stat) => {
                    count += self.visit(&path, &stat, visits);
                    if kind_of(&stat) == Some(Kind::Directory) {
                        pending.push(Pending { path, progress, visits });
                    }
                }
                Err(Errno::ENOENT) => {}
                Err(error) => self.unreadable(&path, error.into()),
            }
        }
        Ok(count)
    }

    /// Takes what a path turned out to be unless it is excluded, and gives the visits that counted.
    fn visit(&mut self, path: &[u8], stat: &FileStat, visits: u64) -> u64 {
        if visits == 0 || self.excludes.take(path, visits, &mut self.selection.notes) {
            return 0;
        }
        match Entry::new(path, stat) {
            Some(entry) => self.selection.entries.push(entry),
            None => self.note(Note::Irregular { path: paths::shown(path) }),
        }
        visits
    }

    fn unreadable(&mut self, path: &[u8], error: TreeError) {
        let path = if path.is_empty() { ".".to_owned() } else { paths::shown(path) };
        self.note(Note::Unreadable { path, reason: error.to_string() });
    }
}

fn may_be_directory(kind: Option<Type>) -> bool {
    matches!(kind, None | Some(Type::Directory))
}
