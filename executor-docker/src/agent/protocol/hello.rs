//! The agent's first word.

use super::Malformed;
use super::fields::{Reader, Writer};
use bytes::Bytes;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// The version of the protocol. Host and agent are one executable, unless an operator mixes them.
pub(crate) const VERSION: u32 = 1;

/// What a hello of any version begins with.
const MAGIC: &[u8; 16] = b"runner\x00agent\x00\xc3\x28\xa0";

/// Longer paths are not told, in bytes.
const LONGEST_PATH: usize = 1024;

/// So many groups are told at most.
const MOST_GROUPS: usize = 256;

/// Who and where the agent is, and with it all commands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// The user's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// Supplementary groups, the first 256.
    pub groups: Vec<u32>,
    /// Its number of a process, 1 unless something like `docker-init` is that.
    pub pid: u32,
    /// `HOME`, as the image or the entrypoint has it.
    pub home: Option<OsString>,
    /// The working directory: the image's, unless the entrypoint changed it.
    pub directory: Option<PathBuf>,
    /// The shell that reads scripts; an image may have none.
    pub shell: Option<PathBuf>,
    /// The processor's architecture in Rust's words: `x86_64`, `aarch64`.
    pub architecture: String,
}

impl Hello {
    pub(super) fn encode(&self) -> Bytes {
        let short = |text: &&OsStr| text.len() <= LONGEST_PATH;
        let groups = &self.groups[..self.groups.len().min(MOST_GROUPS)];
        let text = |writer: Writer, text: &OsStr| writer.bytes(text.as_bytes());
        let mut start = MAGIC.iter().fold(Writer::default(), |writer, byte| writer.byte(*byte));
        start = start.number(VERSION).number(self.uid).number(self.gid).number(self.pid);
        start
            .list(groups, |writer, group| writer.number(*group))
            .option(self.home.as_deref().filter(short), text)
            .option(self.directory.as_deref().map(Path::as_os_str).filter(short), text)
            .option(self.shell.as_deref().map(Path::as_os_str).filter(short), text)
            .bytes(self.architecture.as_bytes())
            .done()
    }

    /// The version alone, which every version tells alike.
    pub(super) fn version(payload: &[u8]) -> Result<u32, Malformed> {
        let mut reader = Reader::new(payload);
        for expected in MAGIC {
            if reader.byte()? != *expected {
                return Err(Malformed);
            }
        }
        reader.number()
    }

    pub(super) fn decode(payload: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(payload.get(MAGIC.len() + size_of::<u32>()..).ok_or(Malformed)?);
        let (uid, gid, pid) = (reader.number()?, reader.number()?, reader.number()?);
        let hello = Self {
            uid,
            gid,
            pid,
            groups: reader.list(Reader::number)?,
            home: reader.option(Reader::os_string)?,
            directory: reader.option(Reader::os_string)?.map(PathBuf::from),
            shell: reader.option(Reader::os_string)?.map(PathBuf::from),
            architecture: reader.text()?,
        };
        reader.done().map(|()| hello)
    }
}
