//! A file as the one part of a multipart body, read piece by piece.

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use std::{
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio_util::sync::{CancellationToken, DropGuard};

/// How much of the file is in memory at a time.
const PIECE: usize = 128 * 1024;

/// A multipart body around a file.
pub(super) struct Multipart {
    boundary: String,
    file_name: String,
    content: Arc<File>,
    sent: Arc<AtomicU64>,
}

impl Multipart {
    pub(super) fn new(file_name: &str, content: Arc<File>, sent: Option<Arc<AtomicU64>>) -> Self {
        let boundary = format!("{}{}", crate::request_id::new(), crate::request_id::new());
        Self { boundary, file_name: quoted(file_name), content, sent: sent.unwrap_or_default() }
    }

    pub(super) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// The body, from its start, and a token that is cancelled once it was handed over or given up.
    pub(super) fn body(&self) -> (reqwest::Body, CancellationToken) {
        let sent = CancellationToken::new();
        let guard = sent.clone().drop_guard();
        let head = stream::once(std::future::ready(Ok(self.head())));
        let tail = stream::once(std::future::ready(Ok(self.tail())));
        let count = self.sent.clone();
        count.store(0, Ordering::Relaxed);
        let counted = pieces(self.content.clone()).inspect_ok(move |piece| {
            count.fetch_add(piece.len() as u64, Ordering::Relaxed);
        });
        let pieces = head.chain(counted).chain(tail);
        (reqwest::Body::wrap_stream(guarded(pieces, guard)), sent)
    }

    fn head(&self) -> Bytes {
        let (boundary, name) = (&self.boundary, &self.file_name);
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        )
        .into()
    }

    fn tail(&self) -> Bytes {
        format!("\r\n--{}--\r\n", self.boundary).into()
    }
}

/// Drops `guard` with the end of the stream.
fn guarded<T>(
    pieces: impl Stream<Item = T> + Send + 'static,
    guard: DropGuard,
) -> impl Stream<Item = T> + Send {
    let state = (Box::pin(pieces), Some(guard));
    stream::unfold(state, |(mut pieces, mut guard)| async move {
        let item = pieces.next().await;
        if item.is_none() {
            guard.take();
        }
        item.map(|item| (item, (pieces, guard)))
    })
}

/// The file's bytes. It is read by offset, so the same file serves every attempt.
fn pieces(file: Arc<File>) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::try_unfold((file, 0_u64), |(file, offset)| async move {
        let piece = read_piece(file.clone(), offset).await?;
        let next = offset + piece.len() as u64;
        Ok((!piece.is_empty()).then_some((piece, (file, next))))
    })
}

async fn read_piece(file: Arc<File>, offset: u64) -> io::Result<Bytes> {
    let read = move || {
        let mut piece = BytesMut::zeroed(PIECE);
        let length = loop {
            match file.read_at(&mut piece, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        piece.truncate(length);
        Ok(piece.freeze())
    };
    tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
}

/// A file name inside quotes, as Go writes it: nothing in it can end the header.
fn quoted(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '\\' | '"' => quoted.extend(['\\', c]),
            '\r' => quoted.push_str("%0D"),
            '\n' => quoted.push_str("%0A"),
            c => quoted.push(c),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn names_cannot_leave_their_header() {
        assert_eq!(quoted("a\"b\\c\r\nX: y"), "a\\\"b\\\\c%0D%0AX: y");
    }
}
