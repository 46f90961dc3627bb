//! Finds a hierarchy of control groups that we may make groups in.

use super::CgroupKind;
use rustix::fs::{Access, access};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

/// Which control groups may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CgroupChoice {
    /// The best that is there, if any.
    #[default]
    Auto,
    /// This kind or none.
    Only(CgroupKind),
    /// None.
    Never,
}

/// Where this machine's jobs can have control groups: below the runner's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cgroups {
    pub(crate) home: Option<Home>,
}

/// The group that jobs' groups are made in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) kind: CgroupKind,
    pub(crate) path: PathBuf,
}

impl Cgroups {
    /// Looks for a hierarchy that this process may make groups in. Makes none.
    pub fn detect(choice: CgroupChoice) -> Self {
        let kinds = match choice {
            CgroupChoice::Auto => &[CgroupKind::V2, CgroupKind::Freezer, CgroupKind::Pids][..],
            CgroupChoice::Only(ref kind) => std::slice::from_ref(kind),
            CgroupChoice::Never => &[],
        };
        if kinds.is_empty() {
            return Self::default();
        }
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let home = kinds
            .iter()
            .flat_map(|kind| {
                candidates(*kind, &mounts, &own).into_iter().map(|path| Home { kind: *kind, path })
            })
            .find(Home::is_usable);
        Self { home }
    }

    /// The kind that was found.
    pub fn kind(&self) -> Option<CgroupKind> {
        self.home.as_ref().map(|home| home.kind)
    }
}

impl Home {
    fn is_usable(&self) -> bool {
        let threaded =
            fs::read_to_string(self.path.join("cgroup.type")).is_ok_and(|kind| kind.trim_end() != "domain");
        !threaded
            && access(&self.path, Access::WRITE_OK | Access::EXEC_OK).is_ok()
            && access(self.path.join("cgroup.procs"), Access::WRITE_OK).is_ok()
    }
}

/// The directories that show this process's own group in hierarchies of a kind.
fn candidates(kind: CgroupKind, mounts: &str, own: &str) -> Vec<PathBuf> {
    let Some(own) = own_path(kind, own) else { return Vec::new() };
    mounts.lines().filter_map(|line| directory(kind, line, own)).collect()
}

/// This process's group in the hierarchy of a kind, from `/proc/self/cgroup`: `<id>:<controllers>:<path>`.
fn own_path(kind: CgroupKind, own: &str) -> Option<&Path> {
    own.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        let fits = match kind.controller() {
            None => controllers.is_empty(),
            Some(name) => controllers.split(',').any(|controller| controller == name),
        };
        fits.then_some(Path::new(path))
    })
}

/// Our own group below a mount of `/proc/self/mountinfo`, if that is a hierarchy of the kind and shows it.
fn directory(kind: CgroupKind, mount: &str, own: &Path) -> Option<PathBuf> {
    let (before, after) = mount.split_once(" - ")?;
    let mut before = before.split(' ').skip(3);
    let (root, point) = (unescape(before.next()?), unescape(before.next()?));
    let mut after = after.split(' ');
    let (filesystem, options) = (after.next()?, after.nth(1)?);
    let fits = match kind.controller() {
        None => filesystem == "cgroup2",
        Some(name) => filesystem == "cgroup" && options.split(',').any(|option| option == name),
    };
    let below = own.strip_prefix(&root).ok().filter(|_| fits)?;
    // A group outside of what the mount or the namespace shows.
    let inside = own.components().chain(root.components()).all(|part| part != Component::ParentDir);
    inside.then(|| point.join(below))
}

/// Undoes the octal escapes of `/proc/self/mountinfo` (`\040` is a space).
fn unescape(field: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        match (first, after) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..]) => {
                bytes.push(((a - b'0') << 6) | ((b - b'0') << 3) | (c - b'0'));
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::{CgroupChoice, CgroupKind, Cgroups, candidates, unescape};
    use std::path::{Path, PathBuf};

    const HYBRID: &str = "\
40 31 0:37 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw
42 31 0:39 /docker/1 /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
";
    const OWN: &str = "9:freezer:/a\n8:pids,misc:/docker/1/b\n0::/system.slice/runner.service\n";

    #[test]
    fn own_group_in_each_hierarchy() {
        let found = |kind| candidates(kind, HYBRID, OWN);
        assert_eq!(
            found(CgroupKind::V2),
            [PathBuf::from("/sys/fs/cgroup/unified/system.slice/runner.service")]
        );
        assert_eq!(found(CgroupKind::Freezer), [PathBuf::from("/sys/fs/cgroup/freezer/a")]);
        assert_eq!(found(CgroupKind::Pids), [PathBuf::from("/sys/fs/cgroup/pids/b")]);
    }

    #[test]
    fn a_group_that_the_mount_does_not_show_is_no_candidate() {
        let own = "8:pids:/elsewhere\n0::/../outside\n";
        assert!(candidates(CgroupKind::Pids, HYBRID, own).is_empty());
        assert!(candidates(CgroupKind::V2, HYBRID, own).is_empty());
    }

    #[test]
    fn escapes() {
        assert_eq!(unescape(r"/a\040b\134c\9"), Path::new(r"/a b\c\9"));
    }

    #[test]
    fn never_is_never() {
        assert_eq!(Cgroups::detect(CgroupChoice::Never).kind(), None);
    }

    #[test]
    fn detection_is_quick() {
        let start = std::time::Instant::now();
        for _ in 0..100 {
            Cgroups::detect(CgroupChoice::Auto);
        }
        // Far above what it takes (under 0.1 ms), for machines under load.
        assert!(start.elapsed().as_millis() < 1000, "{:?} for 100", start.elapsed());
    }
}
