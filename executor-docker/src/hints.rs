//! Keeps the last of what a script writes, to tell why it failed.

use executor::{Output, Stream};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

/// How much is kept, in bytes.
const KEPT: usize = 8 * 1024;

/// Hands on what is written and keeps the end of it.
pub(crate) struct Tail {
    inner: Arc<dyn Output>,
    last: Mutex<VecDeque<u8>>,
}

impl Tail {
    /// Hands on to an output.
    pub(crate) fn new(inner: Arc<dyn Output>) -> Arc<Self> {
        Arc::new(Self { inner, last: Mutex::default() })
    }

    /// The end of what was written, both streams as they came.
    pub(crate) fn text(&self) -> String {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(last.make_contiguous()).into_owned()
    }
}

impl Output for Tail {
    fn write(&self, stream: Stream, bytes: &[u8]) {
        self.inner.write(stream, bytes);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let new = &bytes[bytes.len().saturating_sub(KEPT)..];
        let excess = (last.len() + new.len()).saturating_sub(KEPT);
        last.drain(..excess);
        last.extend(new);
    }

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        self.inner.poll_ready(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nowhere;
    impl Output for Nowhere {
        fn write(&self, _: Stream, _: &[u8]) {}
    }

    #[test]
    fn the_end_is_kept() {
        let tail = Tail::new(Arc::new(Nowhere));
        tail.write(Stream::Stdout, b"begin ");
        tail.write(Stream::Stderr, &[b'x'; KEPT - 3]);
        tail.write(Stream::Stdout, b"end");
        let text = tail.text();
        assert!(text.len() == KEPT && text.starts_with('x') && text.ends_with("xend"));
        tail.write(Stream::Stdout, &[b'y'; 3 * KEPT]);
        assert!(tail.text().bytes().all(|b| b == b'y'));
    }
}
