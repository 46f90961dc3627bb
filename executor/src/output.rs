//! Where commands write to.

use std::task::{Context, Poll};

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

    /// Takes what is no output of the command itself: what the executor has to say while it runs, or what an image's
    /// entrypoint wrote before it. Who takes the command's output for data has
    /// another place for it.
    fn remark(&self, stream: Stream, bytes: &[u8]) {
        self.write(stream, bytes);
    }

    /// Takes whole lines of the log of one of the job's services. Who has no place of their own for them takes
    /// them as standard output.
    fn service(&self, lines: &[u8]) {
        self.write(Stream::Stdout, lines);
    }

    /// Whether more is welcome now; if not, the task is woken when it is. An executor that can leave bytes where
    /// they are does so meanwhile. What is written all the same is taken, too.
    fn poll_ready(&self, _context: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

impl<T: Output + ?Sized> Output for std::sync::Arc<T> {
    fn write(&self, stream: Stream, bytes: &[u8]) {
        (**self).write(stream, bytes);
    }

    fn remark(&self, stream: Stream, bytes: &[u8]) {
        (**self).remark(stream, bytes);
    }

    fn service(&self, lines: &[u8]) {
        (**self).service(lines);
    }

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        (**self).poll_ready(context)
    }
}
