//! The job's temporary directory, as a place to write secrets to.

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat, renameat};
use nix::sys::stat::{FileStat, Mode, SFlag, fchmod, fstat, fstatat, mkdirat};
use nix::unistd::{UnlinkatFlags, unlinkat};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

const BASE: OFlag = OFlag::O_CLOEXEC.union(OFlag::O_NOFOLLOW);

/// A directory that only its owner may enter, held open, so that what is done in it cannot be led elsewhere.
///
/// A job may have left anything in it: names are never followed when they are symbolic links, files are
/// replaced and not written through.
#[derive(Debug)]
pub(crate) struct PrivateDir {
    fd: OwnedFd,
}

impl PrivateDir {
    /// Opens a directory, making it and its parents where they are missing. A symbolic link or file in its
    /// place is replaced.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if let Some(dir) = Self::open_existing(path)? {
            return Ok(dir);
        }
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        std::fs::create_dir_all(parent)?;
        let parent = nix::fcntl::open(parent, OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
        match unlinkat(&parent, name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(error) => return Err(error.into()),
        }
        mkdirat(&parent, name, Mode::S_IRWXU)?;
        Ok(Self { fd: openat(&parent, name, BASE | OFlag::O_DIRECTORY, Mode::empty())? })
    }

    /// Opens a directory if it is there and is one.
    pub(crate) fn open_existing(path: &Path) -> io::Result<Option<Self>> {
        let fd = match nix::fcntl::open(path, BASE | OFlag::O_DIRECTORY, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if fstat(&fd)?.st_mode & 0o777 != 0o700 {
            // Somebody else's directory cannot be changed, and then is not ours to narrow.
            let _ = fchmod(&fd, Mode::S_IRWXU);
        }
        Ok(Some(Self { fd }))
    }

    /// Replaces a file in one step. The mode is narrowed by the umask.
    pub(crate) fn write(&self, name: &str, content: &[u8], mode: Mode) -> io::Result<()> {
        let temporary = format!(".{name}.new");
        self.remove(&temporary)?;
        let flags = BASE | OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL;
        let mut file = File::from(openat(&self.fd, temporary.as_str(), flags, mode)?);
        let renamed = || Ok(renameat(&self.fd, temporary.as_str(), &self.fd, name)?);
        let written = file.write_all(content).and_then(|()| renamed());
        if written.is_err() {
            // A part of a secret must not stay, least of all where the disk is full.
            let _ = self.remove(&temporary);
        }
        written
    }

    /// Makes an empty file where there is none.
    pub(crate) fn touch(&self, name: &str) -> io::Result<()> {
        let flags = BASE | OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL;
        match openat(&self.fd, name, flags, Mode::from_bits_truncate(0o666)) {
            Ok(_) | Err(Errno::EEXIST) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The content of a regular file of at most `limit` bytes; nothing where there is no file.
    pub(crate) fn read(&self, name: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let flags = BASE | OFlag::O_RDONLY | OFlag::O_NONBLOCK;
        let file = match openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => File::from(fd),
            Err(Errno::ENOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let mut content = Vec::new();
        file.take(limit + 1).read_to_end(&mut content)?;
        if content.len() as u64 > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(Some(content))
    }

    /// Removes a file, or a directory with all that is in it; does nothing where there is neither.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        match unlinkat(&self.fd, name, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => Ok(()),
            Err(Errno::EISDIR | Errno::EPERM) if self.is_dir(name) => remove_tree(self.fd.as_fd(), name, 0),
            Err(error) => Err(error.into()),
        }
    }

    fn is_dir(&self, name: &str) -> bool {
        fstatat(&self.fd, name, AtFlags::AT_SYMLINK_NOFOLLOW).is_ok_and(|stat| is_dir(&stat))
    }
}

fn is_dir(stat: &FileStat) -> bool {
    SFlag::from_bits_truncate(stat.st_mode) & SFlag::S_IFMT == SFlag::S_IFDIR
}

/// Deeper trees are left: nothing of ours is deep, and each level holds a descriptor.
const MAX_DEPTH: usize = 64;

fn remove_tree<P: nix::NixPath + ?Sized>(
    parent: std::os::fd::BorrowedFd<'_>,
    name: &P,
    depth: usize,
) -> io::Result<()> {
    if depth > MAX_DEPTH {
        return Err(io::Error::other("nested too deeply"));
    }
    let mut dir = Dir::openat(parent, name, BASE | OFlag::O_DIRECTORY | OFlag::O_RDONLY, Mode::empty())?;
    let names: Vec<_> = dir.iter().map(|e| e.map(|e| e.file_name().to_owned())).collect::<Result<_, _>>()?;
    for child in names.iter().filter(|n| !matches!(n.to_bytes(), b"." | b"..")) {
        match unlinkat(&dir, child.as_c_str(), UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => {}
            Err(Errno::EISDIR | Errno::EPERM) => remove_tree(dir.as_fd(), child.as_c_str(), depth + 1)?,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(unlinkat(parent, name, UnlinkatFlags::RemoveDir)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn links_are_replaced_and_not_followed() {
        let root = tempfile::tempdir().unwrap();
        let outside = root.path().join("outside");
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("F"), "keep").unwrap();
        let path = root.path().join("a/b/tmp");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(&outside, &path).unwrap();

        let dir = PrivateDir::open(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(std::fs::symlink_metadata(&path).unwrap().is_dir());

        symlink(outside.join("F"), path.join("F")).unwrap();
        assert!(dir.read("F", 10).is_err());
        dir.write("F", b"secret", Mode::from_bits_truncate(0o600)).unwrap();
        assert_eq!(std::fs::read_to_string(outside.join("F")).unwrap(), "keep");
        assert_eq!(std::fs::read_to_string(path.join("F")).unwrap(), "secret");
        assert_eq!(std::fs::metadata(path.join("F")).unwrap().permissions().mode() & 0o777, 0o600);
    }

    /// Runs itself once more, in a process that may not write more than a kilobyte to any file.
    #[test]
    fn a_file_that_cannot_be_written_whole_leaves_no_part() {
        const PLACE: &str = "PRIVATE_DIR_TEST_PLACE";
        if let Some(place) = std::env::var_os(PLACE) {
            let dir = PrivateDir::open(Path::new(&place)).unwrap();
            assert!(dir.write("SECRET", &[b'x'; 8192], Mode::S_IRWXU).is_err());
            assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0);
            return;
        }
        let root = tempfile::tempdir().unwrap();
        let name = "variables::private_dir::tests::a_file_that_cannot_be_written_whole_leaves_no_part";
        let output = std::process::Command::new("bash")
            .args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "bash"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(PLACE, root.path().join("t"))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
    }

    #[test]
    fn reading_is_bounded_and_never_waits() {
        let root = tempfile::tempdir().unwrap();
        let dir = PrivateDir::open(&root.path().join("t")).unwrap();
        assert!(dir.read("none", 10).unwrap().is_none());
        dir.write("big", &[b'x'; 11], Mode::S_IRWXU).unwrap();
        assert!(dir.read("big", 10).is_err());
        assert_eq!(dir.read("big", 11).unwrap().unwrap().len(), 11);
        nix::unistd::mkfifo(&root.path().join("t/fifo"), Mode::S_IRWXU).unwrap();
        assert!(dir.read("fifo", 10).is_err());
    }

    #[test]
    fn a_directory_in_place_of_a_file_goes() {
        let root = tempfile::tempdir().unwrap();
        let dir = PrivateDir::open(&root.path().join("t")).unwrap();
        std::fs::create_dir_all(root.path().join("t/F/deep/er")).unwrap();
        symlink("/", root.path().join("t/F/deep/link")).unwrap();
        dir.remove("F").unwrap();
        assert!(!root.path().join("t/F").exists());
        dir.remove("F").unwrap();
    }

    #[test]
    fn an_open_directory_is_narrowed() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("t");
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        PrivateDir::open(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(PrivateDir::open_existing(&root.path().join("no")).unwrap().is_none());
    }
}
