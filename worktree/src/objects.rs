//! Files that a sparse checkout leaves out, from git's objects.

use crate::copy::write_all;
use crate::error::{CopyError, SnapshotError};
use crate::folder;
use crate::git::Call;
use crate::listing::Repository;
use crate::manifest::{Kind, Manifest};
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, openat, symlinkat};
use rustix::io::Errno;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// No link's target is longer.
const LONGEST_TARGET: u64 = 4096;

/// Writes the entries of these numbers.
pub(crate) fn write(
    repositories: &[Repository],
    manifest: &Manifest,
    numbers: &[usize],
    to: &OwnedFd,
    path: &Path,
) -> Result<(), SnapshotError> {
    for repository in repositories {
        let here =
            |number: &&usize| owner(repositories, manifest, **number) == Some(repository.path.as_slice());
        let numbers: Vec<usize> = numbers.iter().filter(here).copied().collect();
        if !numbers.is_empty() {
            from_repository(repository, manifest, &numbers, to, path)?;
        }
    }
    Ok(())
}

/// The innermost repository that an entry lies in.
fn owner<'a>(repositories: &'a [Repository], manifest: &Manifest, number: usize) -> Option<&'a [u8]> {
    let folder = manifest.folder_path(manifest.entries.get(number)?.folder);
    let inside = |path: &[u8]| {
        path.is_empty()
            || folder.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    };
    let paths = repositories.iter().map(|repository| repository.path.as_slice());
    paths.filter(|path| inside(path)).max_by_key(|path| path.len())
}

fn from_repository(
    repository: &Repository,
    manifest: &Manifest,
    numbers: &[usize],
    to: &OwnedFd,
    path: &Path,
) -> Result<(), SnapshotError> {
    let mut input = Vec::new();
    for entry in numbers.iter().filter_map(|&number| manifest.entries.get(number)) {
        let object = entry.object.of(&manifest.text);
        input.extend_from_slice(object.get(..object.len().saturating_sub(1)).unwrap_or_default());
        input.push(b'\n');
    }
    let call = Call::new(&repository.checkout.root, "cat-file").args(["--batch"]);
    call.stream(&input, |output| {
        let mut output = BufReader::new(output);
        for &number in numbers {
            one(&mut output, manifest, number, to, path)?;
        }
        Ok(())
    })
}

fn one(
    output: &mut impl BufRead,
    manifest: &Manifest,
    number: usize,
    to: &OwnedFd,
    path: &Path,
) -> Result<(), SnapshotError> {
    let Some(entry) = manifest.entries.get(number) else { return Ok(()) };
    let failed = |message: String| SnapshotError::Git { call: "cat-file", message };
    let mut head = Vec::new();
    output.read_until(b'\n', &mut head).map_err(|error| failed(error.to_string()))?;
    let head = String::from_utf8_lossy(&head);
    let size = head.trim_end().rsplit_once(" blob ").or_else(|| head.trim_end().split_once(" blob "));
    let size = size.and_then(|(_, size)| size.parse::<u64>().ok());
    let Some(size) = size else { return Err(failed(format!("{} is not there", head.trim_end()))) };
    let full = path.join(OsStr::from_bytes(&manifest.path(entry)));
    let writing = |error: Errno| SnapshotError::from(CopyError::at(&full, error));
    let folder = folder::below(to, manifest.folder_path(entry.folder)).map_err(writing)?;
    let name = manifest.name(entry);
    let mut content = output.take(size);
    if entry.kind == Kind::ObjectLink {
        let mut target = Vec::new();
        content
            .by_ref()
            .take(LONGEST_TARGET)
            .read_to_end(&mut target)
            .map_err(|error| failed(error.to_string()))?;
        symlinkat(target.as_slice(), &folder, name).map_err(writing)?;
    } else {
        let mode =
            Mode::from_raw_mode(if entry.object.of(&manifest.text).ends_with(b"x") { 0o777 } else { 0o666 });
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&folder, name, flags, mode).map_err(writing)?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let bytes = content.read(&mut buffer).map_err(|error| failed(error.to_string()))?;
            if bytes == 0 {
                break;
            }
            write_all(&file, buffer.get(..bytes).unwrap_or_default()).map_err(writing)?;
        }
    }
    let mut end = [0];
    content.into_inner().read_exact(&mut end).map_err(|error| failed(error.to_string()))
}
