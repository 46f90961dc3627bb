//! A file tree that goes into the engine: put together from the host's files, streamed as a tar archive.
//!
//! Paths are relative to the tree's root and have no links above their last component: what is added under a
//! path with links takes the links along.

use super::error::ToolsError;
use super::witness::{Identity, Witness};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// Links that are followed on one path, as in the kernel.
const MOST_LINKS: usize = 40;

/// One thing in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    /// A directory with these permissions.
    Directory(u32),
    /// A symbolic link.
    Link(PathBuf),
    /// A file of our own making.
    Text(String),
    /// A file of the host.
    Copy(Source),
}

/// A file of the host, as it was when it was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Which file it was.
    pub(super) identity: Identity,
    /// Bytes.
    pub(super) size: u64,
    /// Seconds of its last change.
    pub(super) seconds: i64,
    /// 0755 or 0644; a tool does not become another user.
    pub(super) mode: u32,
    /// SHA-256 of the content, after [`Tree::hash`].
    pub(super) sum: [u8; 32],
}

/// A tree of files, in the order in which parents come before what is in them.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub(super) nodes: BTreeMap<PathBuf, Node>,
}

impl Tree {
    /// Puts a directory, which may be there already with other permissions. A link of that path stays.
    pub(super) fn directory(&mut self, path: impl Into<PathBuf>, mode: u32) {
        let node = self.nodes.entry(path.into()).or_insert(Node::Directory(mode));
        if let Node::Directory(present) = node {
            *present = mode;
        }
    }

    /// Puts a file of our own.
    pub(super) fn text(&mut self, path: &str, content: impl Into<String>) {
        self.nodes.insert(path.into(), Node::Text(content.into()));
    }

    /// Puts a link, unless something has that path.
    pub(super) fn link(&mut self, path: impl Into<PathBuf>, target: impl Into<PathBuf>) {
        self.nodes.entry(path.into()).or_insert_with(|| Node::Link(target.into()));
    }

    /// Puts the host's file `from`, which may be a link, as the file `path`.
    pub(super) fn copy(&mut self, from: &Path, path: impl Into<PathBuf>) -> Result<(), ToolsError> {
        let found = fs::metadata(from).map_err(ToolsError::read(from))?;
        if !found.is_file() {
            return Err(ToolsError::read(from)(io::Error::other("not a file")));
        }
        let executable = found.mode() & 0o111 != 0;
        let source = Source {
            path: from.to_owned(),
            identity: Identity::of(&found),
            size: found.size(),
            seconds: found.mtime(),
            mode: if executable { 0o755 } else { 0o644 },
            sum: [0; 32],
        };
        self.nodes.insert(path.into(), Node::Copy(source));
        Ok(())
    }

    /// Puts what the host has at an absolute path under the same path, together with the directories above and
    /// the links on the way, and returns where in the end it is. A directory is added without its content.
    pub(super) fn like_host(&mut self, path: &Path) -> Result<PathBuf, ToolsError> {
        let mut left = components(path);
        let mut place = PathBuf::new();
        let mut links = 0;
        while let Some(name) = left.pop() {
            if name == ".." {
                place.pop();
                continue;
            }
            place.push(&name);
            let host = Path::new("/").join(&place);
            let found = fs::symlink_metadata(&host).map_err(ToolsError::read(&host))?;
            if found.is_symlink() {
                let target = fs::read_link(&host).map_err(ToolsError::read(&host))?;
                links += 1;
                if links > MOST_LINKS {
                    return Err(ToolsError::read(path)(io::Error::other("too many links")));
                }
                self.nodes.insert(place.clone(), Node::Link(target.clone()));
                if target.is_absolute() {
                    place.clear();
                } else {
                    place.pop();
                }
                left.extend(components(&target));
            } else if found.is_dir() {
                self.nodes.entry(place.clone()).or_insert(Node::Directory(0o755));
            } else {
                self.copy(&host, place.clone())?;
            }
        }
        Ok(Path::new("/").join(place))
    }

    /// Reads every file that was added and makes a key of all that there is and of `more`: trees with the same key
    /// are the same.
    pub(super) fn hash(&mut self, more: &str) -> Result<String, ToolsError> {
        let mut all = Sha256::new();
        all.update((more.len() as u64).to_le_bytes());
        all.update(more);
        for (path, node) in &mut self.nodes {
            let (kind, mode, content) = match node {
                Node::Directory(mode) => (b'd', *mode, [0; 32]),
                Node::Link(target) => (b'l', 0, Sha256::digest(target.as_os_str().as_bytes()).into()),
                Node::Text(text) => (b'f', 0o644, Sha256::digest(&*text).into()),
                Node::Copy(source) => {
                    source.sum = sum(source)?;
                    (b'f', source.mode, source.sum)
                }
            };
            all.update((path.as_os_str().len() as u64).to_le_bytes());
            all.update(path.as_os_str().as_bytes());
            all.update([kind]);
            all.update(mode.to_le_bytes());
            all.update(content);
        }
        Ok(all.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect())
    }

    /// What must not change for the key to stay right: the host's files.
    pub(super) fn witnesses(&self) -> Vec<Witness> {
        let copies = self.nodes.values().filter_map(|node| match node {
            Node::Copy(source) => Some(Witness::of(&source.path, source.identity)),
            Node::Directory(_) | Node::Link(_) | Node::Text(_) => None,
        });
        copies.collect()
    }
}

impl Source {
    /// Opens it, if it is still the same file.
    pub(super) fn open(&self) -> Result<File, ToolsError> {
        let file = File::open(&self.path).map_err(ToolsError::read(&self.path))?;
        self.check(&file)?;
        Ok(file)
    }

    /// Whether an open file is this one.
    pub(super) fn check(&self, file: &File) -> Result<(), ToolsError> {
        let now = file.metadata().map_err(ToolsError::read(&self.path))?;
        if Identity::of(&now) == self.identity {
            Ok(())
        } else {
            Err(ToolsError::Changed { path: self.path.clone() })
        }
    }
}

fn sum(source: &Source) -> Result<[u8; 32], ToolsError> {
    let mut file = source.open()?;
    let mut hasher = Sha256::new();
    io::copy(&mut file, &mut hasher).map_err(ToolsError::read(&source.path))?;
    source.check(&file)?;
    Ok(hasher.finalize().into())
}

/// Names of a path, the last one first; `..` as it is, `.` and the root left out.
fn components(path: &Path) -> Vec<OsString> {
    let names = path.components().rev().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn relative(path: &Path) -> PathBuf {
        path.strip_prefix("/").unwrap().to_owned()
    }

    #[test]
    fn links_come_along() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("usr/bin")).unwrap();
        fs::write(root.join("usr/bin/mawk"), "x").unwrap();
        fs::set_permissions(root.join("usr/bin/mawk"), fs::Permissions::from_mode(0o6755)).unwrap();
        symlink("usr/bin", root.join("bin")).unwrap();
        symlink(root.join("bin/../etc"), root.join("usr/bin/awk")).unwrap();
        fs::create_dir(root.join("usr/etc")).unwrap();
        symlink("../bin/mawk", root.join("usr/etc/awk")).unwrap();
        let mut tree = Tree::default();
        let found = tree.like_host(&root.join("bin/awk/awk")).unwrap();
        assert_eq!(found, root.join("usr/bin/mawk"));
        let at = |path: &str| tree.nodes.get(&relative(&root.join(path)));
        assert_eq!(at("bin"), Some(&Node::Link("usr/bin".into())));
        assert_eq!(at("usr"), Some(&Node::Directory(0o755)));
        assert_eq!(at("usr/bin/awk"), Some(&Node::Link(root.join("bin/../etc"))));
        assert_eq!(at("usr/etc/awk"), Some(&Node::Link("../bin/mawk".into())));
        assert!(matches!(at("usr/bin/mawk"), Some(Node::Copy(source)) if source.mode == 0o755));
    }

    #[test]
    fn a_circle_ends() {
        let folder = tempfile::tempdir().unwrap();
        symlink("b", folder.path().join("a")).unwrap();
        symlink("a", folder.path().join("b")).unwrap();
        let error = Tree::default().like_host(&folder.path().join("a")).unwrap_err();
        assert!(error.to_string().ends_with("too many links"), "{error}");
    }

    #[test]
    fn the_key_is_that_of_the_content() {
        let folder = tempfile::tempdir().unwrap();
        let key = |content: &str, name: &str| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            let mut tree = Tree::default();
            tree.directory("tmp", 0o1777);
            tree.link("x", "y");
            tree.copy(&path, "file").unwrap();
            tree.hash("").unwrap()
        };
        assert_eq!(key("one", "a"), key("one", "b"));
        assert_ne!(key("one", "a"), key("two", "b"));
        assert_eq!(key("one", "a").len(), 24);
    }

    #[test]
    fn a_replaced_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("git");
        fs::write(&path, "one").unwrap();
        let mut tree = Tree::default();
        tree.copy(&path, "git").unwrap();
        assert!(tree.witnesses().iter().all(Witness::holds));
        fs::write(folder.path().join("new"), "two").unwrap();
        fs::rename(folder.path().join("new"), &path).unwrap();
        assert!(matches!(tree.hash(""), Err(ToolsError::Changed { .. })));
        assert!(!tree.witnesses().iter().any(Witness::holds));
    }
}
