//! Takes what a command and its children write.

use executor::{Output, Stream};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use tokio::net::unix::pipe::Receiver;

/// Read at most this much at once, in bytes: what a pipe holds.
const PIECE: usize = 64 << 10;

/// The two pipes of a command and where their bytes go.
pub(crate) struct Drain {
    stdout: Pipe,
    stderr: Pipe,
    output: Arc<dyn Output>,
    buffer: Box<[u8]>,
}

struct Pipe {
    stream: Stream,
    receiver: Option<Receiver>,
}

impl Drain {
    pub(crate) fn new(stdout: OwnedFd, stderr: OwnedFd, output: Arc<dyn Output>) -> io::Result<Self> {
        Ok(Self {
            stdout: Pipe::new(Stream::Stdout, stdout)?,
            stderr: Pipe::new(Stream::Stderr, stderr)?,
            output,
            buffer: vec![0; PIECE].into(),
        })
    }

    /// Whether somebody may still write.
    pub(crate) fn is_open(&self) -> bool {
        self.stdout.receiver.is_some() || self.stderr.receiver.is_some()
    }

    /// Waits for the next piece of either stream and hands it on, as soon as that is welcome; until then it stays
    /// in the pipes and the command waits. May be given up at any time.
    pub(crate) async fn step(&mut self) {
        std::future::poll_fn(|context| self.output.poll_ready(context)).await;
        let pipe = tokio::select! {
            () = self.stdout.readable() => &mut self.stdout,
            () = self.stderr.readable() => &mut self.stderr,
        };
        pipe.pass(&mut self.buffer, &*self.output);
    }

    /// Hands on everything until nobody can write any more.
    pub(crate) async fn until_closed(&mut self) {
        while self.is_open() {
            self.step().await;
        }
    }

    /// Hands on what is in the pipes at this moment, and nothing that comes later.
    pub(crate) fn take_present(&mut self) {
        self.stdout.pass_present(&mut self.buffer, &*self.output);
        self.stderr.pass_present(&mut self.buffer, &*self.output);
    }
}

impl Pipe {
    fn new(stream: Stream, reader: OwnedFd) -> io::Result<Self> {
        Ok(Self { stream, receiver: Some(Receiver::from_owned_fd(reader)?) })
    }

    async fn readable(&self) {
        match &self.receiver {
            // An error to wait shows again in the attempt to read.
            Some(receiver) => drop(receiver.readable().await),
            None => std::future::pending().await,
        }
    }

    /// Passes on one piece.
    fn pass(&mut self, buffer: &mut [u8], output: &dyn Output) {
        let Some(receiver) = &self.receiver else { return };
        match receiver.try_read(buffer) {
            Ok(0) => self.receiver = None,
            Ok(size) => output.write(self.stream, &buffer[..size]),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => {
                tracing::warn!(%error, "cannot read a command's output any more");
                self.receiver = None;
            }
        }
    }

    /// Reads without asking the runtime, which may not have heard yet that there is something.
    fn pass_present(&mut self, buffer: &mut [u8], output: &dyn Output) {
        let Some(receiver) = &self.receiver else { return };
        let present = rustix::io::ioctl_fionread(receiver).unwrap_or(0);
        // One byte more shows whether this was the end.
        let mut left = usize::try_from(present).unwrap_or(0) + 1;
        while left > 0 {
            let piece = left.min(buffer.len());
            match rustix::io::retry_on_intr(|| rustix::io::read(receiver, &mut buffer[..piece])) {
                Ok(0) => {
                    self.receiver = None;
                    return;
                }
                Ok(size) => {
                    output.write(self.stream, &buffer[..size]);
                    left -= size;
                }
                Err(_) => return,
            }
        }
    }
}
