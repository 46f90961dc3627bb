//! What lies in a store.

use super::Kind;
use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{OFlag, openat};
use nix::sys::stat::Mode;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

/// A file that a job has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// `archive`, `junit`, `dotenv`, …
    pub kind: String,
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

const FOLDER: OFlag =
    OFlag::O_RDONLY.union(OFlag::O_DIRECTORY).union(OFlag::O_NOFOLLOW).union(OFlag::O_CLOEXEC);
/// Whatever lies there, nobody waits for it.
const FILE: OFlag = OFlag::O_RDONLY
    .union(OFlag::O_NOFOLLOW)
    .union(OFlag::O_NONBLOCK)
    .union(OFlag::O_NOCTTY)
    .union(OFlag::O_CLOEXEC);

/// All files in the folder of a job. What is no regular file is none of them.
pub(super) fn all(folder: &Path) -> io::Result<Vec<Kept>> {
    let mut kept = Vec::new();
    let Some(mut top) = there(Dir::open(folder, FOLDER, Mode::empty()))? else { return Ok(kept) };
    for kind in names(&mut top)?.iter().filter_map(|name| Kind::named(name)) {
        for (name, file) in files(&top, &kind)? {
            let path = folder.join(kind.as_str()).join(name);
            kept.push(Kept { kind: kind.as_str().to_owned(), path, bytes: file.metadata()?.len() });
        }
    }
    Ok(kept)
}

/// Opens the files of one type.
pub(super) fn open(folder: &Path, kind: &Kind) -> io::Result<Vec<(String, File)>> {
    match there(Dir::open(folder, FOLDER, Mode::empty()))? {
        Some(top) => files(&top, kind),
        None => Ok(Vec::new()),
    }
}

fn files(top: &Dir, kind: &Kind) -> io::Result<Vec<(String, File)>> {
    let mut files = Vec::new();
    let opened = match Dir::openat(top, kind.as_str(), FOLDER, Mode::empty()) {
        // Something else has that name.
        Err(Errno::ENOTDIR | Errno::ELOOP) => return Ok(files),
        opened => there(opened)?,
    };
    let Some(mut folder) = opened else { return Ok(files) };
    for name in names(&mut folder)?.into_iter().filter(|name| !name.starts_with(".part-")) {
        let file = match openat(folder.as_fd(), name.as_str(), FILE, Mode::empty()) {
            Err(Errno::ELOOP | Errno::ENXIO) => continue,
            opened => opened?,
        };
        let file = File::from(file);
        if file.metadata()?.is_file() {
            files.push((name, file));
        }
    }
    Ok(files)
}

/// Sorted names of what is in a folder, as far as they are text.
fn names(folder: &mut Dir) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in folder.iter() {
        let entry = entry?;
        if !matches!(entry.file_type(), Some(Type::Symlink))
            && let Ok(name) = entry.file_name().to_str()
            && name != "."
            && name != ".."
        {
            names.push(name.to_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn there<T>(found: nix::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Errno::ENOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
