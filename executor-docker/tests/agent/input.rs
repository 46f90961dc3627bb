//! Containers whose first process is a shell that takes its script from standard input.

use crate::kit::{Agent, GRACES, agent_command, block_on};
use executor::{Exit, Stream};
use executor_docker::agent::shell_line;

/// Input that begins with the line for a shell, before what the host sends.
fn fed() -> String {
    format!("(printf '%s' '{}'; exec cat)", shell_line(&agent_command()))
}

fn is_there(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|folder| folder.join(program).is_file())
}

#[test]
fn a_shell_starts_the_agent() {
    block_on(async {
        for shell in ["sh", "bash", "dash", "busybox sh", "sh -c sh"] {
            if !is_there(shell.split(' ').next().unwrap()) {
                eprintln!("skipped: no {shell}");
                continue;
            }
            let agent = Agent::behind(&format!("{} | {shell}", fed()), GRACES);
            let (exit, output) = agent.script("echo ran; exit 3").await;
            assert_eq!(exit.unwrap(), Exit::Code(3), "{shell}");
            assert_eq!(output.text(Stream::Stdout), "ran\n", "{shell}");
        }
    });
}

#[test]
fn an_agent_that_is_there_already_passes_over_the_line() {
    block_on(async {
        let agent = Agent::behind(&format!("{} | $AGENT", fed()), GRACES);
        let (exit, output) = agent.script("echo ran; exit 3").await;
        assert_eq!(exit.unwrap(), Exit::Code(3));
        assert_eq!(output.text(Stream::Stdout), "ran\n");
    });
}
