//! Large files.

use super::index::files_named;
use super::run::Git;
use crate::variables::JobView;
use executor::Executor;
use nix::fcntl::OFlag;
use nix::unistd::{AccessFlags, access};
use std::env::split_paths;
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Directories in which git looks for its own commands, on the systems that we know.
const EXEC_PATHS: [&str; 5] = [
    "/usr/lib/git-core",
    "/usr/libexec/git-core",
    "/usr/local/libexec/git-core",
    "/opt/homebrew/libexec/git-core",
    "/Library/Developer/CommandLineTools/usr/libexec/git-core",
];

/// Files that name attributes are read up to this many bytes.
const LONGEST_ATTRIBUTES: u64 = 1 << 20;

/// Whether large files are to be fetched: the job wants them, and git would find `git-lfs`.
pub(super) fn is_wanted<E: Executor>(view: JobView<'_>, git: &Git<'_, '_, E>) -> bool {
    !view.options.git.lfs_skip_smudge && is_installed(&git.variable("PATH"))
}

/// Whether the commit that is checked out may have large files. `git lfs pull` takes longer to find out that
/// there are none than all of a fetch; the files that assign attributes say it at once.
pub(super) fn may_be_used(view: JobView<'_>) -> bool {
    let project = &view.workspace.project_dir;
    let sha256 = view.order.payload.git_info.repo_object_format == "sha256";
    let git = project.join(".git");
    match files_named(&git.join("index"), ".gitattributes", sha256) {
        None => true,
        Some(files) => {
            let own = git.join("info/attributes");
            own.exists() && names_lfs(&own) || files.iter().any(|file| names_lfs(&project.join(file)))
        }
    }
}

/// Whether a file of attributes mentions large files, or cannot be read.
fn names_lfs(path: &Path) -> bool {
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK;
    let Ok(file) = File::options().read(true).custom_flags(flags.bits()).open(path) else { return true };
    let mut text = Vec::new();
    match file.take(LONGEST_ATTRIBUTES).read_to_end(&mut text) {
        Ok(length) if (length as u64) < LONGEST_ATTRIBUTES => memchr::memmem::find(&text, b"lfs").is_some(),
        Ok(_) | Err(_) => true,
    }
}

fn is_installed(path: &OsStr) -> bool {
    let own = EXEC_PATHS.iter().map(PathBuf::from);
    split_paths(path).chain(own).map(|directory| directory.join("git-lfs")).any(|program| {
        program.is_absolute() && program.is_file() && access(&program, AccessFlags::X_OK).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
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

    #[test]
    fn attributes_that_cannot_be_read_may_say_anything() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("attributes");
        assert!(names_lfs(&path));
        std::fs::write(&path, "*.sh text eol=lf\n").unwrap();
        assert!(!names_lfs(&path));
        std::fs::write(&path, "*.bin filter=lfs diff=lfs -text\n").unwrap();
        assert!(names_lfs(&path));
    }
}
