//! Images whose entrypoint, and what it leaves running, writes to the same output as the agent.

use crate::kit::{Agent, GRACES, block_on};
use executor::behaviour::Record;
use executor::{CancellationToken, Command, Exit, Stream};
use executor_docker::agent::Why;
use std::sync::Arc;

#[test]
fn its_words_are_not_the_agents() {
    block_on(async {
        let agent = Agent::behind(r"printf 'Starting \374rA\003 \374 things\n'; exec $AGENT", GRACES);
        agent.client.hello().await.unwrap();
        let said = agent.said.bytes(Stream::Stdout);
        // What a program for tests says of itself comes from the agent's process, before its hello.
        let expected = b"Starting \xfcrA\x03 \xfc things\n\nrunning 1 test\n";
        assert_eq!(said, expected, "{:?}", String::from_utf8_lossy(&said));
    });
}

/// A server that an entrypoint starts goes on talking.
#[test]
fn what_it_leaves_running_writes_between_frames() {
    block_on(async {
        let noise = "i=0; while [ $i -lt 100000 ]; do echo noise $i; i=$((i+1)); done";
        let agent = Agent::behind(&format!("({noise}) & exec $AGENT"), GRACES);
        let output = Arc::new(Record::default());
        let script =
            "i=0; while [ $i -lt 100000 ]; do echo line $i; i=$((i+1)); done; head -c 5000000 /dev/zero >&2";
        let command = Command::script("test", script);
        let exit = agent.client.run(command, output.clone(), &CancellationToken::new()).await;
        assert_eq!(exit.unwrap(), Exit::Code(0));
        let lines = |name: &str| (0..100_000).map(|i| format!("{name} {i}\n")).collect::<String>();
        assert!(output.text(Stream::Stdout) == lines("line"));
        assert_eq!(output.bytes(Stream::Stderr).len(), 5_000_000);
        agent.said.until(Stream::Stdout, "noise 99999\n").await;
        let said = agent.said.text(Stream::Stdout).replace("\nrunning 1 test\n", "");
        assert!(said == lines("noise"), "{} bytes", said.len());
    });
}

/// What one writes to the first process's output is to be read in the log, as in any container.
#[test]
fn a_command_may_write_to_the_output_of_the_container() {
    block_on(async {
        let agent = Agent::start();
        let (exit, _) = agent.script("echo straight >/proc/$PPID/fd/1; exit 3").await;
        assert_eq!(exit.unwrap(), Exit::Code(3));
        assert!(agent.said.text(Stream::Stdout).ends_with("straight\n"));
    });
}

#[test]
fn one_that_does_not_run_its_command_is_told() {
    block_on(async {
        let agent = Agent::behind("echo usage: something else; exit 0", GRACES);
        let error = agent.client.hello().await.unwrap_err();
        assert_eq!((error.why, &error.said[..]), (Why::Ended, &b"usage: something else\n"[..]));
        let agent = Agent::behind("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done", GRACES);
        let said = agent.client.hello().await.unwrap_err().said;
        assert!(said.len() <= 4096 && said.ends_with(b"line 4999\n"), "{}", said.len());
    });
}

/// `| tee log` changes nothing; what cuts the output off ends the conversation.
#[test]
fn the_output_may_go_through_another_program() {
    block_on(async {
        let agent = Agent::behind("$AGENT | cat", GRACES);
        let (exit, output) = agent.script("head -c 1000000 /dev/zero; exit 4").await;
        assert_eq!(exit.unwrap(), Exit::Code(4));
        assert_eq!(output.bytes(Stream::Stdout).len(), 1_000_000);
        let agent = Agent::behind("$AGENT | dd bs=4096 count=8 2>/dev/null", GRACES);
        let (exit, _) = agent.script("head -c 1000000 /dev/zero; exit 4").await;
        assert_eq!(exit.unwrap_err().to_string(), "the container's main process ended");
    });
}
