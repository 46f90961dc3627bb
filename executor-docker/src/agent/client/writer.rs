//! Writes to the agent's standard input.

use super::link::{Link, Phase};
use super::over::{Over, Why};
use crate::agent::protocol::{Direction, Frame, Header};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncWrite, AsyncWriteExt as _, BufWriter};
use tokio::sync::mpsc::UnboundedReceiver;

/// How long after an error to write the container's output may take to end by itself, which tells more.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Writes frames as they come, from the agent's first word to the end of the conversation; then closes.
pub(super) async fn write(stdin: impl AsyncWrite + Unpin, frames: UnboundedReceiver<Frame>, link: Arc<Link>) {
    if !matches!(link.begun().await, Phase::Ready(_)) {
        return;
    }
    let mut stdin = BufWriter::with_capacity(64 << 10, stdin);
    let written = tokio::select! {
        written = write_all(&mut stdin, frames) => written,
        () = link.ended() => Ok(()),
    };
    if let Err(error) = written {
        if tokio::time::timeout(LAST_WORDS, link.ended()).await.is_err() {
            link.finish(Over { why: Why::Broken { error: error.to_string() }, said: Vec::new() });
        }
        return;
    }
    // Who is gone need not be told.
    let _ = stdin.shutdown().await;
}

/// Writes until nobody is left who could send more.
async fn write_all(
    stdin: &mut BufWriter<impl AsyncWrite + Unpin>,
    mut frames: UnboundedReceiver<Frame>,
) -> io::Result<()> {
    let mut sequence = 0_u32;
    while let Some(frame) = frames.recv().await {
        stdin.write_all(&frame.header(sequence).to_bytes(Direction::ToAgent)).await?;
        stdin.write_all(&frame.payload).await?;
        sequence = Header::following(sequence);
        if frames.is_empty() {
            stdin.flush().await?;
        }
    }
    Ok(())
}
