//! Large files.

use super::run::Git;
use crate::variables::JobView;
use executor::Executor;
use nix::unistd::{AccessFlags, access};
use std::env::split_paths;
use std::ffi::OsStr;
use std::path::PathBuf;

/// Directories in which git looks for its own commands, on the systems that we know.
const EXEC_PATHS: [&str; 5] = [
    "/usr/lib/git-core",
    "/usr/libexec/git-core",
    "/usr/local/libexec/git-core",
    "/opt/homebrew/libexec/git-core",
    "/Library/Developer/CommandLineTools/usr/libexec/git-core",
];

/// Whether large files are to be fetched: the job wants them, and git would find `git-lfs`.
pub(super) fn is_wanted<E: Executor>(view: JobView<'_>, git: &Git<'_, '_, E>) -> bool {
    !view.options.git.lfs_skip_smudge && is_installed(&git.variable("PATH"))
}

fn is_installed(path: &OsStr) -> bool {
    let own = EXEC_PATHS.iter().map(PathBuf::from);
    split_paths(path).chain(own).map(|directory| directory.join("git-lfs")).any(|program| {
        program.is_absolute() && program.is_file() && access(&program, AccessFlags::X_OK).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::is_installed;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_a_program_counts() {
        let root = tempfile::tempdir().unwrap();
        let program = root.path().join("git-lfs");
        let path = std::env::join_paths(["/nowhere".as_ref(), root.path()]).unwrap();
        let elsewhere = is_installed("".as_ref());
        std::fs::write(&program, "").unwrap();
        assert_eq!(is_installed(&path), elsewhere);
        std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
        assert!(is_installed(&path));
    }
}
