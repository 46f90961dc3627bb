//! What a person sees, written by a thread of its own: a terminal may stand still.

use bytes::Bytes;
use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::os::fd::OwnedFd;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// So many pieces may wait to be shown.
const WAITING: usize = 16;
/// How long a terminal may take for the last words.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Writes what it is given, in order.
pub(super) struct Screen {
    pieces: mpsc::Sender<Bytes>,
    done: oneshot::Receiver<()>,
}

impl Screen {
    /// Begins to write to a terminal.
    pub(super) fn open(terminal: OwnedFd) -> io::Result<Self> {
        let (pieces, mut waiting) = mpsc::channel::<Bytes>(WAITING);
        let (finished, done) = oneshot::channel();
        std::thread::Builder::new().name("screen".into()).spawn(move || {
            let mut terminal = File::from(terminal);
            while let Some(piece) = waiting.blocking_recv() {
                if terminal.write_all(&piece).is_err() {
                    return;
                }
            }
            // Nobody may wait for it.
            let _ = finished.send(());
        })?;
        Ok(Self { pieces, done })
    }

    /// Shows some bytes.
    pub(super) async fn write(&self, piece: Bytes) -> io::Result<()> {
        self.pieces.send(piece).await.map_err(|_| ErrorKind::BrokenPipe.into())
    }

    /// Waits until all is shown.
    pub(super) async fn finish(self) {
        drop(self.pieces);
        // One that stands still is not waited for.
        let _ = tokio::time::timeout(LAST_WORDS, self.done).await;
    }
}
