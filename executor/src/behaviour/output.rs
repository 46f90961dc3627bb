//! What commands write.

use super::Subject;
use super::bench::{Fault, GRACE, Job, same};
use crate::{CancellationToken, Command, Executor, Exit, Output, Stream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How many bytes a lot of output is.
const MUCH: u64 = 100 << 20;

/// How much a process may grow meanwhile, in bytes.
const LITTLE: u64 = 8 << 20;

/// How long "at once" may take on a machine with other things to do.
const AT_ONCE: Duration = Duration::from_secs(20);

/// Everything arrives, each stream in its order.
pub(super) async fn both_streams_in_order<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        let script = "i=0; while [ $i -lt 20000 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done";
        same("exit", job.script(script).await?, Exit::Code(0))?;
        let expected = |name: &str| (0..20000).map(|i| format!("{name} {i}\n")).collect::<String>();
        same("output", job.stdout() == expected("out"), true)?;
        same("error output", job.stderr() == expected("err"), true)?;
        Ok(())
    })
    .await
}

/// No byte is changed or left out.
pub(super) async fn bytes_as_they_are<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        same("exit", job.script(r"printf '\000\r\377\376\033[0m\n\303'").await?, Exit::Code(0))?;
        same("output", job.output.bytes(Stream::Stdout), b"\0\r\xff\xfe\x1b[0m\n\xc3".to_vec())?;
        Ok(())
    })
    .await
}

/// What is written right before the end is not lost.
pub(super) async fn last_words<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        for round in 0..20 {
            job.output = Default::default();
            // More than is read at once, less than a pipe holds, with a child that keeps the pipes open.
            let script =
                "sleep 1000 & head -c 60000 /dev/zero; head -c 60000 /dev/zero >&2; printf end; kill -9 $$";
            job.script(script).await?;
            same(&format!("size in round {round}"), job.stdout().len(), 60003)?;
            same(&format!("error size in round {round}"), job.stderr().len(), 60000)?;
        }
        Ok(())
    })
    .await
}

/// Counts, and looks at the size of this process now and then.
#[derive(Default)]
struct Scale {
    bytes: AtomicU64,
    pieces: AtomicU64,
    largest: AtomicU64,
}

impl Output for Scale {
    fn write(&self, _stream: Stream, bytes: &[u8]) {
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if self.pieces.fetch_add(1, Ordering::Relaxed).is_multiple_of(64) {
            self.largest.fetch_max(resident(), Ordering::Relaxed);
        }
    }
}

/// What this process takes of the machine's memory, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0) << 10
}

/// 100 MB in constant memory.
pub(super) async fn big_output_in_little_memory<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        let scale = Arc::new(Scale::default());
        let before = resident();
        let command = Command::script("behaviour", format!("head -c {MUCH} /dev/zero; echo >&2"));
        let exit = job.executor.run(command, scale.clone(), &CancellationToken::new()).await?;
        same("exit", exit, Exit::Code(0))?;
        same("size", scale.bytes.load(Ordering::Relaxed), MUCH + 1)?;
        let grown = scale.largest.load(Ordering::Relaxed).saturating_sub(before);
        same(&format!("whether {grown} bytes are little"), grown <= LITTLE, true)?;
        Ok(())
    })
    .await
}

/// The end of a command is the end of its own process.
pub(super) async fn background_child_does_not_hold_up_the_end<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        let start = Instant::now();
        same("exit", job.script("sleep 1000 & echo done; exit 6").await?, Exit::Code(6))?;
        same("whether it took long", start.elapsed() > AT_ONCE, false)?;
        same("output", job.stdout().as_str(), "done\n")?;
        job.somebody_is_there().await?;
        job.end().await?;
        same("whether it took long", start.elapsed() > AT_ONCE, false)
    })
    .await
}

/// What a background child writes after its command ended still arrives.
pub(super) async fn background_child_is_heard_until_cleanup<S: Subject>(subject: &S) -> Result<(), Fault> {
    Job::with(subject, GRACE, async |job| {
        let fifo = format!("/tmp/behaviour-{}", job.tag);
        let script = format!(
            "mkfifo {fifo} && {{ {{ read -r word < {fifo}; echo heard $word; exec sleep 1000; }} & }}"
        );
        same("exit", job.script(script).await?, Exit::Code(0))?;
        let first = std::mem::take(&mut job.output);
        same("exit", job.script(format!("echo late > {fifo}; rm {fifo}")).await?, Exit::Code(0))?;
        let heard = tokio::time::timeout(AT_ONCE, first.until(Stream::Stdout, "heard late\n")).await;
        same("whether it was heard", heard.is_ok(), true)?;
        Ok(())
    })
    .await
}
