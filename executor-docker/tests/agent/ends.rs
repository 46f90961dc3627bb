//! How agents end, and what goes with them.

use crate::kit::{Agent, PATIENCE, block_on, unique};
use executor::behaviour::{Record, processes_tagged};
use executor::{CancellationToken, Command, Exit, RunError, Stream};
use executor_docker::agent::{RequestError, Why};
use rustix::process::{Pid, Signal, kill_process};
use std::sync::Arc;

/// What does not end by itself, nor when it is asked.
const STUBBORN: &str = "(setsid sh -c \"trap '' TERM HUP; while :; do sleep 1; done\" &)
    ( env -i setsid /bin/sh -c 'sleep 1000; : TAG' & )
    sleep 1000 & echo ready; trap '' TERM; while :; do sleep 1; done";

/// An agent whose command has left everything about, and the word to find it by.
async fn busy_agent() -> (Agent, String) {
    let (agent, tag) = (Agent::start(), unique());
    let output = Arc::new(Record::default());
    let mut command = Command::script("test", STUBBORN.replace("TAG", &tag));
    command.environment = vec![("TAG".into(), tag.clone().into())];
    let client = agent.client.clone();
    let writes = output.clone();
    tokio::spawn(async move { client.run(command, writes, &CancellationToken::new()).await });
    output.until(Stream::Stdout, "ready").await;
    assert!(processes_tagged(&tag).len() >= 3);
    (agent, tag)
}

fn signal(agent: &Agent, signal: Signal) {
    kill_process(Pid::from_raw(agent.pid().cast_signed()).unwrap(), signal).unwrap();
}

#[test]
fn when_it_is_told_to() {
    block_on(async {
        let (mut agent, tag) = busy_agent().await;
        agent.client.end();
        assert!(agent.ended().await.success());
        assert_eq!(processes_tagged(&tag), [""; 0]);
    });
}

/// The engine sends it when somebody stops the container.
#[test]
fn by_a_signal() {
    block_on(async {
        let (mut agent, tag) = busy_agent().await;
        signal(&agent, Signal::TERM);
        assert!(agent.ended().await.success());
        assert_eq!(processes_tagged(&tag), [""; 0]);
        let (ended, _) = agent.script("exit 0").await;
        let Err(RunError::Gone { message }) = ended else { panic!("{ended:?}") };
        assert_eq!(message, "the container's main process ended");
    });
}

/// A host that was killed: its pipes are closed.
#[test]
fn with_its_host() {
    block_on(async {
        // The agent has the host's output as standard error, so that it closes when both are gone.
        let host = tokio::process::Command::new("sh")
            .args(["-c", "exec $0 --exact ends::host --ignored --nocapture 2>&1"])
            .arg(std::env::current_exe().unwrap())
            .stdout(std::process::Stdio::piped())
            .env(HOST, "1")
            .kill_on_drop(true)
            .spawn();
        let mut host = host.unwrap();
        let mut lines =
            tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(host.stdout.take().unwrap()));
        let tag = loop {
            let line = lines.next_line().await.unwrap().unwrap();
            if let Some(tag) = line.strip_prefix("tag ") {
                break tag.to_owned();
            }
        };
        assert!(processes_tagged(&tag).len() >= 3);
        host.kill().await.unwrap();
        tokio::time::timeout(PATIENCE, async { while lines.next_line().await.unwrap().is_some() {} })
            .await
            .unwrap();
        assert_eq!(processes_tagged(&tag), [""; 0]);
    });
}

/// Tells a process of this program that it is to be a host.
const HOST: &str = "EXECUTOR_DOCKER_TEST_HOST";

/// Not a test of its own: a host that will be killed.
#[test]
#[ignore = "is a host for another test"]
fn host() {
    if std::env::var_os(HOST).is_none() {
        return;
    }
    block_on(async {
        let (_agent, tag) = busy_agent().await;
        println!("tag {tag}");
        std::future::pending::<()>().await;
    });
}

/// Nobody reads what it writes, though somebody could still order something.
#[test]
fn when_nobody_listens() {
    block_on(async {
        let mut agent = tokio::process::Command::new("sh")
            .args(["-c", "exec $AGENT"])
            .envs([("AGENT", crate::kit::agent_command()), ("EXECUTOR_DOCKER_TEST_AGENT", "1".into())])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut output = agent.stdout.take().unwrap();
        // Its hello: it is there.
        let mut seen = Vec::new();
        while !seen.windows(6).any(|window| window == b"x86_64" || window == b"aarch6") {
            tokio::io::AsyncReadExt::read_buf(&mut output, &mut seen).await.unwrap();
        }
        drop(output);
        tokio::time::timeout(PATIENCE, agent.wait()).await.unwrap().unwrap();
    });
}

#[test]
fn by_nonsense() {
    block_on(async {
        use tokio::io::AsyncWriteExt as _;
        let mut agent = tokio::process::Command::new("sh")
            .args(["-c", "exec $AGENT"])
            .envs([("AGENT", crate::kit::agent_command()), ("EXECUTOR_DOCKER_TEST_AGENT", "1".into())])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut input = agent.stdin.take().unwrap();
        input.write_all(b"#!/bin/sh\necho a script for a shell\n").await.unwrap();
        let status = tokio::time::timeout(PATIENCE, agent.wait()).await.unwrap().unwrap();
        assert_eq!(status.code(), Some(3));
    });
}

#[test]
fn killed_in_the_middle_of_a_command() {
    block_on(async {
        let mut agent = Agent::start();
        let (output, stop) = (Arc::new(Record::default()), CancellationToken::new());
        let run = agent.client.run(
            Command::script("test", "echo $$ words; exec sleep 1000"),
            output.clone(),
            &stop,
        );
        let (ended, ()) = tokio::join!(run, async {
            output.until(Stream::Stdout, "words\n").await;
            signal(&agent, Signal::KILL);
        });
        let Err(RunError::Gone { message }) = ended else { panic!("{ended:?}") };
        assert_eq!(message, "the container's main process ended");
        // In a container it would have ended with its first process.
        let pid = output.text(Stream::Stdout).split(' ').next().unwrap().parse().unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
        agent.ended().await;
        let error = agent.client.kill_all().await.unwrap_err();
        assert_eq!(error, RequestError::Gone { message });
        assert_eq!(agent.client.hello().await.unwrap_err().why, Why::Ended);
    });
}

#[test]
fn everything_but_itself_when_all_is_to_end() {
    block_on(async {
        let (agent, tag) = busy_agent().await;
        agent.client.kill_all().await.unwrap();
        assert_eq!(processes_tagged(&tag), [""; 0]);
        assert_eq!(agent.script("exit 6").await.0.unwrap(), Exit::Code(6));
    });
}
