//! What the executor costs: `cargo run --release -p executor-shell --example measure`.
//!
//! Prints medians: of starting and ending a shell plainly, as a job's command and between its `prepare` and
//! `cleanup`, with and without control groups; and the speed that output is taken at.

use executor::{CancellationToken, Command, Executor, Output, Stream, Workspace};
use executor_shell::{CgroupChoice, CgroupKind, Cgroups, Settings, ShellExecutor, Trail};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const ROUNDS: u32 = 100;

#[derive(Default)]
struct Count(AtomicU64);

impl Output for Count {
    fn write(&self, _stream: Stream, bytes: &[u8]) {
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let choices = [
        CgroupChoice::Never,
        CgroupChoice::Only(CgroupKind::V2),
        CgroupChoice::Only(CgroupKind::Freezer),
        CgroupChoice::Only(CgroupKind::Pids),
    ];
    for choice in choices {
        let start = Instant::now();
        let cgroups = Cgroups::detect(choice);
        println!("{choice:?}: detection {:?}, found {:?}", start.elapsed(), cgroups.kind());
        jobs(&cgroups).await?;
    }
    throughput().await
}

fn plain() -> std::io::Result<Duration> {
    let start = Instant::now();
    let mut child = std::process::Command::new("bash").stdin(std::process::Stdio::piped()).spawn()?;
    child.stdin.take().ok_or(std::io::ErrorKind::BrokenPipe)?.write_all(b"true\n")?;
    child.wait()?;
    Ok(start.elapsed())
}

fn executor(cgroups: &Cgroups, round: u32) -> Result<ShellExecutor, executor_shell::TrailError> {
    let id = format!("measure-{}-{round}", std::process::id());
    let mut settings = Settings::new(Trail::new(&id, cgroups)?);
    settings.environment = std::env::vars_os().collect();
    settings.login = false;
    Ok(ShellExecutor::new(settings))
}

fn workspace() -> Workspace {
    let folder = std::env::temp_dir();
    Workspace {
        builds_dir: folder.clone(),
        project_dir: folder.clone(),
        temp_dir: folder.clone(),
        cache_dir: folder,
    }
}

async fn jobs(cgroups: &Cgroups) -> Result<(), Box<dyn std::error::Error>> {
    let (mut bare, mut prepare, mut first, mut second, mut cleanup) =
        (vec![], vec![], vec![], vec![], vec![]);
    for round in 0..ROUNDS {
        let mut executor = executor(cgroups, round)?;
        // Machines are not always busy: what the kernel does once in a while counts as well.
        tokio::time::sleep(Duration::from_millis(20)).await;
        bare.push(plain()?);
        let start = Instant::now();
        executor.prepare(&workspace(), std::sync::Arc::new(Count::default())).await?;
        prepare.push(start.elapsed());
        for times in [&mut first, &mut second] {
            let start = Instant::now();
            let command = Command::script("measure", "true\n");
            executor.run(command, Arc::new(Count::default()), &CancellationToken::new()).await?;
            times.push(start.elapsed());
        }
        let start = Instant::now();
        executor.cleanup().await?;
        cleanup.push(start.elapsed());
    }
    println!(
        "  plain `bash` {:?}, prepare {:?}, first command {:?}, second {:?}, cleanup {:?}",
        median(bare),
        median(prepare),
        median(first),
        median(second),
        median(cleanup)
    );
    Ok(())
}

async fn throughput() -> Result<(), Box<dyn std::error::Error>> {
    for script in [
        "head -c 2000000000 /dev/zero",
        "yes 'a line of fifty characters, as build logs have them' | head -c 500000000",
    ] {
        let mut executor = executor(&Cgroups::default(), ROUNDS)?;
        let count = Arc::new(Count::default());
        let start = Instant::now();
        executor.run(Command::script("measure", script), count.clone(), &CancellationToken::new()).await?;
        let (bytes, seconds) = (count.0.load(Ordering::Relaxed) as f64, start.elapsed().as_secs_f64());
        println!("`{script}`: {:.0} MB/s", bytes / 1e6 / seconds);
        executor.cleanup().await?;
    }
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
