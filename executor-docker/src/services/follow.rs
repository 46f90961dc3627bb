//! `CI_DEBUG_SERVICES`: what services write, in the job's log.

use super::service::Service;
use crate::connect::answer;
use crate::voice::Voice;
use bollard::Docker;
use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptionsBuilder;
use executor::{CancellationToken, Output};
use futures_util::StreamExt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// A line that is longer is told in pieces, in bytes.
const LONGEST_LINE: usize = 64 * 1024;
/// How many lines may come between the last that was followed and the end.
const LAST_LINES: usize = 10_000;
/// How long the engine may take for them.
const PATIENCE: Duration = Duration::from_secs(5);

/// Grey, as gitlab-runner writes these lines.
const GREY: &str = "\x1b[0;37m";

/// Those who follow the logs of a job's services.
pub(super) struct Followers {
    end: CancellationToken,
    tasks: Mutex<JoinSet<()>>,
}

impl Followers {
    /// Follows the logs of these services from their beginning.
    pub(super) fn of<'a>(
        services: impl Iterator<Item = &'a Service>,
        docker: &Docker,
        output: &Arc<dyn Output>,
    ) -> Self {
        let end = CancellationToken::new();
        let mut tasks = JoinSet::new();
        for service in services {
            let follower = Follower {
                docker: docker.clone(),
                id: service.id.clone(),
                name: service.name.clone(),
                lines: Lines::new(&service.aliases),
                output: Arc::clone(output),
            };
            tasks.spawn(follower.follow(end.clone()));
        }
        Self { end, tasks: Mutex::new(tasks) }
    }

    /// Ends following, after all was told that services have written until now.
    pub(super) async fn finish(&self) {
        self.end.cancel();
        let mut tasks = self.tasks.lock().await;
        while tasks.join_next().await.is_some() {}
    }
}

struct Follower {
    docker: Docker,
    id: String,
    name: String,
    lines: Lines,
    output: Arc<dyn Output>,
}

impl Follower {
    async fn follow(mut self, end: CancellationToken) {
        let asked = || LogsOptionsBuilder::new().stdout(true).stderr(true).timestamps(true);
        let mut log = Box::pin(self.docker.logs(&self.id, Some(asked().follow(true).build())));
        let trouble = loop {
            tokio::select! {
                biased;
                piece = log.next() => match piece {
                    Some(Ok(piece)) => self.tell(&piece),
                    Some(Err(error)) => break Some(answer(&error)),
                    None => break None,
                },
                () = end.cancelled() => break None,
            }
        };
        if let Some(reason) = trouble {
            let text = format!("error streaming logs for container {}: {reason}", self.name);
            Voice::new(Arc::clone(&self.output)).warning(&text);
        } else if end.is_cancelled() {
            let rest = self.docker.logs(&self.id, Some(asked().tail(&LAST_LINES.to_string()).build()));
            let mut rest = Box::pin(rest);
            let read = async {
                while let Some(Ok(piece)) = rest.next().await {
                    if self.lines.is_new(piece.as_ref()) {
                        self.tell(&piece);
                    }
                }
            };
            let _ = timeout(PATIENCE, read).await;
        }
        let rest = self.lines.finish();
        self.output.service(rest.as_bytes());
    }

    fn tell(&mut self, piece: &LogOutput) {
        let lines = self.lines.push(piece);
        if !lines.is_empty() {
            self.output.service(lines.as_bytes());
        }
    }
}

/// Makes whole lines of what the engine tells.
struct Lines {
    prefix: String,
    /// Unfinished lines of both outputs.
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// Time of the last piece, as the engine writes it.
    last: Vec<u8>,
}

impl Lines {
    fn new(aliases: &[String]) -> Self {
        let prefix = format!("{GREY}[service:{}] ", aliases.join("-"));
        Self { prefix, stdout: Vec::new(), stderr: Vec::new(), last: Vec::new() }
    }

    /// Takes a piece of the log: a time, a blank, and a line or the part of one.
    fn push(&mut self, piece: &LogOutput) -> String {
        let (pending, bytes) = match piece {
            LogOutput::StdErr { message } => (&mut self.stderr, message.as_ref()),
            other => (&mut self.stdout, other.as_ref()),
        };
        let (time, text) = split_time(bytes);
        self.last = time.to_vec();
        // The engine puts the time before each part of a long line.
        pending.extend_from_slice(if pending.is_empty() { bytes } else { text });
        let mut told = String::new();
        while let Some(feed) = pending.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = pending.drain(..=feed).collect();
            told.push_str(&self.prefix);
            told.push_str(&String::from_utf8_lossy(line.trim_ascii_end()));
            told.push_str(END);
        }
        if pending.len() > LONGEST_LINE {
            told.push_str(&self.prefix);
            told.push_str(&String::from_utf8_lossy(&std::mem::take(pending)));
            told.push_str(END);
        }
        told
    }

    /// Whether a piece comes after all that was taken. The engine writes times so that they sort as text.
    fn is_new(&self, piece: &[u8]) -> bool {
        split_time(piece).0 > &self.last[..]
    }

    /// What is left at the end.
    fn finish(&mut self) -> String {
        let mut told = String::new();
        for pending in [std::mem::take(&mut self.stdout), std::mem::take(&mut self.stderr)] {
            if !pending.is_empty() {
                told.push_str(&self.prefix);
                told.push_str(&String::from_utf8_lossy(&pending));
                told.push_str(END);
            }
        }
        told
    }
}

/// The end of every line.
const END: &str = "\x1b[0;m\n";

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
        assert!(lines.is_new(b"T6 x") && !lines.is_new(b"T5 rest"));
        assert_eq!(lines.finish(), "\x1b[0;37m[service:db-x] T5 rest\x1b[0;m\n");
        assert_eq!(lines.finish(), "");
    }

    #[test]
    fn no_line_is_kept_for_ever() {
        let mut lines = lines();
        let piece = out(&format!("T1 {}", "x".repeat(16 * 1024)));
        let told: Vec<String> = (0..5).map(|_| lines.push(&piece)).collect();
        assert!(told[..3].iter().all(String::is_empty));
        assert!(told.concat().len() > LONGEST_LINE);
        assert!(lines.stdout.len() < LONGEST_LINE);
    }
}
