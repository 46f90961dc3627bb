//! What the host asks of the agent.

use super::fields::{Reader, Writer};
use super::{Frame, Header, Malformed};
use crate::agent::graces::Graces;
use crate::agent::ownership::{Extent, OwnDir};
use bytes::Bytes;
use executor::Program;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::net::IpAddr;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;
use std::time::Duration;

/// A message of the host's. `id` is what the answer will carry; each is used once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Request<'a> {
    /// The first: how patiently commands are stopped.
    Begin(Graces),
    /// Runs a command as soon as the one before it ended and its input is there. The answer is an exit or a failure.
    Run(RunRequest),
    /// A piece of a command's input.
    Input { id: u32, bytes: &'a [u8] },
    /// Stops a command.
    Stop { id: u32 },
    /// Makes directories and gives them to a user.
    Own { id: u32, directories: Vec<OwnDir>, uid: u32, gid: u32 },
    /// Becomes a user for good.
    Become { id: u32, uid: u32, gid: u32, groups: Vec<u32> },
    /// Waits until one of the ports of a host accepts connections. The answer is an exit with its number. Does not
    /// wait for what was asked before.
    Probe { id: u32, host: IpAddr, ports: Vec<u16> },
    /// Ends every process but the agent.
    KillAll { id: u32 },
    /// Ends every process and the agent.
    End,
}

/// A command, but for its input.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RunRequest {
    pub(crate) id: u32,
    /// Name and arguments; none for a script.
    pub(crate) program: Option<(OsString, Vec<OsString>)>,
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) directory: Option<PathBuf>,
    /// How many bytes of input follow.
    pub(crate) input: u32,
}

/// Arguments and variables may hold secrets.
impl fmt::Debug for RunRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunRequest").field("id", &self.id).finish_non_exhaustive()
    }
}

impl RunRequest {
    pub(crate) fn program(program: Program) -> Option<(OsString, Vec<OsString>)> {
        match program {
            Program::Script => None,
            Program::Named { program, args } => Some((program, args)),
        }
    }

    fn encode(&self) -> Bytes {
        let text = |writer: Writer, text: &OsString| writer.bytes(text.as_bytes());
        Writer::default()
            .option(self.program.as_ref(), |writer, (name, arguments)| {
                text(writer, name).list(arguments, text)
            })
            .list(&self.environment, |writer, (name, value)| text(text(writer, name), value))
            .option(self.directory.as_deref(), |writer, path| writer.bytes(path.as_os_str().as_bytes()))
            .number(self.input)
            .done()
    }

    fn decode(id: u32, reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let text = Reader::os_string;
        Ok(Self {
            id,
            program: reader.option(|reader| Ok((text(reader)?, reader.list(text)?)))?,
            environment: reader.list(|reader| Ok((text(reader)?, text(reader)?)))?,
            directory: reader.option(text)?.map(PathBuf::from),
            input: reader.number()?,
        })
    }
}

const BEGIN: u8 = 1;
const RUN: u8 = 2;
const INPUT: u8 = 3;
const STOP: u8 = 4;
const OWN: u8 = 5;
const BECOME: u8 = 6;
const KILL_ALL: u8 = 7;
const END: u8 = 8;
const PROBE: u8 = 9;

impl Request<'_> {
    /// The message as a frame.
    pub(crate) fn frame(&self) -> Frame {
        let (kind, id, payload) = match self {
            Self::Begin(graces) => {
                let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                let payload = Writer::default().long(millis(graces.graceful)).long(millis(graces.force));
                (BEGIN, 0, payload.done())
            }
            Self::Run(run) => (RUN, run.id, run.encode()),
            Self::Input { id, bytes } => (INPUT, *id, Bytes::copy_from_slice(bytes)),
            Self::Stop { id } => (STOP, *id, Bytes::new()),
            Self::Own { id, directories, uid, gid } => {
                let payload = Writer::default().number(*uid).number(*gid).list(directories, write_directory);
                (OWN, *id, payload.done())
            }
            Self::Become { id, uid, gid, groups } => {
                let payload = Writer::default().number(*uid).number(*gid);
                (BECOME, *id, payload.list(groups, |writer, group| writer.number(*group)).done())
            }
            Self::Probe { id, host, ports } => {
                let payload = Writer::default().bytes(host.to_string().as_bytes());
                (PROBE, *id, payload.list(ports, |writer, port| writer.number(u32::from(*port))).done())
            }
            Self::KillAll { id } => (KILL_ALL, *id, Bytes::new()),
            Self::End => (END, 0, Bytes::new()),
        };
        Frame { kind, detail: 0, id, payload }
    }

    /// A frame with a piece of a command's input, which is not copied.
    pub(crate) fn input_frame(id: u32, bytes: Bytes) -> Frame {
        Frame { kind: INPUT, detail: 0, id, payload: bytes }
    }

    /// What a frame says.
    pub(crate) fn read(header: Header, payload: &[u8]) -> Result<Request<'_>, Malformed> {
        let id = header.id;
        let mut reader = Reader::new(payload);
        let request = match header.kind {
            INPUT => return Ok(Request::Input { id, bytes: payload }),
            BEGIN => Request::Begin(Graces {
                graceful: Duration::from_millis(reader.long()?),
                force: Duration::from_millis(reader.long()?),
            }),
            RUN => Request::Run(RunRequest::decode(id, &mut reader)?),
            STOP => Request::Stop { id },
            OWN => {
                let (uid, gid) = (reader.number()?, reader.number()?);
                Request::Own { id, directories: reader.list(read_directory)?, uid, gid }
            }
            BECOME => {
                let (uid, gid) = (reader.number()?, reader.number()?);
                Request::Become { id, uid, gid, groups: reader.list(Reader::number)? }
            }
            PROBE => {
                let host = reader.text()?.parse().map_err(|_| Malformed)?;
                let port = |reader: &mut Reader<'_>| u16::try_from(reader.number()?).map_err(|_| Malformed);
                Request::Probe { id, host, ports: reader.list(port)? }
            }
            KILL_ALL => Request::KillAll { id },
            END => Request::End,
            _ => return Err(Malformed),
        };
        reader.done().map(|()| request)
    }
}

fn write_directory(writer: Writer, directory: &OwnDir) -> Writer {
    let extent = match directory.extent {
        Extent::Alone => 0,
        Extent::Tree => 1,
        Extent::Shared => 2,
        Extent::Open => 3,
        Extent::TreeOfOther => 4,
    };
    writer.byte(extent).bytes(OsStr::as_bytes(directory.path.as_os_str()))
}

fn read_directory(reader: &mut Reader<'_>) -> Result<OwnDir, Malformed> {
    let extent = match reader.byte()? {
        0 => Extent::Alone,
        1 => Extent::Tree,
        2 => Extent::Shared,
        3 => Extent::Open,
        4 => Extent::TreeOfOther,
        _ => return Err(Malformed),
    };
    Ok(OwnDir { path: OsString::from_vec(reader.bytes()?.to_vec()).into(), extent })
}
