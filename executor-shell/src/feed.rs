//! What a command reads.

use bytes::{Buf, Bytes};
use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags, SeekFrom};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use tokio::net::unix::pipe::Sender;

/// The rest of a command's input, handed over as the command reads.
pub(crate) struct Feed {
    rest: Bytes,
    sender: Option<Sender>,
}

/// A script's input: a file that exists in memory only. A shell reads it in blocks, where a pipe makes it read
/// byte after byte so as not to take what its commands could read.
pub(crate) fn script(text: Bytes) -> io::Result<(OwnedFd, Feed)> {
    match in_memory(&text) {
        Ok(file) => Ok((file, Feed::nothing())),
        Err(error) => {
            tracing::debug!(%error, "no file in memory for a script; it goes through a pipe");
            data(text)
        }
    }
}

/// Input for a program: through a pipe, or nothing at all.
pub(crate) fn data(bytes: Bytes) -> io::Result<(OwnedFd, Feed)> {
    if bytes.is_empty() {
        return Ok((File::open("/dev/null")?.into(), Feed::nothing()));
    }
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    Ok((reader, Feed { rest: bytes, sender: Some(Sender::from_owned_fd(writer)?) }))
}

/// A file in memory that holds the text, cannot be changed any more and stands at its beginning.
fn in_memory(text: &[u8]) -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = match rustix::fs::memfd_create("script", flags | MemfdFlags::NOEXEC_SEAL) {
        // Linux before 6.3.
        Err(Errno::INVAL) => rustix::fs::memfd_create("script", flags)?,
        other => other?,
    };
    let mut file = File::from(file);
    file.write_all(text)?;
    rustix::fs::seek(&file, SeekFrom::Start(0))?;
    rustix::fs::fcntl_add_seals(
        &file,
        SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL,
    )?;
    read_only(&file).or_else(|_| Ok(file.into()))
}

/// The same file, opened for reading only.
fn read_only(file: &File) -> io::Result<OwnedFd> {
    use std::os::fd::AsRawFd;
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
}

impl Feed {
    fn nothing() -> Self {
        Self { rest: Bytes::new(), sender: None }
    }

    /// Whether there is more to hand over.
    pub(crate) fn is_open(&self) -> bool {
        self.sender.is_some()
    }

    /// Hands over what the command takes now. May be given up at any time.
    pub(crate) async fn step(&mut self) {
        let Some(sender) = &self.sender else { return };
        // An error to wait shows again in the attempt to write.
        let _ = sender.writable().await;
        match sender.try_write(&self.rest) {
            Ok(written) => self.rest.advance(written),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // The command reads no more, as is its right.
            Err(_) => self.rest.clear(),
        }
        if self.rest.is_empty() {
            self.sender = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::in_memory;
    use std::fs::File;
    use std::io::{Read, Write};

    #[test]
    fn a_script_in_memory_can_be_read_and_not_changed() {
        let mut file = File::from(in_memory(b"echo hello\n").unwrap());
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "echo hello\n");
        assert!(file.write_all(b"x").is_err());
        assert!(file.set_len(0).is_err());
    }
}
