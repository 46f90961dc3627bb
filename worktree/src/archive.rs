//! A snapshot as a tar archive, for jobs whose files are out of sight: in containers, on other machines.

use crate::error::{ArchiveError, CopyError};
use crate::history::History;
use crate::manifest::Kind;
use crate::snapshot::{Snapshot, Submodules};
use crate::template::Copyable;
use ::archive::{TarKind, tar_header};
use rustix::fs::{SeekFrom as Place, seek};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How an archive is made.
#[derive(Debug, Clone, Copy)]
pub struct ArchiveOptions {
    /// How many commits of the history are in `.git`; 0 for all of them, with all branches and tags.
    pub depth: u32,
    /// Whether there is a `.git` at all.
    pub include_git: bool,
    /// Which submodules of the snapshot are in it; the others are empty folders.
    pub submodules: Submodules,
}

const BLOCK: u64 = 512;

impl Snapshot {
    /// Writes an uncompressed tar archive to an empty file: the files, and a `.git` that needs nothing of the checkout.
    /// Everything in it belongs to root, until whoever unpacks it says otherwise. Paths are relative to the project
    /// folder. Blocks.
    ///
    /// # Errors
    ///
    /// When git fails or the archive cannot be written.
    pub fn archive(&self, out: &mut File, options: &ArchiveOptions) -> Result<(), ArchiveError> {
        let mut tar = Tar { out: BufWriter::with_capacity(256 * 1024, out) };
        let manifest = &self.inner.generation.manifest;
        let tree = self.inner.generation.tree();
        let left_out = self.inner.left_out(options.submodules);
        let is_in = |path: &Path| !left_out.iter().any(|submodule| path.starts_with(submodule));
        for folder in manifest.folder_paths().filter(|path| !path.is_empty()) {
            let path = Path::new(OsStr::from_bytes(folder));
            if !is_in(path) && !left_out.contains(&path) {
                continue;
            }
            tar.folder(folder, &tree.join(OsStr::from_bytes(folder)))?;
        }
        for entry in &manifest.entries {
            let path = manifest.path(entry);
            if !left_out.is_empty() && !is_in(Path::new(OsStr::from_bytes(&path))) {
                continue;
            }
            let from = tree.join(OsStr::from_bytes(&path));
            if matches!(entry.kind, Kind::Link | Kind::ObjectLink) {
                tar.link(&path, &from)?;
            } else {
                tar.file(&path, &from)?;
            }
        }
        if options.include_git {
            for repository in self.inner.template.repositories.iter().filter(|found| is_in(&found.path)) {
                self.git(&mut tar, repository, options.depth)?;
            }
        }
        tar.end()?;
        Ok(())
    }

    fn git(&self, tar: &mut Tar<'_>, repository: &Copyable, depth: u32) -> Result<(), ArchiveError> {
        let template = self.inner.template.folder.join(&repository.path).join(".git");
        let history = History::fetch(self.inner.shared.new_path("history"), &template, repository, depth)?;
        let inside = repository.path.join(".git");
        let name = |path: &str| inside.join(path).into_os_string();
        for folder in ["", "objects", "objects/info", "objects/pack", "refs", "refs/heads", "refs/tags"] {
            let name = if folder.is_empty() { inside.clone().into_os_string() } else { name(folder) };
            tar.folder(name.as_bytes(), &template)?;
        }
        for file in repository.files() {
            let outside =
                ["objects/info/alternates", "packed-refs", "shallow"].iter().any(|name| file == *name);
            if !outside {
                tar.file(inside.join(file).as_os_str().as_bytes(), &template.join(file))?;
            }
        }
        for (path, file) in history.files()? {
            tar.file(name(&path).as_bytes(), &file)?;
        }
        Ok(())
    }
}

struct Tar<'a> {
    out: BufWriter<&'a mut File>,
}

impl Tar<'_> {
    fn folder(&mut self, path: &[u8], from: &Path) -> Result<(), CopyError> {
        let seconds = from.symlink_metadata().map_or(0, |data| data.mtime());
        let path = [path, b"/"].concat();
        self.write(&tar_header(&path, TarKind::Directory, 0o755, seconds))
    }

    fn link(&mut self, path: &[u8], from: &Path) -> Result<(), CopyError> {
        let failed = |error| CopyError::at(from, error);
        let target = std::fs::read_link(from).map_err(failed)?;
        let seconds = from.symlink_metadata().map_err(failed)?.mtime();
        self.write(&tar_header(path, TarKind::Symlink(target.as_os_str().as_bytes()), 0o777, seconds))
    }

    fn file(&mut self, path: &[u8], from: &Path) -> Result<(), CopyError> {
        let failed = |error| CopyError::at(from, error);
        let file = File::open(from).map_err(failed)?;
        let data = file.metadata().map_err(failed)?;
        self.write(&tar_header(path, TarKind::File(data.len()), data.mode() & 0o777, data.mtime()))?;
        // Blocks are counted by 512 bytes, whatever their size is.
        let has_holes = data.blocks().saturating_mul(512) < data.len();
        let copied = match has_holes {
            true => self.pieces(&file, data.len()),
            false => std::io::copy(&mut file.take(data.len()), &mut self.out),
        };
        let copied = copied.map_err(|error| CopyError::at(&archive_path(), error))?;
        if copied != data.len() {
            return Err(failed(std::io::ErrorKind::UnexpectedEof.into()));
        }
        let rest = copied.next_multiple_of(BLOCK) - copied;
        self.write(&vec![0; usize::try_from(rest).unwrap_or(0)])
    }

    /// Writes a file without its holes: they become holes of the archive, which is a file of this machine for as long
    /// as the job takes to start. Gives the file's size, or how far it goes.
    fn pieces(&mut self, file: &File, size: u64) -> std::io::Result<u64> {
        let mut at = 0;
        while at < size {
            let begin = match seek(file, Place::Data(at)) {
                Ok(begin) => begin.min(size),
                Err(Errno::NXIO) => size,
                // A file system that knows no holes.
                Err(_) => at,
            };
            let end = seek(file, Place::Hole(begin)).map_or(size, |end| end.min(size));
            self.out.seek_relative(i64::try_from(begin - at).map_err(std::io::Error::other)?)?;
            let mut piece = file;
            piece.seek(SeekFrom::Start(begin))?;
            let copied = std::io::copy(&mut piece.take(end.saturating_sub(begin)), &mut self.out)?;
            at = begin + copied;
            if copied == 0 && at < size {
                break;
            }
        }
        Ok(at)
    }

    fn end(&mut self) -> Result<(), CopyError> {
        self.write(&[0; 2 * BLOCK as usize])?;
        self.out.flush().map_err(|error| CopyError::at(&archive_path(), error))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), CopyError> {
        self.out.write_all(bytes).map_err(|error| CopyError::at(&archive_path(), error))
    }
}

/// An open file has no name that would help.
fn archive_path() -> PathBuf {
    PathBuf::from("archive of the work tree")
}
