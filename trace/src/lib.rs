//! The job log (GitLab calls it the trace): masked, time-stamped, limited, and kept until it was sent.
//!
//! ```text
//! Writer ─> mask ─> timestamp ─> Spool (file) ─> whoever sends it
//! ```
//!
//! - [`mask::MaskSet`]: what must not be shown. Made once from the values of masked variables and the token prefixes.
//! - [`Spool`]: the bytes as they are sent. Made from an open file and a limit; says length, CRC-32, whether it was cut,
//!   and wakes who waits for more ([`Spool::watch`]). [`Spool::recover`] opens the file of a process that died.
//! - [`Logger`]: both, a clock, and whether lines get time stamps; makes [`Writer`]s.
//! - [`Writer`]: one stream of the job (runner, script's stdout, script's stderr, a service). Clone it into any thread.
//! - [`Aside`]: a part of the log that is written before its turn.
//! - [`Line`], [`line`](mod@line): the forms of the runner's own lines and section markers.
//!
//! ```
//! use trace::mask::{DEFAULT_TOKEN_PREFIXES, MaskSet};
//! use trace::{Kind, Line, Logger, Settings, Spool, spool, system_clock};
//!
//! let masks = MaskSet::new(["hunter2"], DEFAULT_TOKEN_PREFIXES)?;
//! let spool = Spool::new(tempfile::tempfile()?, spool::DEFAULT_LIMIT);
//! let logger = Logger::new(spool.clone(), Settings { masks, timestamps: false, clock: system_clock() });
//!
//! let (runner, stdout) = (logger.writer(0, Kind::Out), logger.writer(1, Kind::Out));
//! stdout.write(b"password hunt");
//! stdout.write(b"er2\n");
//! stdout.close();
//! runner.line(Line::Info, "Job succeeded");
//!
//! assert_eq!(spool.read_at(0, 1024)?, "password [MASKED]\n\x1b[32;1mJob succeeded\x1b[0;m\n");
//! assert_eq!(spool.summary().checksum(), "crc32:38900827");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Memory is constant whatever the length of the log: what is held back, and one buffer of at most a few hundred
//! kilobytes a stream. Bytes are kept as they come: carriage returns, NUL and invalid UTF-8 are not replaced
//! (gitlab-runner writes U+FFFD for the last). Nothing here knows the coordinator, and nothing fails a job.

mod aside;
pub mod line;
mod logger;
pub mod mask;
pub mod spool;
pub mod timestamp;

pub use aside::Aside;
pub use line::Line;
pub use logger::{Clock, Logger, Settings, Writer, system_clock};
pub use spool::{Progress, Spool, Summary, Watch};
pub use timestamp::Kind;
