//! Programs of the runner's machine.

use super::witness::Witness;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where programs are on every machine.
const USUAL: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Directories beyond this number are not searched.
const MOST: usize = 64;

/// The directories in which programs are looked for, in their order.
#[derive(Clone, Debug)]
pub(super) struct Search {
    directories: Vec<PathBuf>,
}

impl Search {
    /// Those of a `PATH`, then the usual ones. Relative ones are left out.
    pub(super) fn new(path: &OsStr) -> Self {
        let mut directories: Vec<PathBuf> = Vec::new();
        for directory in std::env::split_paths(path).chain(USUAL.map(PathBuf::from)) {
            if directory.is_absolute() && !directories.contains(&directory) && directories.len() < MOST {
                directories.push(directory);
            }
        }
        Self { directories }
    }

    /// The first program of that name.
    pub(super) fn find(&self, name: &str) -> Option<PathBuf> {
        self.directories.iter().map(|directory| directory.join(name)).find(|path| is_program(path))
    }

    /// Another one for other directories.
    pub(super) fn identity(&self) -> Vec<u8> {
        self.directories
            .iter()
            .flat_map(|directory| [directory.as_os_str().as_bytes(), b":"].concat())
            .collect()
    }

    /// What changes when a program comes or goes.
    pub(super) fn witnesses(&self) -> impl Iterator<Item = Witness> + '_ {
        self.directories.iter().map(Witness::now)
    }

    /// A `PATH` for containers: the usual directories, and before them those of `programs`.
    pub(super) fn for_containers<'a>(programs: impl IntoIterator<Item = &'a PathBuf>) -> String {
        let mut path: Vec<&str> = Vec::new();
        let own = programs.into_iter().filter_map(|program| program.parent()?.to_str());
        for directory in own.filter(|directory| !USUAL.contains(directory)).chain(USUAL) {
            // A `PATH` cannot name such a directory.
            if !directory.contains(':') && !path.contains(&directory) {
                path.push(directory);
            }
        }
        path.join(":")
    }
}

pub(super) fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_path_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("sh");
        fs::write(&own, "#!/bin/true").unwrap();
        let search = Search::new(folder.path().as_os_str());
        assert_ne!(search.find("sh"), Some(own.clone()), "not executable");
        fs::set_permissions(&own, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(search.find("sh"), Some(own));
        assert_eq!(search.find("no-such-program"), None);
    }

    #[test]
    fn directories_of_containers() {
        let programs = ["/opt/git/bin/git", "/usr/bin/sh", "/opt/git/bin/git-lfs", "/c:d/x"];
        let programs = programs.map(PathBuf::from);
        let path = Search::for_containers(&programs);
        assert_eq!(path, "/opt/git/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    }

    #[test]
    fn relative_directories_are_not_searched() {
        assert_eq!(Search::new(OsStr::new("bin::./x:/usr/bin")).directories[0], PathBuf::from("/usr/bin"));
    }
}
