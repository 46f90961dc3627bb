//! What the standard input of a build container begins with: a line for a shell that takes its script from there.
//!
//! An entrypoint such as `["sh", "-c"]` runs its first argument, `sh`, as a script and with it a shell without
//! arguments. gitlab-runner's script comes through standard input, so that such images work; this line starts the agent
//! in the same way. An agent that was started by the container's command finds the line in its input and passes over it.

use std::ffi::OsString;

/// Where the value of `LD_PRELOAD` waits while an agent starts.
///
/// Images set `LD_PRELOAD` for their own programs. The agent's loader cannot load such a library where it needs another
/// C library, and would fail. So the agent starts without, and gives it back to the commands that it starts.
pub const PRELOAD: &str = "RUNNER_AGENT_LD_PRELOAD";

/// How the line begins.
const BEGINNING: &[u8] = b"RUNNER_AGENT_LD_PRELOAD=";

/// The longest line, in bytes.
const LONGEST: usize = 4096;

/// A command line that starts an agent, given as words that a shell understands.
pub fn command_line(agent: &str) -> String {
    format!("{PRELOAD}=\"${{LD_PRELOAD-}}\" LD_PRELOAD= exec {agent}")
}

/// The same as a line of a script.
pub fn shell_line(agent: &str) -> String {
    format!("{}\n", command_line(agent))
}

/// The environment of an agent's commands, from its own.
pub fn restored(own: impl Iterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
    let own = own.filter(|(name, value)| name != "LD_PRELOAD" && !(name == PRELOAD && value.is_empty()));
    own.map(|(name, value)| if name == PRELOAD { ("LD_PRELOAD".into(), value) } else { (name, value) })
        .collect()
}

/// Whether bytes are such a line, or the beginning of one.
pub(super) fn begins_like_one(bytes: &[u8]) -> bool {
    let common = bytes.len().min(BEGINNING.len());
    let ends_once = bytes.iter().position(|byte| *byte == b'\n').is_none_or(|end| end + 1 == bytes.len());
    bytes.len() <= LONGEST && bytes[..common] == BEGINNING[..common] && ends_once
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_images_preload_is_for_commands() {
        let restored = |pairs: &[(&str, &str)]| restored(pairs.iter().map(|(n, v)| (n.into(), v.into())));
        let pair = |name: &str, value: &str| (OsString::from(name), OsString::from(value));
        assert_eq!(restored(&[("A", "b"), (PRELOAD, ""), ("LD_PRELOAD", "")]), [pair("A", "b")]);
        assert_eq!(restored(&[(PRELOAD, "/x.so"), ("LD_PRELOAD", "")]), [pair("LD_PRELOAD", "/x.so")]);
    }

    #[test]
    fn one_line_and_nothing_else() {
        let line = shell_line("/opt/runner agent");
        assert!((0..=line.len()).all(|size| begins_like_one(&line.as_bytes()[..size])));
        let twice = shell_line("x").repeat(2);
        for other in ["#!/bin/sh\n", "exit\n", &twice, &format!("{}\n", shell_line("x"))] {
            assert!(!begins_like_one(other.as_bytes()), "{other:?}");
        }
        assert!(!begins_like_one(&shell_line(&"x".repeat(LONGEST)).into_bytes()));
    }
}
