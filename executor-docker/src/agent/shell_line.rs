//! What the standard input of a build container begins with: a line for a shell that takes its script from there.
//!
//! An entrypoint such as `["sh", "-c"]` runs its first argument, `sh`, as a script and with it a shell without
//! arguments. gitlab-runner's script comes through standard input, so that such images work; this line starts the agent
//! in the same way. An agent that was started by the container's command finds the line in its input and passes over it.

/// How the line begins.
const BEGINNING: &[u8] = b"exec ";

/// The longest line, in bytes.
const LONGEST: usize = 4096;

/// The line that starts an agent, given as words that a shell understands.
pub fn shell_line(agent: &str) -> String {
    format!("exec {agent}\n")
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
    fn one_line_and_nothing_else() {
        let line = shell_line("/opt/runner agent");
        assert!((0..=line.len()).all(|size| begins_like_one(&line.as_bytes()[..size])));
        for other in ["#!/bin/sh\n", "exit\n", "exec x\nexec y\n", "exec x\n\n"] {
            assert!(!begins_like_one(other.as_bytes()), "{other:?}");
        }
        assert!(!begins_like_one(&shell_line(&"x".repeat(LONGEST)).into_bytes()));
    }
}
