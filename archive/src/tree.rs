//! A directory that nothing leaves: every path is resolved component by component on open directories.
//!
//! Symbolic links are resolved here, never by the kernel: one that stays inside the tree is followed, one that leads
//! out of it is refused. Since each step starts from an open directory, swapping a directory for a link meanwhile
//! changes nothing.

use std::ffi::OsStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, open, openat, readlinkat};
use nix::sys::stat::{FileStat, Mode, fstatat, mkdirat};

use crate::paths;

/// As many links as Linux follows in one path.
const MAX_LINKS: usize = 40;
/// Directories kept open at most for one walker; the upper ones of deep paths are closed again.
const MAX_OPEN: usize = 32;

#[cfg(target_os = "linux")]
const DIRECTORY: OFlag =
    OFlag::O_PATH.union(OFlag::O_DIRECTORY).union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);
#[cfg(not(target_os = "linux"))]
const DIRECTORY: OFlag =
    OFlag::O_RDONLY.union(OFlag::O_DIRECTORY).union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);

/// Why a directory of the tree could not be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TreeError {
    /// A symbolic link, or `..`, leads out of the tree.
    #[error("a symbolic link leads out of the project directory")]
    Outside,
    #[error("{}", .0.desc())]
    System(#[from] Errno),
}

impl TreeError {
    /// Whether the path does not exist.
    pub(crate) fn is_missing(self) -> bool {
        matches!(self, Self::System(Errno::ENOENT | Errno::ENOTDIR))
    }
}

/// Whether directories that are missing are made (0777 less the umask).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    Fail,
    Create,
}

/// The root of a tree.
#[derive(Debug)]
pub(crate) struct Tree {
    root: OwnedFd,
    /// The absolute paths under which links may name the root: as given and without links.
    names: Vec<Vec<Vec<u8>>>,
}

impl Tree {
    /// Opens a directory, following links to the directory itself.
    pub(crate) fn open(path: &Path) -> std::io::Result<Self> {
        let root = open(path, OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
        let own = |path: &Path| paths::components(path.as_os_str().as_bytes()).map(<[u8]>::to_vec).collect();
        let names = vec![own(&std::path::absolute(path)?), own(&path.canonicalize()?)];
        Ok(Self { root, names })
    }

    /// A walker that begins at the root.
    pub(crate) fn walker(&self) -> Walker<'_> {
        Walker { tree: self, steps: Vec::new(), at: Vec::new(), through_link: false }
    }

    /// What is left of an absolute path behind the root's name.
    fn below<'p>(&self, path: &[&'p [u8]]) -> Option<Vec<&'p [u8]>> {
        self.names.iter().find_map(|name| {
            let under =
                path.len() >= name.len() && name.iter().zip(path).all(|(ours, theirs)| ours == theirs);
            under.then(|| path[name.len()..].to_vec())
        })
    }
}

#[derive(Debug)]
struct Step {
    name: Vec<u8>,
    directory: Option<OwnedFd>,
}

/// Opens directories of a tree one after another, quickest when neighbours follow each other.
#[derive(Debug)]
pub(crate) struct Walker<'t> {
    tree: &'t Tree,
    /// The real directories from the root to where the walker stands.
    steps: Vec<Step>,
    /// The path asked for last.
    at: Vec<u8>,
    /// Whether `at` went through a link, so that `steps` are not its components.
    through_link: bool,
}

impl Walker<'_> {
    /// Goes to a directory by its path relative to the root.
    pub(crate) fn directory(&mut self, path: &[u8], missing: Missing) -> Result<BorrowedFd<'_>, TreeError> {
        if path != self.at {
            let result = self.go(path, missing);
            if let Err(error) = result {
                self.reset();
                return Err(error);
            }
            self.at = path.to_vec();
        }
        Ok(self.here())
    }

    /// Goes to the directory that holds `path` and gives it with the last component.
    pub(crate) fn parent<'p>(
        &mut self,
        path: &'p [u8],
        missing: Missing,
    ) -> Result<(BorrowedFd<'_>, &'p OsStr), TreeError> {
        let (directory, name) = paths::split(path);
        let directory = self.directory(directory, missing)?;
        Ok((directory, OsStr::from_bytes(if name.is_empty() { b"." } else { name })))
    }

    /// What is at a path, a link at its end not followed.
    pub(crate) fn stat(&mut self, path: &[u8]) -> Result<FileStat, TreeError> {
        let (directory, name) = self.parent(path, Missing::Fail)?;
        Ok(fstatat(directory, name, AtFlags::AT_SYMLINK_NOFOLLOW)?)
    }

    /// Forgets the directories held open.
    pub(crate) fn reset(&mut self) {
        self.steps.clear();
        self.at.clear();
        self.through_link = false;
    }

    fn here(&self) -> BorrowedFd<'_> {
        match self.steps.last().and_then(|step| step.directory.as_ref()) {
            Some(directory) => directory.as_fd(),
            None => self.tree.root.as_fd(),
        }
    }

    fn go(&mut self, path: &[u8], missing: Missing) -> Result<(), TreeError> {
        let wanted: Vec<&[u8]> = paths::components(path).collect();
        let known = self.keep_common(&wanted);
        self.through_link = false;
        let mut ahead: Vec<Vec<u8>> = wanted[known..].iter().rev().map(|part| part.to_vec()).collect();
        let mut links = 0;
        while let Some(part) = ahead.pop() {
            if part == b".." {
                self.up()?;
            } else if let Some(target) = self.down(part, missing)? {
                self.through_link = true;
                links += 1;
                if links > MAX_LINKS {
                    return Err(Errno::ELOOP.into());
                }
                self.turn(&target, &mut ahead)?;
            }
        }
        Ok(())
    }

    /// Steps back to the deepest open directory on the way to `wanted` and tells how many components that leaves out.
    fn keep_common(&mut self, wanted: &[&[u8]]) -> usize {
        if self.through_link {
            self.reset();
        }
        let common = self.steps.iter().zip(wanted).take_while(|(step, name)| step.name == **name).count();
        self.steps.truncate(common);
        if self.steps.last().is_some_and(|step| step.directory.is_none()) {
            self.steps.clear();
        }
        self.steps.len()
    }

    fn up(&mut self) -> Result<(), TreeError> {
        self.steps.pop().ok_or(TreeError::Outside)?;
        match self.steps.last() {
            // Closed to spare descriptors; so deep, and back up through a link, is given up on.
            Some(step) if step.directory.is_none() => Err(Errno::ENAMETOOLONG.into()),
            _ => Ok(()),
        }
    }

    /// Enters a subdirectory, or gives the target if the name is a link.
    fn down(&mut self, name: Vec<u8>, missing: Missing) -> Result<Option<Vec<u8>>, TreeError> {
        let text = OsStr::from_bytes(&name);
        let mut opened = openat(self.here(), text, DIRECTORY, Mode::empty());
        if matches!(opened, Err(Errno::ENOENT)) && missing == Missing::Create {
            match mkdirat(self.here(), text, Mode::from_bits_truncate(0o777)) {
                Ok(()) | Err(Errno::EEXIST) => {}
                Err(error) => return Err(error.into()),
            }
            opened = openat(self.here(), text, DIRECTORY, Mode::empty());
        }
        match opened {
            Ok(directory) => {
                self.steps.push(Step { name, directory: Some(directory) });
                if let Some(spare) = self.steps.len().checked_sub(MAX_OPEN + 1) {
                    self.steps[spare].directory = None;
                }
                Ok(None)
            }
            Err(error @ (Errno::ELOOP | Errno::ENOTDIR)) => match readlinkat(self.here(), text) {
                Ok(target) => Ok(Some(target.as_bytes().to_vec())),
                Err(Errno::EINVAL) => Err(Errno::ENOTDIR.into()),
                Err(_) => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// Follows a link's target: puts its components ahead, from the root if it is absolute.
    fn turn(&mut self, target: &[u8], ahead: &mut Vec<Vec<u8>>) -> Result<(), TreeError> {
        let mut parts: Vec<&[u8]> = paths::components(target).collect();
        if target.first() == Some(&b'/') {
            parts = self.tree.below(&parts).ok_or(TreeError::Outside)?;
            self.steps.clear();
        }
        ahead.extend(parts.iter().rev().map(|part| part.to_vec()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn stat(tree: &Tree, path: &str) -> Result<u64, TreeError> {
        tree.walker().stat(path.as_bytes()).map(|stat| stat.st_ino)
    }

    #[test]
    fn follows_links_inside_and_refuses_those_that_leave() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("a/b/c")).unwrap();
        fs::create_dir(folder.path().join("outside")).unwrap();
        fs::write(folder.path().join("outside/secret"), "x").unwrap();
        fs::write(root.join("a/b/file"), "x").unwrap();
        for (target, link) in [
            ("a/b", "in"),
            ("../a/b", "a/up"),
            ("../outside", "out"),
            ("../root/a", "back"),
            ("loop", "loop"),
            ("/", "slash"),
            ("a/../../outside", "dots"),
        ] {
            symlink(target, root.join(link)).unwrap();
        }
        symlink(root.join("a/b"), root.join("absolute")).unwrap();
        let tree = Tree::open(&root).unwrap();
        let file = stat(&tree, "a/b/file").unwrap();
        for path in ["in/file", "a/up/file", "absolute/file"] {
            assert_eq!(stat(&tree, path), Ok(file), "{path}");
        }
        for path in ["out/secret", "back/b/file", "slash/etc", "dots/secret", "a/../../outside/secret"] {
            assert_eq!(stat(&tree, path), Err(TreeError::Outside), "{path}");
        }
        assert_eq!(stat(&tree, "loop/x"), Err(Errno::ELOOP.into()));
        assert_eq!(stat(&tree, "a/b/file/x"), Err(Errno::ENOTDIR.into()));
        assert_eq!(stat(&tree, "nothing/x"), Err(Errno::ENOENT.into()));
    }

    #[test]
    fn one_walker_finds_its_way_between_any_two_places() {
        let folder = tempfile::tempdir().unwrap();
        let deep = (0..80).map(|_| "d").collect::<Vec<_>>().join("/");
        fs::create_dir_all(folder.path().join(&deep)).unwrap();
        fs::create_dir_all(folder.path().join("x/y")).unwrap();
        symlink("d/d", folder.path().join("x/link")).unwrap();
        symlink("../d/d", folder.path().join("x/good")).unwrap();
        let tree = Tree::open(folder.path()).unwrap();
        let mut walker = tree.walker();
        let half = "d/".repeat(40);
        let two = fs::metadata(folder.path().join("d/d/d")).unwrap();
        for path in [deep.as_str(), "x/y", &half, &deep, "x/good/d", "x", "d/d/d", "x/good/d", "", "x/y"] {
            let found = walker.directory(path.as_bytes(), Missing::Fail).map(nix::sys::stat::fstat);
            let found = found.unwrap().unwrap();
            let real = fs::metadata(folder.path().join(path)).unwrap();
            assert_eq!(found.st_ino, std::os::unix::fs::MetadataExt::ino(&real), "{path}");
            assert!(path != "x/good/d" || found.st_ino == std::os::unix::fs::MetadataExt::ino(&two));
        }
        assert_eq!(walker.directory(b"x/link", Missing::Fail).err(), Some(Errno::ENOENT.into()));
        assert!(walker.directory(b"x/new/er", Missing::Create).is_ok());
        assert!(folder.path().join("x/new/er").is_dir());
    }
}
