//! What behaviours are looked at with: a job, a record of its output, faults.

use super::Subject;
use crate::{CancellationToken, Command, Executor, Exit, Output, RunError, Stream};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// The grace of jobs whose behaviour does not depend on it.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// The variable that carries a job's tag.
const TAG: &str = "BEHAVIOUR_TAG";

/// What was seen instead of the behaviour.
#[derive(Debug)]
pub struct Fault(String);

impl Fault {
    /// A fault in these words.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<RunError> for Fault {
    fn from(error: RunError) -> Self {
        Self(format!("the command did not run: {error}"))
    }
}

impl From<crate::PrepareError> for Fault {
    fn from(error: crate::PrepareError) -> Self {
        Self(format!("the place was not made ready: {error}"))
    }
}

impl From<crate::CleanupError> for Fault {
    fn from(error: crate::CleanupError) -> Self {
        Self(error.to_string())
    }
}

/// Fails with what was seen unless the two are the same.
pub(super) fn same<T: PartialEq + fmt::Debug>(what: &str, seen: T, expected: T) -> Result<(), Fault> {
    if seen == expected {
        return Ok(());
    }
    Err(Fault(format!("{what} is {}, not {}", shortened(&seen), shortened(&expected))))
}

fn shortened(value: &impl fmt::Debug) -> String {
    let text = format!("{value:?}");
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text,
    }
}

/// Keeps what a command writes.
#[derive(Default)]
pub struct Record {
    streams: Mutex<[Vec<u8>; 2]>,
    written: Notify,
}

impl Output for Record {
    fn write(&self, stream: Stream, bytes: &[u8]) {
        self.lock()[stream as usize].extend_from_slice(bytes);
        self.written.notify_waiters();
    }
}

impl Record {
    /// A stream so far, as bytes.
    pub fn bytes(&self, stream: Stream) -> Vec<u8> {
        self.lock()[stream as usize].clone()
    }

    /// A stream so far, as text.
    pub fn text(&self, stream: Stream) -> String {
        String::from_utf8_lossy(&self.bytes(stream)).into_owned()
    }

    /// Waits until a stream holds a text.
    pub async fn until(&self, stream: Stream, text: &str) {
        loop {
            let mut written = std::pin::pin!(self.written.notified());
            written.as_mut().enable();
            if self.text(stream).contains(text) {
                return;
            }
            written.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, [Vec<u8>; 2]> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job on an executor: every process of it can be told by its tag.
pub struct Job<'a, S: Subject> {
    subject: &'a S,
    pub(super) executor: S::Executor,
    /// What all commands write.
    pub output: Arc<Record>,
    /// Stops commands.
    pub stop: CancellationToken,
    /// Told in the environment, as `BEHAVIOUR_TAG`.
    pub tag: String,
}

impl<'a, S: Subject> Job<'a, S> {
    /// Shows something with a job, then ends it, of which nothing may be left.
    pub(super) async fn with(
        subject: &'a S,
        grace: Duration,
        show: impl AsyncFnOnce(&mut Self) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut job = Self::start(subject, grace).await?;
        let shown = show(&mut job).await;
        let ended = job.end().await;
        shown.and(ended)
    }

    /// A job that is ready for commands, which must be ended.
    pub async fn start(subject: &'a S, grace: Duration) -> Result<Self, Fault> {
        let mut executor = subject.executor(grace).await;
        executor.prepare(&subject.workspace(), Arc::new(Record::default())).await?;
        Ok(Self { subject, executor, output: Arc::default(), stop: CancellationToken::new(), tag: new_tag() })
    }

    /// Runs a script.
    pub async fn script(&mut self, text: impl Into<bytes::Bytes>) -> Result<Exit, RunError> {
        self.run(Command::script("behaviour", text)).await
    }

    /// Runs a command.
    pub async fn run(&mut self, mut command: Command) -> Result<Exit, RunError> {
        command.environment.push((TAG.into(), self.tag.clone().into()));
        self.executor.run(command, self.output.clone(), &self.stop).await
    }

    /// Runs a script and stops it as soon as its standard output holds a text.
    pub async fn stop_at(&mut self, text: &str, script: &str) -> Result<Exit, RunError> {
        let (output, stop) = (self.output.clone(), self.stop.clone());
        let stopper = async move {
            output.until(Stream::Stdout, text).await;
            stop.cancel();
        };
        tokio::pin! {
            let run = self.script(script.to_owned());
        }
        tokio::select! {
            exit = &mut run => exit,
            () = stopper => run.await,
        }
    }

    /// From here on commands are not stopped any more.
    pub fn go_on(&mut self) {
        self.stop = CancellationToken::new();
    }

    /// Standard output so far.
    pub fn stdout(&self) -> String {
        self.output.text(Stream::Stdout)
    }

    /// Standard error so far.
    pub fn stderr(&self) -> String {
        self.output.text(Stream::Stderr)
    }

    /// Fails unless no process of the job is alive.
    pub async fn nobody_is_left(&self) -> Result<(), Fault> {
        let left = self.subject.survivors(&self.tag).await;
        if left.is_empty() { Ok(()) } else { Err(Fault(format!("processes are left: {}", left.join(", ")))) }
    }

    /// Fails unless some process of the job is alive: the behaviour would show nothing.
    pub async fn somebody_is_there(&self) -> Result<(), Fault> {
        if self.subject.survivors(&self.tag).await.is_empty() {
            return Err(Fault::new("the process that should be there is not"));
        }
        Ok(())
    }

    /// Ends the job; nothing of it may be left.
    pub async fn end(&mut self) -> Result<(), Fault> {
        self.executor.cleanup().await?;
        self.nobody_is_left().await
    }
}

fn new_tag() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    format!("tag-{}-{}-{}", std::process::id(), since.as_nanos(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Processes of this machine that are alive and have a text in their arguments or environment: number and
/// command line of each.
pub fn processes_tagged(tag: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    // The newest first: they may be gone the soonest.
    let mut pids = Vec::from_iter(pids);
    pids.sort_unstable_by(|a, b| b.cmp(a));
    pids.into_iter().filter(|pid| *pid != std::process::id()).filter_map(|pid| tagged(pid, tag)).collect()
}

fn tagged(pid: u32, tag: &str) -> Option<String> {
    let read = |file: &str| std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let stat = String::from_utf8_lossy(&read("stat")).into_owned();
    let state = stat.get(stat.rfind(')')? + 2..)?.chars().next()?;
    let holds = |bytes: &[u8]| bytes.windows(tag.len()).any(|window| window == tag.as_bytes());
    let arguments = read("cmdline");
    if matches!(state, 'Z' | 'X') || !(holds(&arguments) || holds(&read("environ"))) {
        return None;
    }
    let line = String::from_utf8_lossy(&arguments).replace('\0', " ");
    Some(format!("{pid} [{state}] {}", line.chars().take(100).collect::<String>()))
}
