//! What the agent tells the host.

use super::fields::{Reader, Writer};
use super::{Failure, Frame, Header, Hello, Malformed};
use bytes::Bytes;
use executor::{Exit, Stream};

/// A message of the agent's. `id` is that of the command or request it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// The agent is there.
    Hello(Hello),
    /// An agent of another version is there.
    Stranger { version: u32 },
    /// A command, or what it left behind, wrote something.
    Output { id: u32, stream: Stream, bytes: &'a [u8] },
    /// Nobody is left who could write to a command's output.
    Closed { id: u32 },
    /// A command ended.
    Exit { id: u32, exit: Exit },
    /// A command or request failed.
    Failed { id: u32, failure: Failure },
    /// A request was fulfilled.
    Done { id: u32 },
    /// The kernel has killed processes of the container for lack of memory since this was told last.
    OutOfMemory { kills: u64, limit: Option<u64> },
}

const HELLO: u8 = 1;
pub(super) const OUTPUT: u8 = 2;
const CLOSED: u8 = 3;
const EXIT: u8 = 4;
const FAILED: u8 = 5;
const DONE: u8 = 6;
const OUT_OF_MEMORY: u8 = 7;

impl Event<'_> {
    /// The message as a frame.
    pub(crate) fn frame(&self) -> Frame {
        let (kind, detail, id, payload) = match self {
            Self::Hello(hello) => (HELLO, 0, 0, hello.encode()),
            // Not sent: it is what the host makes of a hello.
            Self::Stranger { version } => (HELLO, 0, 0, Writer::default().number(*version).done()),
            Self::Output { id, stream, bytes } => {
                (OUTPUT, stream_number(*stream), *id, Bytes::copy_from_slice(bytes))
            }
            Self::Closed { id } => (CLOSED, 0, *id, Bytes::new()),
            Self::Exit { id, exit } => {
                let (detail, number) = match exit {
                    Exit::Code(code) => (0, *code),
                    Exit::Signal(number) => (1, *number),
                };
                (EXIT, detail, *id, Writer::default().number(number.cast_unsigned()).done())
            }
            Self::Failed { id, failure } => (FAILED, 0, *id, failure.write(Writer::default()).done()),
            Self::Done { id } => (DONE, 0, *id, Bytes::new()),
            Self::OutOfMemory { kills, limit } => {
                (OUT_OF_MEMORY, 0, 0, Writer::default().long(*kills).option(*limit, Writer::long).done())
            }
        };
        Frame { kind, detail, id, payload }
    }

    /// What a frame says.
    pub(crate) fn read(header: Header, payload: &[u8]) -> Result<Event<'_>, Malformed> {
        let id = header.id;
        let mut reader = Reader::new(payload);
        let event = match (header.kind, header.detail) {
            (OUTPUT, 0) => return Ok(Event::Output { id, stream: Stream::Stdout, bytes: payload }),
            (OUTPUT, 1) => return Ok(Event::Output { id, stream: Stream::Stderr, bytes: payload }),
            (HELLO, 0) => return read_hello(payload),
            (CLOSED, 0) => Event::Closed { id },
            (EXIT, 0) => Event::Exit { id, exit: Exit::Code(reader.number()?.cast_signed()) },
            (EXIT, 1) => Event::Exit { id, exit: Exit::Signal(reader.number()?.cast_signed()) },
            (FAILED, 0) => Event::Failed { id, failure: Failure::read(&mut reader)? },
            (DONE, 0) => Event::Done { id },
            (OUT_OF_MEMORY, 0) => {
                Event::OutOfMemory { kills: reader.long()?, limit: reader.option(Reader::long)? }
            }
            _ => return Err(Malformed),
        };
        reader.done().map(|()| event)
    }

    /// The detail and kind of a frame with output.
    pub(crate) fn output_header(sequence: u32, id: u32, stream: Stream, size: u32) -> Header {
        Header { sequence, kind: OUTPUT, detail: stream_number(stream), id, size }
    }
}

fn read_hello(payload: &[u8]) -> Result<Event<'_>, Malformed> {
    match Hello::version(payload)? {
        super::VERSION => Hello::decode(payload).map(Event::Hello),
        version => Ok(Event::Stranger { version }),
    }
}

fn stream_number(stream: Stream) -> u8 {
    match stream {
        Stream::Stdout => 0,
        Stream::Stderr => 1,
    }
}
