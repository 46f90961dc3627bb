//! A tree as a tar archive, made while it is sent.

use super::error::ToolsError;
use super::tree::{Node, Source, Tree};
use archive::{TarKind, tar_header};
use bytes::Bytes;
use futures_util::{Stream, stream};
use std::collections::HashMap;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Bytes of a piece.
const PIECE: usize = 256 * 1024;
/// Pieces that wait to be sent.
const WAITING: usize = 4;

const BLOCK: u64 = 512;

/// Ends an archive.
pub(super) const END: &[u8] = &[0; 2 * BLOCK as usize];

/// Why an archive was not finished.
type Outcome = JoinHandle<Result<(), Stopped>>;

pub(super) enum Stopped {
    /// Nobody wants the rest.
    Unwanted,
    /// A file cannot be read.
    Failed(ToolsError),
}

/// Takes the next piece of an archive.
pub(super) type Take<'a> = dyn FnMut(Vec<u8>) -> Result<(), Stopped> + 'a;

/// The archive of a tree, and what comes of making it.
pub(super) fn archive(tree: Tree) -> (impl Stream<Item = io::Result<Bytes>> + Send + 'static, Making) {
    stream(move |take| write(&tree, take))
}

/// What `make` makes, on a thread of its own.
pub(super) fn stream(
    make: impl FnOnce(&mut Take<'_>) -> Result<(), Stopped> + Send + 'static,
) -> (impl Stream<Item = io::Result<Bytes>> + Send + 'static, Making) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let outcome = tokio::task::spawn_blocking(move || {
        let made =
            make(&mut |piece| sender.blocking_send(Ok(Bytes::from(piece))).map_err(|_| Stopped::Unwanted));
        if matches!(made, Err(Stopped::Failed(_))) {
            // The archive must not look finished.
            let _ = sender.blocking_send(Err(io::Error::other("the archive cannot be finished")));
        }
        made
    });
    let pieces = stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    (Box::pin(pieces), Making { outcome })
}

/// The archive as it is made.
pub(super) struct Making {
    outcome: Outcome,
}

impl Making {
    /// What a request that takes the archive came to: a file that cannot be read is the cause of its failure.
    /// To be asked when the request is over.
    pub(super) async fn explain<T>(self, request: Result<T, ToolsError>) -> Result<T, ToolsError> {
        match (request, self.outcome.await) {
            (_, Ok(Err(Stopped::Failed(cause)))) => Err(cause),
            (request, _) => request,
        }
    }
}

/// Writes the archive of a tree whose files were hashed.
pub(super) fn write(tree: &Tree, take: &mut Take<'_>) -> Result<(), Stopped> {
    let mut out = Pieces { waiting: Vec::with_capacity(PIECE), take };
    out.put(&tar_header(b"./", TarKind::Directory, 0o755, 0))?;
    let mut written: HashMap<([u8; 32], u32), &Path> = HashMap::new();
    for (path, node) in &tree.nodes {
        let name = path.as_os_str().as_bytes();
        match node {
            Node::Directory(mode) => {
                out.put(&tar_header(&[name, b"/"].concat(), TarKind::Directory, *mode, 0))?;
            }
            Node::Link(target) => {
                out.put(&tar_header(name, TarKind::Symlink(target.as_os_str().as_bytes()), 0o777, 0))?;
            }
            Node::Text(text) => out.put(&small_file(name, text.as_bytes()))?,
            Node::Copy(source) => match written.get(&(source.sum, source.mode)) {
                // The same content twice, as distributions have git.
                Some(first) => {
                    let link = TarKind::HardLink(first.as_os_str().as_bytes());
                    out.put(&tar_header(name, link, source.mode, source.seconds))?;
                }
                None => {
                    out.put(&tar_header(name, TarKind::File(source.size), source.mode, source.seconds))?;
                    out.file(source)?;
                    out.put(padding(source.size))?;
                    written.insert((source.sum, source.mode), path);
                }
            },
        }
    }
    out.put(END)?;
    out.flush()
}

/// A file with its header.
pub(super) fn small_file(name: &[u8], content: &[u8]) -> Vec<u8> {
    let size = content.len() as u64;
    [&tar_header(name, TarKind::File(size), 0o644, 0), content, padding(size)].concat()
}

/// What follows a file of that size.
pub(super) fn padding(size: u64) -> &'static [u8] {
    let missing = size.next_multiple_of(BLOCK) - size;
    &END[..missing as usize]
}

/// Collects small things into larger pieces.
struct Pieces<'a, 'b> {
    waiting: Vec<u8>,
    take: &'a mut Take<'b>,
}

impl Pieces<'_, '_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Stopped> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PIECE { self.flush() } else { Ok(()) }
    }

    /// Exactly as many bytes as were announced, of the file that was looked at.
    fn file(&mut self, source: &Source) -> Result<(), Stopped> {
        let mut file = source.open().map_err(Stopped::Failed)?.take(source.size);
        loop {
            let room = (PIECE.saturating_sub(self.waiting.len())).max(1) as u64;
            let read = (&mut file).take(room).read_to_end(&mut self.waiting);
            let read = read.map_err(ToolsError::read(&source.path)).map_err(Stopped::Failed)?;
            if read == 0 {
                break;
            }
            if self.waiting.len() >= PIECE {
                self.flush()?;
            }
        }
        let cut = file.limit() > 0;
        source.check(&file.into_inner()).map_err(Stopped::Failed)?;
        if cut { Err(Stopped::Failed(ToolsError::Changed { path: source.path.clone() })) } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        (self.take)(std::mem::replace(&mut self.waiting, Vec::with_capacity(PIECE)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::process::Command;

    /// 1 MiB and some, twice; a link; an empty file; a directory for everybody.
    fn tree(folder: &Path) -> Tree {
        fs::write(folder.join("big"), vec![b'x'; (1 << 20) + 77]).unwrap();
        fs::write(folder.join("empty"), "").unwrap();
        let mut tree = Tree::default();
        tree.copy(&folder.join("big"), "bin/a").unwrap();
        tree.copy(&folder.join("big"), "bin/b").unwrap();
        tree.copy(&folder.join("empty"), "bin/empty").unwrap();
        tree.directory("bin", 0o755);
        tree.directory("tmp", 0o1777);
        tree.link("sh", "bin/a");
        tree.text("etc", "text\n");
        tree.hash("").unwrap();
        tree
    }

    async fn bytes(tree: Tree) -> (Vec<u8>, Result<(), ToolsError>) {
        let (mut pieces, making) = archive(tree);
        let mut all = Vec::new();
        let mut end = Ok(());
        while let Some(piece) = pieces.next().await {
            match piece {
                Ok(piece) => all.extend_from_slice(&piece),
                Err(error) => end = Err(ToolsError::Engine { what: "test", answer: error.to_string() }),
            }
        }
        (all, making.explain(end).await)
    }

    #[tokio::test]
    async fn tar_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let (bytes, end) = bytes(tree(folder.path())).await;
        end.unwrap();
        assert!(bytes.len() < 1_200_000, "the same content once: {}", bytes.len());
        let (tar, out) = (folder.path().join("x.tar"), folder.path().join("out"));
        fs::write(&tar, bytes).unwrap();
        fs::create_dir(&out).unwrap();
        let ran = Command::new("tar").arg("-xpf").arg(&tar).arg("-C").arg(&out).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        assert_eq!(fs::metadata(out.join("sh")).unwrap().size(), (1 << 20) + 77);
        assert_eq!(
            fs::metadata(out.join("bin/a")).unwrap().ino(),
            fs::metadata(out.join("bin/b")).unwrap().ino()
        );
        assert_eq!(fs::read_to_string(out.join("etc")).unwrap(), "text\n");
        assert_eq!(fs::metadata(out.join("tmp")).unwrap().permissions().mode() & 0o7777, 0o1777);
        assert_eq!(fs::metadata(out.join("bin/empty")).unwrap().size(), 0);
    }

    #[tokio::test]
    async fn a_file_that_changes_is_the_cause() {
        let folder = tempfile::tempdir().unwrap();
        let tree = tree(folder.path());
        fs::write(folder.path().join("big"), "short").unwrap();
        let (_, end) = bytes(tree).await;
        assert!(matches!(end, Err(ToolsError::Changed { .. })), "{end:?}");
    }

    #[tokio::test]
    async fn nobody_wants_it() {
        let folder = tempfile::tempdir().unwrap();
        let (pieces, making) = archive(tree(folder.path()));
        drop(pieces);
        let refused = || ToolsError::Engine { what: "test", answer: "no".to_owned() };
        assert!(matches!(making.explain::<()>(Err(refused())).await, Err(ToolsError::Engine { .. })));
    }
}
