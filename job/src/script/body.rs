//! Writes a script piece by piece.

use super::{Dialect, Echo, Script};
use crate::variables::JobView;
use std::borrow::Cow;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

const GREEN: &[u8] = b"\x1b[32;1m";
const RESET: &[u8] = b"\x1b[0;m";

/// Commands that belong together.
pub(super) struct Commands<'a> {
    /// The commands, each of one or more lines.
    pub(super) items: &'a [String],
    /// The hook they are; nothing for a step's own.
    pub(super) origin: Option<&'static str>,
    /// How their sections are named.
    pub(super) section: &'static str,
}

/// The body of a script: what runs in its subshell.
pub(super) struct Body {
    dialect: Dialect,
    posix_quotes: bool,
    check_exit_codes: bool,
    sections: bool,
    xtrace: bool,
    text: Vec<u8>,
    echoes: Vec<Echo>,
}

impl Body {
    pub(super) fn new(view: JobView<'_>, dialect: Dialect) -> Self {
        let sections = view.order.payload.features.trace_sections && view.flags.is_on("FF_SCRIPT_SECTIONS");
        Self {
            dialect,
            posix_quotes: view.flags.is_on("FF_POSIXLY_CORRECT_ESCAPES"),
            check_exit_codes: view.flags.is_on("FF_ENABLE_BASH_EXIT_CODE_CHECK"),
            sections,
            xtrace: view.options.debug_trace,
            text: Vec::new(),
            echoes: Vec::new(),
        }
    }

    /// Exports variables in order.
    pub(super) fn export<K: AsRef<[u8]>, V: AsRef<[u8]>>(
        &mut self,
        variables: impl IntoIterator<Item = (K, V)>,
    ) {
        for (key, value) in variables {
            self.text.extend_from_slice(b"export ");
            self.text.extend_from_slice(key.as_ref());
            self.text.push(b'=');
            self.word(value.as_ref());
            self.text.push(b'\n');
        }
    }

    /// Exports what earlier stages left in the file that `GITLAB_ENV` names.
    pub(super) fn export_gitlab_env(&mut self) {
        self.text.extend_from_slice(self.dialect.export_lines().as_bytes());
    }

    pub(super) fn enter(&mut self, directory: &Path) {
        self.text.extend_from_slice(b"cd ");
        self.word(directory.as_os_str().as_bytes());
        self.text.push(b'\n');
        self.check();
    }

    /// A green line of the runner's own.
    pub(super) fn notice(&mut self, text: &str) {
        self.echo(&[GREEN, text.as_bytes(), RESET].concat());
    }

    /// Keeps the environment as it is now in a file, for what comes after the script.
    pub(super) fn save_environment(&mut self, file: &Path) {
        self.text.extend_from_slice(b"env -0 > ");
        self.word(file.as_os_str().as_bytes());
        self.text.extend_from_slice(b" || :\n");
    }

    /// Commands, each after its echo.
    pub(super) fn commands(&mut self, commands: &Commands<'_>) {
        let of = commands.items.len();
        for (index, command) in commands.items.iter().enumerate() {
            // A NUL cannot be handed to a shell by any quoting; bash would drop it, too.
            let command = command.trim().replace('\0', "");
            if command.is_empty() {
                self.text.extend_from_slice(b"echo\n");
                continue;
            }
            let (first, more) = match command.split_once('\n') {
                Some((first, _)) => (first, true),
                None => (command.as_str(), false),
            };
            let (shown, line) = if more && self.sections {
                self.section(commands.section, index, &command);
                (first.to_owned(), [GREEN, b"$ ", first.as_bytes()].concat())
            } else {
                let shown =
                    if more { format!("{first} # collapsed multi-line command") } else { first.to_owned() };
                let line = [GREEN, b"$ ", shown.as_bytes(), RESET].concat();
                self.echo(&line);
                (shown, line)
            };
            self.echoes.push(Echo {
                line,
                command: shown,
                number: index + 1,
                of,
                origin: commands.origin.map(Cow::Borrowed),
            });
            self.text.extend_from_slice(command.as_bytes());
            self.text.push(b'\n');
            self.check();
        }
    }

    /// A whole command as a section that is folded and, before the command runs, over.
    fn section(&mut self, name: &str, index: usize, command: &str) {
        let text = [GREEN, b"$ ", command.as_bytes(), RESET].concat();
        self.text.extend_from_slice(
            format!(
                "printf 'section_start:%s:section_{name}_{index}[hide_duration=true,collapsed=true]\\r\\033[0K%s\\n' \
                 \"$(date +%s)\" "
            )
            .as_bytes(),
        );
        self.word(&text);
        self.text.extend_from_slice(
            format!("\nprintf 'section_end:%s:section_{name}_{index}\\r\\033[0K\\n' \"$(date +%s)\"\n")
                .as_bytes(),
        );
    }

    fn echo(&mut self, line: &[u8]) {
        self.text.extend_from_slice(self.dialect.echo().as_bytes());
        self.word(line);
        self.text.push(b'\n');
    }

    fn check(&mut self) {
        if self.check_exit_codes {
            self.text.extend_from_slice(
                b"_runner_exit_code=$?; if [ $_runner_exit_code -ne 0 ]; then exit $_runner_exit_code; fi\n",
            );
        }
    }

    fn word(&mut self, bytes: &[u8]) {
        let word = self.dialect.quote(self.posix_quotes, bytes);
        self.text.extend_from_slice(&word);
    }

    /// The whole script. The body is one word for one `eval`, so the shell has read all of the script before
    /// the first command runs, and commands find an empty standard input.
    pub(super) fn finish(self) -> Script {
        let mut script =
            format!("#!/usr/bin/env {}\n\ntrap 'exit 1' TERM\n\n", self.dialect.name()).into_bytes();
        if self.xtrace {
            script.extend_from_slice(b"set -o xtrace\n");
        }
        script.extend_from_slice(self.dialect.pipefail().as_bytes());
        script.extend_from_slice(b"\nset -o errexit\nset +o noclobber\n(trap 'exit 1' TERM; eval ");
        script.extend_from_slice(&self.dialect.quote(self.posix_quotes, &self.text));
        script.extend_from_slice(b") < /dev/null\nexit 0\n");
        Script { bytes: script.into(), echoes: self.echoes }
    }
}
