//! What git says is in a checkout: tracked files, and untracked ones that are not ignored.

use crate::checkout::Checkout;
use crate::error::SnapshotError;
use crate::git::Call;
use crate::manifest::{Item, Kind, Manifest, Span};
use crate::snapshot::{Finding, Submodules};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Submodules in submodules: nobody has more, and a checkout that contains itself ends.
const DEEPEST: usize = 32;

/// A repository whose files are listed: the checkout, or a submodule.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    /// Its path in the checkout; nothing for the checkout itself.
    pub(crate) path: Vec<u8>,
    pub(crate) checkout: Checkout,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    text: Vec<u8>,
    items: Vec<Item>,
    pub(crate) repositories: Vec<Repository>,
    pub(crate) findings: Vec<Finding>,
}

impl Listing {
    pub(crate) fn of(checkout: &Checkout, submodules: Submodules) -> Result<Self, SnapshotError> {
        let mut listing = Self::default();
        let mut waiting = vec![(Repository { path: Vec::new(), checkout: checkout.clone() }, 0)];
        while let Some((repository, depth)) = waiting.pop() {
            let found = listing.add(&repository)?;
            let wanted = match submodules {
                Submodules::None => false,
                Submodules::Normal => depth == 0,
                Submodules::Recursive => depth < DEEPEST,
            };
            for path in found {
                if let Some(submodule) = listing.submodule(&repository, path, wanted)? {
                    waiting.push((submodule, depth + 1));
                }
            }
            listing.repositories.push(repository);
        }
        Ok(listing)
    }

    pub(crate) fn into_manifest(self) -> (Manifest, Vec<Repository>, Vec<Finding>) {
        (Manifest::new(self.text, self.items), self.repositories, self.findings)
    }

    /// Adds a repository's files and gives its submodules.
    fn add(&mut self, repository: &Repository) -> Result<Vec<Vec<u8>>, SnapshotError> {
        let call = Call::new(&repository.checkout.root, "ls-files");
        let call = call.args(["-z", "-t", "-s", "-c", "-o", "--exclude-standard"]);
        let (output, complaints) = call.output_and_complaints()?;
        let closed = complaints.split(|&byte| byte == b'\n').filter_map(closed_folder);
        let closed = closed.map(|path| crate::manifest::join(&repository.path, path));
        self.findings.extend(closed.map(|path| Finding::UnreadableUntracked { path: path_of(path) }));
        if repository.path.is_empty() {
            self.text.reserve(output.len());
        }
        let mut submodules = Vec::new();
        for line in output.split(|&byte| byte == 0) {
            let Some(line) = Line::parse(line) else { continue };
            if !is_plain(line.path) {
                continue;
            }
            match line.mode {
                Some(b"160000") => {
                    if submodules.last().map(Vec::as_slice) != Some(line.path) {
                        submodules.push(line.path.to_vec());
                    }
                }
                _ => self.push(&repository.path, &line),
            }
        }
        Ok(submodules)
    }

    /// A submodule is an empty folder at least. A finding tells if more was wanted and is not there.
    fn submodule(
        &mut self,
        of: &Repository,
        path: Vec<u8>,
        wanted: bool,
    ) -> Result<Option<Repository>, SnapshotError> {
        self.push(
            &of.path,
            &Line { path: &path, mode: None, object: b"", skipped: false, tracked: true, folder: true },
        );
        if !wanted {
            return Ok(None);
        }
        let root = of.checkout.root.join(OsStr::from_bytes(&path));
        let path = crate::manifest::join(&of.path, &path);
        match stays_inside(&of.checkout.root, &root).then(|| Checkout::at(&root)).transpose()?.flatten() {
            Some(checkout) => Ok(Some(Repository { path, checkout })),
            None => {
                self.findings.push(Finding::SubmoduleNotInitialised { path: path_of(path) });
                Ok(None)
            }
        }
    }

    fn push(&mut self, prefix: &[u8], line: &Line<'_>) {
        let Some(path) = line.path.strip_suffix(b"/") else {
            let kind = match (line.folder, line.skipped, line.mode) {
                (true, ..) => None,
                (_, true, Some(b"120000")) => Some(Kind::ObjectLink),
                (_, true, _) => Some(Kind::Object),
                // Whether it is a link is seen when it is looked at: the work tree decides, not the index.
                _ => Some(Kind::File),
            };
            return self.push_item(prefix, line, kind);
        };
        // An untracked repository: git would not add what is in it either.
        let path = crate::manifest::join(prefix, path);
        self.findings.push(Finding::EmbeddedRepository { path: path_of(path) });
    }

    fn push_item(&mut self, prefix: &[u8], line: &Line<'_>, kind: Option<Kind>) {
        let start = self.text.len();
        self.text.extend_from_slice(prefix);
        if !prefix.is_empty() {
            self.text.push(b'/');
        }
        self.text.extend_from_slice(line.path);
        let end = self.text.len();
        let slash = memchr::memrchr(b'/', self.text.get(start..end).unwrap_or_default());
        let object = if line.skipped {
            self.text.extend_from_slice(line.object);
            // The mode tells a program from other files.
            self.text.push(if line.mode == Some(b"100755") { b'x' } else { b'-' });
            Span::new(end..self.text.len())
        } else {
            Some(Span::default())
        };
        let folder = slash.map_or(Some(Span::default()), |slash| Span::new(start..start + slash));
        let name = Span::new(slash.map_or(start, |slash| start + slash + 1)..end);
        if let (Some(folder), Some(name), Some(object)) = (folder, name, object) {
            self.items.push(Item { folder, name, kind, tracked: line.tracked, object });
        }
    }
}

/// A line of `ls-files -t -s`.
struct Line<'a> {
    path: &'a [u8],
    mode: Option<&'a [u8]>,
    object: &'a [u8],
    skipped: bool,
    tracked: bool,
    folder: bool,
}

impl<'a> Line<'a> {
    fn parse(line: &'a [u8]) -> Option<Self> {
        let (&tag, rest) = line.split_first()?;
        let rest = rest.strip_prefix(b" ")?;
        if tag == b'?' {
            return Some(Self {
                path: rest,
                mode: None,
                object: b"",
                skipped: false,
                tracked: false,
                folder: false,
            });
        }
        let tab = memchr::memchr(b'\t', rest)?;
        let (facts, path) = rest.split_at_checked(tab)?;
        let mut facts = facts.split(|&byte| byte == b' ');
        let (mode, object) = (facts.next()?, facts.next()?);
        let skipped = tag.eq_ignore_ascii_case(&b'S');
        Some(Self { path: path.get(1..)?, mode: Some(mode), object, skipped, tracked: true, folder: false })
    }
}

/// The folder that git says it may not look into for untracked files.
fn closed_folder(complaint: &[u8]) -> Option<&[u8]> {
    let rest = complaint.strip_prefix(b"warning: could not open directory '")?;
    rest.strip_suffix(b"/': Permission denied")
}

fn path_of(path: Vec<u8>) -> PathBuf {
    PathBuf::from(OsString::from_vec(path))
}

/// Whether a path is one that git itself would check out: an index is a file, and may have been made by anybody.
fn is_plain(path: &[u8]) -> bool {
    let path = path.strip_suffix(b"/").unwrap_or(path);
    path.split(|&byte| byte == b'/')
        .all(|name| !name.is_empty() && name != b"." && name != b".." && !name.eq_ignore_ascii_case(b".git"))
}

/// A submodule's folder, or one above it, may have been replaced by a link to somewhere else.
fn stays_inside(root: &Path, path: &Path) -> bool {
    let (Ok(root), Ok(found)) = (std::fs::canonicalize(root), std::fs::canonicalize(path)) else {
        return false;
    };
    let relative = path.strip_prefix(&root).unwrap_or(path);
    found == root.join(relative)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let line = Line::parse(b"H 100644 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 0\ta b\tc").unwrap();
        assert_eq!(
            (line.path, line.mode, line.tracked, line.skipped),
            (&b"a b\tc"[..], Some(&b"100644"[..]), true, false)
        );
        let line = Line::parse(b"? H 1").unwrap();
        assert_eq!((line.path, line.tracked), (&b"H 1"[..], false));
        assert!(Line::parse(b"S 100755 abc 0\tx").unwrap().skipped);
        assert!(Line::parse(b"").is_none() && Line::parse(b"H x").is_none());
    }

    #[test]
    fn only_paths_that_git_would_check_out() {
        for path in ["a", "a/b", ".gitignore", "a/.github/x", "..a", "dir/"] {
            assert!(is_plain(path.as_bytes()), "{path}");
        }
        for path in ["", "/a", "a//b", "../a", "a/../b", ".git/config", "a/.GIT/x", "./a"] {
            assert!(!is_plain(path.as_bytes()), "{path}");
        }
    }
}
