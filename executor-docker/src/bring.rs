//! Brings files into a container.

use crate::agent::{Extent, OwnDir};
use crate::connect::answer;
use crate::place::Place;
use archive::{TarKind, tar_header};
use bollard::Docker;
use bollard::query_parameters::UploadToContainerOptionsBuilder;
use bytes::Bytes;
use executor::{CancellationToken, Parcel, ParcelFile, RunError};
use futures_util::{Stream, stream};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Component, Path};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How long an engine may take to unpack what it is sent; the job's own limits are shorter.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);
/// Bytes of a piece.
const PIECE: usize = 256 * 1024;
/// Pieces that wait to be sent.
const WAITING: usize = 4;
const BLOCK: u64 = 512;
/// Ends an archive.
const END: [u8; 2 * BLOCK as usize] = [0; 2 * BLOCK as usize];

/// Unpacks a parcel in a directory of a container, which is made if it is missing. `tmpfs` says what the container has
/// in memory: engines cannot bring anything there.
///
/// # Errors
/// [`RunError`].
pub(crate) async fn bring(
    docker: &Docker,
    place: &Place,
    tmpfs: &BTreeMap<String, String>,
    parcel: Parcel,
    into: &Path,
    stop: &CancellationToken,
) -> Result<(), RunError> {
    if let Some(memory) = tmpfs.keys().find(|memory| into.starts_with(memory)) {
        let message = format!("files cannot be brought to {}: {memory} is a tmpfs", into.display());
        return Err(RunError::Refused { message });
    }
    let extent = match &parcel {
        Parcel::Tree(_) => Extent::Alone,
        Parcel::Files(_) => Extent::Open,
    };
    let directory = OwnDir { path: into.to_owned(), extent };
    place
        .client
        .own(&[directory], 0, 0)
        .await
        .map_err(|error| RunError::Gone { message: format!("cannot bring files: {error}") })?;
    let options = UploadToContainerOptionsBuilder::new()
        .path(&into.to_string_lossy())
        .no_overwrite_dir_non_dir("true")
        .build();
    let docker = docker.clone().with_timeout(PATIENCE);
    let (pieces, writing) = pieces(parcel);
    let sent = docker.upload_to_container(&place.id, Some(options), bollard::body_try_stream(pieces));
    let Some(sent) = stop.run_until_cancelled(sent).await else { return Err(RunError::Stopped) };
    match (sent, writing.await) {
        (_, Ok(Err(error))) if error.kind() != ErrorKind::BrokenPipe => {
            Err(RunError::Refused { message: format!("cannot read what is to be brought: {error}") })
        }
        (Err(error), _) => {
            let message = format!("cannot bring files to {}: {}", into.display(), answer(&error));
            Err(RunError::Gone { message })
        }
        (Ok(()), _) => Ok(()),
    }
}

/// The archive of a parcel, made while it is sent, and what comes of making it.
fn pieces(
    parcel: Parcel,
) -> (impl Stream<Item = io::Result<Bytes>> + Send + 'static, JoinHandle<io::Result<()>>) {
    let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(WAITING);
    let writing = tokio::task::spawn_blocking(move || {
        let mut take = |piece: Vec<u8>| {
            sender.blocking_send(Ok(piece.into())).map_err(|_| io::Error::from(ErrorKind::BrokenPipe))
        };
        let written = write(&parcel, &mut take);
        if written.is_err() {
            // The archive must not look finished.
            let _ = sender.blocking_send(Err(io::Error::other("the archive cannot be finished")));
        }
        written
    });
    let pieces = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    (Box::pin(pieces), writing)
}

fn write(parcel: &Parcel, take: &mut dyn FnMut(Vec<u8>) -> io::Result<()>) -> io::Result<()> {
    match parcel {
        Parcel::Tree(archive) => {
            let mut offset = 0;
            loop {
                let piece = read(archive, offset, PIECE as u64)?;
                if piece.is_empty() {
                    return Ok(());
                }
                offset += piece.len() as u64;
                take(piece)?;
            }
        }
        Parcel::Files(files) => {
            let mut made = BTreeSet::new();
            for file in files {
                directories(&file.path, &mut made, take)?;
                one(file, take)?;
            }
            take(END.to_vec())
        }
    }
}

/// Writes the directories above a file that were not written before.
fn directories(
    path: &Path,
    made: &mut BTreeSet<Vec<u8>>,
    take: &mut dyn FnMut(Vec<u8>) -> io::Result<()>,
) -> io::Result<()> {
    if path.as_os_str().is_empty() || !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(io::Error::new(ErrorKind::InvalidInput, "a path that leads elsewhere"));
    }
    let above: Vec<&Path> = path.ancestors().skip(1).filter(|path| !path.as_os_str().is_empty()).collect();
    for directory in above.into_iter().rev() {
        let name = [directory.as_os_str().as_bytes(), b"/"].concat();
        if !made.contains(&name) {
            take(tar_header(&name, TarKind::Directory, 0o777, 0))?;
            made.insert(name);
        }
    }
    Ok(())
}

fn one(file: &ParcelFile, take: &mut dyn FnMut(Vec<u8>) -> io::Result<()>) -> io::Result<()> {
    let metadata = file.content.metadata()?;
    let size = metadata.len();
    take(tar_header(file.path.as_os_str().as_bytes(), TarKind::File(size), 0o644, metadata.mtime()))?;
    let mut offset = 0;
    while offset < size {
        let piece = read(&file.content, offset, size - offset)?;
        if piece.is_empty() {
            return Err(io::Error::new(ErrorKind::UnexpectedEof, "a file became shorter"));
        }
        offset += piece.len() as u64;
        take(piece)?;
    }
    let padding = size.next_multiple_of(BLOCK) - size;
    take(vec![0; usize::try_from(padding).unwrap_or_default()])
}

/// The next bytes of a file, whose own position stays as it is.
fn read(file: &Arc<File>, offset: u64, most: u64) -> io::Result<Vec<u8>> {
    let mut piece = vec![0; usize::try_from(most).unwrap_or(PIECE).min(PIECE)];
    loop {
        match file.read_at(&mut piece, offset) {
            Ok(read) => {
                piece.truncate(read);
                return Ok(piece);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::process::Command;

    fn written(parcel: &Parcel) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        write(parcel, &mut |piece| {
            bytes.extend(piece);
            Ok(())
        })?;
        Ok(bytes)
    }

    fn content(bytes: &[u8]) -> Arc<File> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Arc::new(file)
    }

    fn parcel(path: &str, bytes: &[u8]) -> ParcelFile {
        ParcelFile { path: path.into(), content: content(bytes) }
    }

    #[test]
    fn files_are_unpacked_as_they_were() {
        let long = vec![7; PIECE * 2 + 13];
        let files = vec![parcel("a/b/one", b"1"), parcel("a/b/long", &long), parcel("empty", b"")];
        let folder = tempfile::tempdir().unwrap();
        let tar = folder.path().join("t.tar");
        std::fs::write(&tar, written(&Parcel::Files(files)).unwrap()).unwrap();
        let done = Command::new("tar").arg("-xpf").arg(&tar).arg("-C").arg(folder.path()).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        assert_eq!(std::fs::read(folder.path().join("a/b/long")).unwrap(), long);
        assert_eq!(std::fs::read(folder.path().join("a/b/one")).unwrap(), b"1");
        assert_eq!(std::fs::read(folder.path().join("empty")).unwrap(), b"");
        assert_eq!(std::fs::metadata(folder.path().join("a/b")).unwrap().mode() & 0o777, 0o777);
    }

    #[test]
    fn a_tree_is_sent_as_it_is_whatever_its_position() {
        assert_eq!(written(&Parcel::Tree(content(b"whatever it holds"))).unwrap(), b"whatever it holds");
    }

    #[test]
    fn nothing_leads_elsewhere() {
        for path in ["../x", "/x", "a/../../x", "", "."] {
            assert!(written(&Parcel::Files(vec![parcel(path, b"x")])).is_err(), "{path:?}");
        }
    }
}
