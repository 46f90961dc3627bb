//! Why a command or a request failed, on its way to the host.

use super::Malformed;
use super::fields::{Reader, Writer};
use executor::RunError;
use std::io;

/// Longer texts are cut, in bytes.
const LONGEST_TEXT: usize = 1024;

/// Reasons that [`RunError::Unfit`] knows; its own are not sent as text since they live in the program.
const UNFIT: [&str; 2] = ["holds a NUL byte", "has a name that no variable can have"];

/// Why a command or a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing ran.
    Stopped,
    Unfit {
        what: String,
        reason: u8,
    },
    Start {
        program: String,
        source: Cause,
    },
    Lost {
        source: Cause,
    },
    Dormant {
        pid: i32,
    },
    Refused {
        message: String,
    },
    Gone {
        message: String,
    },
}

/// An [`io::Error`]: what the system said, by number where it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    errno: i32,
    text: String,
}

impl From<&io::Error> for Cause {
    fn from(error: &io::Error) -> Self {
        let errno = error.raw_os_error().unwrap_or(match error.kind() {
            io::ErrorKind::NotFound => rustix::io::Errno::NOENT.raw_os_error(),
            io::ErrorKind::PermissionDenied => rustix::io::Errno::ACCESS.raw_os_error(),
            _ => 0,
        });
        Self { errno, text: error.to_string() }
    }
}

impl From<Cause> for io::Error {
    fn from(cause: Cause) -> Self {
        match cause.errno {
            1..=4095 => Self::from_raw_os_error(cause.errno),
            _ => Self::other(cause.text),
        }
    }
}

impl From<&RunError> for Failure {
    fn from(error: &RunError) -> Self {
        match error {
            RunError::Stopped => Self::Stopped,
            RunError::Unfit { what, reason } => {
                let known = UNFIT.iter().position(|known| known == reason).unwrap_or(UNFIT.len());
                Self::Unfit { what: what.clone(), reason: u8::try_from(known).unwrap_or(u8::MAX) }
            }
            RunError::Start { program, source } => {
                Self::Start { program: program.clone(), source: source.into() }
            }
            RunError::Lost { source } => Self::Lost { source: source.into() },
            RunError::Dormant { pid } => Self::Dormant { pid: *pid },
            RunError::Refused { message } => Self::Refused { message: message.clone() },
            RunError::Gone { message } => Self::Gone { message: message.clone() },
        }
    }
}

impl From<Failure> for RunError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Stopped => Self::Stopped,
            Failure::Unfit { what, reason } => {
                let reason = UNFIT.get(usize::from(reason)).copied();
                Self::Unfit { what, reason: reason.unwrap_or("cannot be handed to the system") }
            }
            Failure::Start { program, source } => Self::Start { program, source: source.into() },
            Failure::Lost { source } => Self::Lost { source: source.into() },
            Failure::Dormant { pid } => Self::Dormant { pid },
            Failure::Refused { message } => Self::Refused { message },
            Failure::Gone { message } => Self::Gone { message },
        }
    }
}

impl Failure {
    pub(super) fn write(&self, writer: Writer) -> Writer {
        let text = |writer: Writer, text: &str| writer.bytes(cut(text).as_bytes());
        let cause = |writer: Writer, cause: &Cause| {
            text(writer.number(u32::try_from(cause.errno).unwrap_or(0)), &cause.text)
        };
        match self {
            Self::Stopped => writer.byte(0),
            Self::Unfit { what, reason } => text(writer.byte(1).byte(*reason), what),
            Self::Start { program, source } => cause(text(writer.byte(2), program), source),
            Self::Lost { source } => cause(writer.byte(3), source),
            Self::Dormant { pid } => writer.byte(4).number(pid.unsigned_abs()),
            Self::Refused { message } => text(writer.byte(5), message),
            Self::Gone { message } => text(writer.byte(6), message),
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let number = |value: u32| i32::try_from(value).map_err(|_| Malformed);
        let cause =
            |reader: &mut Reader<'_>| Ok(Cause { errno: number(reader.number()?)?, text: reader.text()? });
        Ok(match reader.byte()? {
            0 => Self::Stopped,
            1 => {
                let reason = reader.byte()?;
                Self::Unfit { what: reader.text()?, reason }
            }
            2 => Self::Start { program: reader.text()?, source: cause(reader)? },
            3 => Self::Lost { source: cause(reader)? },
            4 => Self::Dormant { pid: number(reader.number()?)? },
            5 => Self::Refused { message: reader.text()? },
            6 => Self::Gone { message: reader.text()? },
            _ => return Err(Malformed),
        })
    }

    /// What went wrong, in words.
    pub(crate) fn text(self) -> String {
        RunError::from(self).to_string()
    }
}

/// The beginning of a text, whole characters.
fn cut(text: &str) -> &str {
    match text.len() {
        ..=LONGEST_TEXT => text,
        _ => &text[..text.floor_char_boundary(LONGEST_TEXT)],
    }
}
