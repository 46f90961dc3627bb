//! Bytes from client to git, and from git to client.

use super::body::{Broken, Incoming};
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::mpsc;

/// How much is read at once.
const PIECE: usize = 64 << 10;
/// How many pieces wait for a client.
const PIECES: usize = 4;
/// The most of git's complaints that is kept.
const COMPLAINTS: usize = 4096;

/// What goes to the client. An error breaks the answer off, so that it is not taken for a whole one.
pub(super) struct Outgoing {
    to: Option<mpsc::Sender<io::Result<Bytes>>>,
    silence: Duration,
}

/// The client is gone, or takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deaf;

impl Outgoing {
    /// The two ends. A client may take nothing for so long.
    pub(super) fn new(silence: Duration) -> (Self, Body) {
        let (to, from) = mpsc::channel(PIECES);
        let stream =
            futures_util::stream::unfold(from, |mut from: mpsc::Receiver<io::Result<Bytes>>| async {
                from.recv().await.map(|piece| (piece, from))
            });
        (Self { to: Some(to), silence }, Body::from_stream(stream))
    }

    pub(super) async fn send(&mut self, bytes: impl Into<Bytes>) -> Result<(), Deaf> {
        self.give(Ok(bytes.into())).await
    }

    /// Breaks the answer off.
    pub(super) async fn fail(mut self, why: &'static str) {
        let _ = self.give(Err(io::Error::other(why))).await;
    }

    async fn give(&mut self, piece: io::Result<Bytes>) -> Result<(), Deaf> {
        if piece.as_ref().is_ok_and(Bytes::is_empty) {
            return Ok(());
        }
        let Some(to) = &self.to else { return Err(Deaf) };
        match tokio::time::timeout(self.silence, to.send(piece)).await {
            Ok(Ok(())) => Ok(()),
            _ => {
                self.to = None;
                Err(Deaf)
            }
        }
    }

    /// Waits until the client is gone.
    pub(super) async fn gone(&self) {
        if let Some(to) = &self.to {
            to.closed().await;
        }
    }
}

/// Gives git what the client sends. If git does not want to hear it all, the rest is still taken from the client, which
/// would not hear git's answer else.
pub(super) async fn feed(
    stdin: Option<ChildStdin>,
    first: Vec<u8>,
    incoming: &mut Incoming,
    silence: Duration,
) -> Result<(), Broken> {
    let mut stdin = stdin;
    let mut piece = Some(Bytes::from(first));
    while let Some(bytes) = piece {
        if let Some(pipe) = &mut stdin {
            match tokio::time::timeout(silence, pipe.write_all(&bytes)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => stdin = None,
                Err(_) => return Err(Broken::Silent),
            }
        }
        piece = incoming.next().await?;
    }
    Ok(())
}

/// What git says next; nothing at its end.
pub(super) async fn read(stdout: &mut ChildStdout) -> Option<Bytes> {
    let mut bytes = BytesMut::with_capacity(PIECE);
    match stdout.read_buf(&mut bytes).await {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(bytes.freeze()),
    }
}

/// What git complains of: the beginning of it, for the journal.
pub(super) async fn complaints(stderr: Option<ChildStderr>) -> String {
    let Some(mut stderr) = stderr else { return String::new() };
    let (mut kept, mut piece) = (Vec::new(), [0; 1024]);
    while let Ok(count) = stderr.read(&mut piece).await {
        if count == 0 {
            break;
        }
        let room = COMPLAINTS - kept.len();
        kept.extend_from_slice(&piece[..count.min(room)]);
    }
    String::from_utf8_lossy(&kept).trim_end().escape_debug().to_string()
}
