//! Where commands write to.

/// One of a command's two outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Takes what a command writes, in pieces of any size, as raw bytes.
pub trait Output: Send + Sync {
    /// Takes the next bytes of a stream.
    fn write(&self, stream: Stream, bytes: &[u8]);
}

impl<T: Output + ?Sized> Output for std::sync::Arc<T> {
    fn write(&self, stream: Stream, bytes: &[u8]) {
        (**self).write(stream, bytes);
    }
}
