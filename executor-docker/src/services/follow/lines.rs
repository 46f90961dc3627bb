//! Makes whole lines of what the engine tells of a log.

use bollard::container::LogOutput;

/// A line that is longer is told in pieces, in bytes.
const LONGEST: usize = 64 * 1024;

/// Grey, as gitlab-runner writes these lines.
const GREY: &str = "\x1b[0;37m";
/// The end of every line.
const END: &str = "\x1b[0;m\n";

/// The lines of one service.
pub(super) struct Lines {
    prefix: String,
    stdout: Side,
    stderr: Side,
}

/// One of its outputs. Only within one are times in order.
#[derive(Default)]
struct Side {
    /// An unfinished line.
    pending: Vec<u8>,
    /// Time of the last piece, as the engine writes it.
    last: Vec<u8>,
}

impl Lines {
    /// Lines that name the service by all of these.
    pub(super) fn new(aliases: &[String]) -> Self {
        let prefix = format!("{GREY}[service:{}] ", aliases.join("-"));
        Self { prefix, stdout: Side::default(), stderr: Side::default() }
    }

    /// Takes a piece of the log: a time, a blank, and a line or the part of one. Gives what is whole.
    pub(super) fn push(&mut self, piece: &LogOutput) -> String {
        let side = match piece {
            LogOutput::StdErr { .. } => &mut self.stderr,
            _ => &mut self.stdout,
        };
        let bytes = piece.as_ref();
        let (time, text) = split_time(bytes);
        side.last = time.to_vec();
        // The engine puts the time before each part of a long line.
        side.pending.extend_from_slice(if side.pending.is_empty() { bytes } else { text });
        let mut told = String::new();
        while let Some(feed) = side.pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = side.pending.drain(..=feed).collect();
            tell(&self.prefix, line.trim_ascii_end(), &mut told);
        }
        if side.pending.len() > LONGEST {
            tell(&self.prefix, &std::mem::take(&mut side.pending), &mut told);
        }
        told
    }

    /// Whether a piece comes after all that was taken. The engine writes times so that they sort as text.
    pub(super) fn is_new(&self, piece: &LogOutput) -> bool {
        let side = match piece {
            LogOutput::StdErr { .. } => &self.stderr,
            _ => &self.stdout,
        };
        split_time(piece.as_ref()).0 > &side.last[..]
    }

    /// What is left at the end.
    pub(super) fn finish(&mut self) -> String {
        let mut told = String::new();
        for side in [&mut self.stdout, &mut self.stderr] {
            let pending = std::mem::take(&mut side.pending);
            if !pending.is_empty() {
                tell(&self.prefix, &pending, &mut told);
            }
        }
        told
    }
}

fn tell(prefix: &str, line: &[u8], told: &mut String) {
    told.push_str(prefix);
    told.push_str(&String::from_utf8_lossy(line));
    told.push_str(END);
}

fn split_time(piece: &[u8]) -> (&[u8], &[u8]) {
    let blank = piece.iter().position(|byte| *byte == b' ').unwrap_or(piece.len());
    let (time, rest) = piece.split_at(blank);
    (time, rest.get(1..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn out(text: &str) -> LogOutput {
        LogOutput::StdOut { message: Bytes::copy_from_slice(text.as_bytes()) }
    }

    fn err(text: &str) -> LogOutput {
        LogOutput::StdErr { message: Bytes::copy_from_slice(text.as_bytes()) }
    }

    fn lines() -> Lines {
        Lines::new(&["db".to_owned(), "x".to_owned()])
    }

    #[test]
    fn whole_lines_with_names() {
        let mut lines = lines();
        assert_eq!(lines.push(&out("T1 one\r\n")), "\x1b[0;37m[service:db-x] T1 one\x1b[0;m\n");
        assert_eq!(lines.push(&out("T2 long ")), "");
        assert_eq!(lines.push(&err("T3 trouble\n")), "\x1b[0;37m[service:db-x] T3 trouble\x1b[0;m\n");
        assert_eq!(lines.push(&out("T4 line\n")), "\x1b[0;37m[service:db-x] T2 long line\x1b[0;m\n");
        assert_eq!(lines.push(&out("T5 rest")), "");
        assert!(lines.is_new(&out("T6 x")) && !lines.is_new(&out("T5 rest")));
        assert!(lines.is_new(&err("T5 x")), "each output has its own time");
        assert_eq!(lines.finish(), "\x1b[0;37m[service:db-x] T5 rest\x1b[0;m\n");
        assert_eq!(lines.finish(), "");
    }

    #[test]
    fn no_line_is_kept_for_ever() {
        let mut lines = lines();
        let piece = out(&format!("T1 {}", "x".repeat(16 * 1024)));
        let told: Vec<String> = (0..5).map(|_| lines.push(&piece)).collect();
        assert!(told[..3].iter().all(String::is_empty));
        assert!(told.concat().len() > LONGEST);
        assert!(lines.stdout.pending.len() < LONGEST);
    }
}
