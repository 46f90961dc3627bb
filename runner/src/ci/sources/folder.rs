//! Files of a folder, and of nothing outside of it.

use ci_yaml::{FileIssue, SourceError};
use sha1::{Digest as _, Sha1};
use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The most files that a folder without git is searched for.
const FILES: usize = 500_000;
/// The largest file that an id is computed of.
const LARGE: u64 = 256 * 1024 * 1024;
/// The deepest folder that is searched.
const DEPTH: usize = 64;

/// The text of a file below a folder. Links are followed as long as they stay inside.
pub(super) fn read(root: &Path, path: &str, limit: u64) -> Result<Arc<str>, SourceError> {
    let file = open(root, path)?;
    let mut bytes = Vec::new();
    let failed = |error: std::io::Error| SourceError::Failed(format!("cannot read `{path}`: {error}"));
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    text(bytes, limit)
}

/// Bytes that were read, as text.
pub(super) fn text(bytes: Vec<u8>, limit: u64) -> Result<Arc<str>, SourceError> {
    if bytes.len() as u64 > limit {
        return Err(FileIssue::TooBig(limit).into());
    }
    String::from_utf8(bytes).map(Into::into).map_err(|_| FileIssue::NotText.into())
}

/// The id that git would give to a file below a folder, unless filters or line endings are configured for it; that of
/// a link is that of its target's name.
pub(super) fn blob_id(root: &Path, path: &str) -> Result<String, SourceError> {
    let failed = |error: std::io::Error| SourceError::Failed(format!("cannot read `{path}`: {error}"));
    if !is_sound(path) {
        return Err(FileIssue::Missing.into());
    }
    if let Ok(target) = fs::read_link(root.join(path)) {
        let target = target.into_os_string().into_encoded_bytes();
        return digest(target.len() as u64, target.as_slice()).map_err(failed);
    }
    let file = open(root, path)?;
    let size = file.metadata().map_err(failed)?.len();
    if size > LARGE {
        return Err(FileIssue::TooBig(LARGE).into());
    }
    digest(size, file.take(size)).map_err(failed)
}

fn digest(size: u64, mut content: impl Read) -> std::io::Result<String> {
    let mut digest = Sha1::new();
    digest.update(format!("blob {size}\0"));
    std::io::copy(&mut content, &mut digest)?;
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// As in a tree of git: a path has one spelling only.
fn is_sound(path: &str) -> bool {
    let sound = |part: &str| !matches!(part, "" | "." | "..") && !part.contains('\0');
    path.split('/').all(sound) && path.split('/').next() != Some(".git")
}

fn open(root: &Path, path: &str) -> Result<File, SourceError> {
    if !is_sound(path) {
        return Err(FileIssue::Missing.into());
    }
    let real = match fs::canonicalize(root.join(path)) {
        Ok(real) => real,
        Err(error) => return Err(unreadable(path, &error)),
    };
    if !real.starts_with(root) {
        return Err(SourceError::Failed(format!("`{path}` leads out of {}", root.display())));
    }
    let flags = (nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK).bits();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(&real);
    let file = file.map_err(|error| unreadable(path, &error))?;
    match file.metadata() {
        Ok(data) if data.is_file() => Ok(file),
        _ => Err(FileIssue::Missing.into()),
    }
}

fn unreadable(path: &str, error: &std::io::Error) -> SourceError {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    match error.kind() {
        NotFound | NotADirectory => FileIssue::Missing.into(),
        _ if error.raw_os_error() == Some(nix::errno::Errno::ELOOP as i32) => FileIssue::Missing.into(),
        _ => SourceError::Failed(format!("cannot read `{path}`: {error}")),
    }
}

/// All files of a folder that is no repository, sorted. Links are not followed; they count as files.
pub(super) fn paths(root: &Path) -> Result<Vec<String>, SourceError> {
    let mut found = Vec::new();
    let mut left: Vec<(PathBuf, String, usize)> = vec![(root.to_owned(), String::new(), 0)];
    while let Some((folder, prefix, depth)) = left.pop() {
        let failed =
            |error: std::io::Error| SourceError::Failed(format!("cannot list {}: {error}", folder.display()));
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
            if depth == 0 && name == ".git" {
                continue;
            }
            let path = format!("{prefix}{name}");
            if entry.file_type().map_err(failed)?.is_dir() {
                if depth < DEPTH {
                    left.push((entry.path(), format!("{path}/"), depth + 1));
                }
            } else if found.len() < FILES {
                found.push(path);
            } else {
                return Err(SourceError::Failed(format!(
                    "there are more than {FILES} files in {}",
                    root.display()
                )));
            }
        }
    }
    found.sort_unstable();
    Ok(found)
}
