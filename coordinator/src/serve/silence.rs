//! Connections that say nothing any more are given up.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// A stream that fails once no byte went in either direction for a time, while somebody waited for one.
#[derive(Debug)]
pub(crate) struct Silence<S> {
    stream: S,
    most: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl<S> Silence<S> {
    pub(crate) fn new(stream: S, most: Duration) -> Self {
        Self { stream, most, sleep: Box::pin(tokio::time::sleep(most)) }
    }

    /// What is made of a step: one that moved something starts the time anew, one that waits may be the last.
    fn seen<T>(&mut self, step: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if step.is_ready() {
            let until = Instant::now() + self.most;
            // Moving the timer a little at each packet costs more than it is worth.
            if until.duration_since(self.sleep.deadline()) > self.most / 8 {
                self.sleep.as_mut().reset(until);
            }
            return step;
        }
        ready!(self.sleep.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Silence<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let step = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.seen(step, context)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Silence<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let step = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.seen(step, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let step = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.seen(step, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let step = Pin::new(&mut self.stream).poll_flush(context);
        self.seen(step, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let step = Pin::new(&mut self.stream).poll_shutdown(context);
        self.seen(step, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    #[tokio::test(start_paused = true)]
    async fn a_stream_without_a_byte_is_given_up_and_one_with_some_is_not() {
        let (mut client, server) = duplex(64);
        let mut server = Silence::new(server, Duration::from_secs(10));
        let talk = async {
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_secs(8)).await;
                client.write_all(b"x").await.unwrap();
            }
            tokio::time::sleep(Duration::from_secs(60)).await;
            drop(client);
        };
        let hear = async {
            let mut heard = Vec::new();
            let error = server.read_to_end(&mut heard).await.unwrap_err();
            (heard.len(), error.kind())
        };
        let ((), heard) = tokio::join!(talk, hear);
        assert_eq!(heard, (5, io::ErrorKind::TimedOut));
    }
}
