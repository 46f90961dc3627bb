//! A barrier between a test and the script of a job.

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A named pipe. A script stops at `read x < PATH` until the test lets it go.
#[derive(Debug)]
pub struct Fifo {
    path: PathBuf,
    // Opened for both directions, so that neither side waits for the other to open.
    file: File,
}

impl Fifo {
    /// Makes one.
    ///
    /// # Panics
    /// When the file system fails.
    pub fn new(path: &Path) -> Self {
        mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR).expect("a named pipe");
        let file = OpenOptions::new().read(true).write(true).open(path).expect("a named pipe");
        Self { path: path.to_owned(), file }
    }

    /// The line of a script that stops until it is let go.
    pub fn stop_line(&self) -> String {
        format!("read x < {}", self.path.display())
    }

    /// Lets so many readers go, now or when they come.
    ///
    /// # Panics
    /// When the pipe is full.
    pub fn release(&self, readers: usize) {
        let lines = "go\n".repeat(readers);
        (&self.file).write_all(lines.as_bytes()).expect("room in the pipe");
    }
}
