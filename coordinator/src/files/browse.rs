//! What is in an archive, read from its directory without unpacking it.

use super::artifacts::OpenArtifact;
use archive::{Kind, Limits, Listing, UnpackError, ZipEntry};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Seek as _, Write as _};

/// Entries of an archive that is browsed.
const MOST_ENTRIES: u64 = 1_000_000;
/// The largest text that is read out of an archive, in bytes: configurations of child pipelines.
const MOST_TEXT: u64 = 5 << 20;

/// Why an archive is not shown.
#[derive(Debug, thiserror::Error)]
pub enum BrowseError {
    /// It is no archive, damaged, or too large.
    #[error(transparent)]
    Archive(#[from] UnpackError),
    /// It cannot be read.
    #[error("the archive cannot be read")]
    Disk(#[from] io::Error),
    /// The file is no text.
    #[error("the file is not UTF-8")]
    NotText,
}

/// A folder of an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Browsed {
    /// What is in it: folders before files, each sorted by name.
    pub entries: Vec<Entry>,
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name in the folder.
    pub name: String,
    /// Its path from the top of the archive.
    pub path: String,
    /// Whether it is a folder.
    pub folder: bool,
    /// Size in bytes: of a folder, of all that is in it.
    pub size: u64,
    /// When it was changed, in seconds since 1970; of a file only.
    pub seconds: Option<i64>,
}

fn listing(archive: &File) -> Result<Listing, BrowseError> {
    Ok(Listing::read(archive, Limits { entries: MOST_ENTRIES, ..Limits::default() })?)
}

/// The path that the name of an entry stands for; nothing for names that no file can have.
fn path_of(name: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(name).ok()?;
    let parts: Vec<&str> = name.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let fits = !name.starts_with('/') && parts.iter().all(|part| *part != ".." && !part.contains('\0'));
    (fits && !parts.is_empty()).then(|| parts.join("/"))
}

/// What is in a folder; nothing where there is no such folder.
pub(super) fn folder(archive: &File, folder: &str) -> Result<Option<Browsed>, BrowseError> {
    let folder =
        if folder.trim_matches('/').is_empty() { Some(String::new()) } else { path_of(folder.as_bytes()) };
    let Some(folder) = folder else { return Ok(None) };
    let mut found: BTreeMap<(bool, String), Entry> = BTreeMap::new();
    let mut there = folder.is_empty();
    for entry in listing(archive)?.entries() {
        let Some(path) = path_of(entry.name()) else { continue };
        let is_folder = entry.kind() == Some(Kind::Directory);
        there |= is_folder && path == folder;
        let rest = match folder.as_str() {
            "" => Some(path.as_str()),
            folder => path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')),
        };
        let Some(rest) = rest else { continue };
        there = true;
        let (name, deeper) = rest.split_once('/').map_or((rest, false), |(name, _)| (name, true));
        let is_folder = is_folder || deeper;
        let full = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let known = found.entry((!is_folder, name.to_owned())).or_insert_with(|| Entry {
            name: name.to_owned(),
            path: full,
            folder: is_folder,
            size: 0,
            seconds: None,
        });
        if is_folder {
            known.size = known.size.saturating_add(entry.size());
        } else {
            // Of several of a name the last counts, as when they are unpacked.
            (known.size, known.seconds) = (entry.size(), entry.seconds());
        }
    }
    Ok(there.then(|| Browsed { entries: found.into_values().collect() }))
}

/// The file of that path; the last of several.
fn file(archive: &File, name: &str) -> Result<Option<ZipEntry>, BrowseError> {
    let Some(wanted) = path_of(name.as_bytes()) else { return Ok(None) };
    let listing = listing(archive)?;
    let mut entries = listing.entries().iter().rev();
    let found = entries.find(|entry| path_of(entry.name()).as_deref() == Some(wanted.as_str()));
    Ok(found.filter(|entry| entry.kind() == Some(Kind::File)).cloned())
}

/// Writes a file of the archive to `out`.
pub(super) fn extract(
    archive: &File,
    name: &str,
    limit: u64,
    mut out: File,
) -> Result<Option<OpenArtifact>, BrowseError> {
    let Some(entry) = file(archive, name)? else { return Ok(None) };
    let limits = Limits { bytes: limit, entries: MOST_ENTRIES };
    entry.content(archive, limits, |bytes| out.write_all(bytes))?;
    let size = out.metadata()?.len();
    out.rewind()?;
    Ok(Some(OpenArtifact { file: out, size }))
}

/// A text of the archive.
pub(super) fn text(archive: &File, name: &str) -> Result<Option<String>, BrowseError> {
    let Some(entry) = file(archive, name)? else { return Ok(None) };
    let mut content = Vec::new();
    let limits = Limits { bytes: MOST_TEXT, entries: MOST_ENTRIES };
    entry.content(archive, limits, |bytes| {
        content.extend_from_slice(bytes);
        Ok(())
    })?;
    String::from_utf8(content).map(Some).map_err(|_| BrowseError::NotText)
}

#[cfg(test)]
mod tests;
