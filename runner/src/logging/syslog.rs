//! The system's log, by its socket.

use super::record::Record;
use crate::config::LogLevel;
use std::fmt::Write as _;
use std::io;
use std::os::unix::net::UnixDatagram;

const SOCKET: &str = "/dev/log";

/// Facility "daemon" of RFC 3164, in place.
const DAEMON: u8 = 3 << 3;

/// A connection to the system's log.
pub(super) struct Syslog {
    socket: UnixDatagram,
    name: String,
}

impl Syslog {
    pub(super) fn connect(name: &str) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(SOCKET)?;
        // A stuck log must not stop jobs.
        socket.set_nonblocking(true)?;
        Ok(Self { socket, name: name.to_owned() })
    }

    /// Sends a line of level info or above; one that cannot be sent is lost.
    pub(super) fn send(&self, record: &Record) {
        if record.level <= LogLevel::Info {
            let _ = self.socket.send(packet(record, &self.name, std::process::id()).as_bytes());
        }
    }
}

/// Without a time: the receiver's clock is the same, and knows the local zone.
fn packet(record: &Record, name: &str, pid: u32) -> String {
    let severity = match record.level {
        LogLevel::Panic | LogLevel::Fatal => 2,
        LogLevel::Error => 3,
        LogLevel::Warning => 4,
        LogLevel::Info => 6,
        LogLevel::Debug | LogLevel::Trace => 7,
    };
    let mut text = format!("<{}>{name}[{pid}]: {}", DAEMON | severity, record.message);
    for (name, value) in &record.fields {
        let _ = write!(text, " {name}={}", value.text());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logging::record::{FieldValue, Fields};

    #[test]
    fn a_packet_has_priority_and_name() {
        let fields = Fields::from([("job", FieldValue::Integer(4))]);
        let time = time::OffsetDateTime::UNIX_EPOCH;
        let record = Record { level: LogLevel::Warning, time, message: "m".into(), fields };
        assert_eq!(packet(&record, "gitlab-runner", 7), "<28>gitlab-runner[7]: m job=4");
    }
}
