//! What an agent costs: `cargo run --release -p executor-docker --example agent`.
//!
//! Prints medians of starting one and of commands, and the speed that output is taken at, beside that of the same
//! programs with nothing but a pipe. Agent and host are two processes connected by pipes, as in a container, but
//! without an engine between them, unless arguments say how an agent is started: `docker run --interactive …`.

use executor::{CancellationToken, Command, Output, Stream};
use executor_docker::agent::{Client, Graces, connect, serve};
use executor_shell::{Cgroups, Settings, Shell, ShellExecutor, Trail};
use std::io::Read as _;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt as _;
use tokio::process::Child;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const ROUNDS: usize = 50;

/// What is printed, each 3,000,000 short lines or 1 GB.
const PROGRAMS: [(&str, &str); 4] = [
    ("lines in large pieces", "seq 3000000"),
    ("lines, one a write", "stdbuf -oL seq 3000000"),
    ("lines on both streams", "seq 1500000; seq 1500000 >&2"),
    ("zeros", "head -c 1000000000 /dev/zero"),
];

#[derive(Default)]
struct Count {
    bytes: AtomicU64,
    pieces: AtomicU64,
}

impl Output for Count {
    fn write(&self, _stream: Stream, bytes: &[u8]) {
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.pieces.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("agent") {
        serve(None, executor).await?;
        std::process::exit(0);
    }
    let mut starts = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let (client, _child) = agent()?;
        client.hello().await?;
        starts.push(start.elapsed());
    }
    println!("start to hello: {:?}", median(starts));
    let (client, child) = agent()?;
    let mut commands = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        run(&client, "exit 0", Arc::default()).await?;
        commands.push(start.elapsed());
    }
    println!("a script that does nothing: {:?}", median(commands));
    for (name, script) in PROGRAMS {
        let plain = plain(script)?;
        let count = Arc::new(Count::default());
        let start = Instant::now();
        run(&client, script, count.clone()).await?;
        let time = start.elapsed();
        let (bytes, pieces) = (count.bytes.load(Ordering::Relaxed), count.pieces.load(Ordering::Relaxed));
        println!("{name}: {time:.2?} for {bytes} bytes in {pieces} pieces; through a pipe {plain:.2?}");
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id().unwrap_or(0)))?;
    for line in status.lines().filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS")) {
        println!("memory of the agent: {line}");
    }
    Ok(())
}

fn executor(hello: &executor_docker::agent::Hello, graces: Graces) -> ShellExecutor {
    let id = format!("measure-{}", std::process::id());
    // Such an identifier is one.
    let Ok(trail) = Trail::new(&id, &Cgroups::default()) else { std::process::exit(1) };
    let mut settings = Settings::new(trail);
    settings.shell = Shell::At(hello.shell.clone().unwrap_or_default());
    settings.login = false;
    settings.graceful_kill = graces.graceful;
    settings.environment = std::env::vars_os().collect();
    ShellExecutor::new(settings)
}

fn agent() -> Result<(Client, Child)> {
    let mut arguments = std::env::args_os().skip(1);
    let mut command = match arguments.next() {
        Some(program) => tokio::process::Command::new(program),
        None => {
            let mut command = tokio::process::Command::new(std::env::current_exe()?);
            command.arg("agent");
            command
        }
    };
    let mut child =
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
    let (Some(stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("no pipes".into());
    };
    let grace = Duration::from_secs(10);
    let graces = Graces { graceful: grace, force: grace };
    let (client, mut intake) = connect(stdin, graces, Arc::new(Count::default()));
    tokio::spawn(async move {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(size @ 1..) = stdout.read(&mut buffer).await {
            intake.feed(&buffer[..size]);
        }
    });
    Ok((client, child))
}

async fn run(client: &Client, script: &str, count: Arc<Count>) -> Result<()> {
    let command = Command::script("measure", script.to_owned());
    let exit = client.run(command, count, &CancellationToken::new()).await?;
    if exit.is_success() { Ok(()) } else { Err(format!("{script}: {exit}").into()) }
}

/// The same script, its output read and forgotten.
fn plain(script: &str) -> Result<Duration> {
    let start = Instant::now();
    let mut child = std::process::Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {script}")])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut buffer = vec![0; 64 << 10];
    if let Some(mut stdout) = child.stdout.take() {
        while stdout.read(&mut buffer)? > 0 {}
    }
    child.wait()?;
    Ok(start.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
