//! What the start of a coordinator looks like: for people on a terminal, and in two lines for everybody else.

use super::embedded::Embedded;
use crate::environment::Environment;
use crate::terminal::{Paint, Style};
use coordinator::Running;
use coordinator::model::UserId;
use protocol::Secret;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the address that lets its reader in is good.
const GOOD: Duration = Duration::from_secs(3600);

/// What is to be told.
pub(super) struct Greeting {
    url: String,
    data: PathBuf,
    /// The administrator's token, if it is new.
    token: Option<Secret>,
    /// Lets its reader in without a token; for terminals alone.
    entry: Option<Secret>,
    /// How to write; nothing where no person reads.
    style: Option<Style>,
}

impl Greeting {
    /// Tells programs at once where it is, and the administrator's token if it is new.
    pub(super) fn begin(running: &Running, data: &Path, environment: &Environment) -> Self {
        let style = io::stdout().is_terminal().then(|| Style::of_stdout(environment));
        let entry = style.and_then(|_| running.access.address_once(UserId::ROOT, "/", GOOD).ok());
        let greeting = Self {
            url: running.url.clone(),
            data: data.to_owned(),
            token: running.admin_token.clone(),
            entry,
            style,
        };
        if greeting.style.is_none() {
            write(&greeting.lines());
        }
        greeting
    }

    /// Tells people all of it, once the runner is there.
    pub(super) fn end(self, embedded: Option<&Embedded>) {
        if let Some(style) = self.style {
            write(&self.text(style, embedded.map(|embedded| embedded.manner.as_str())));
        }
    }

    fn lines(&self) -> String {
        let mut text = format!("{}\n", self.url);
        if let Some(token) = &self.token {
            let _ = writeln!(text, "Administrator's token, told this once (user root): {}", token.expose());
        }
        text
    }

    fn text(&self, style: Style, runner: Option<&str>) -> String {
        let mut text = String::from("\n");
        let mut row = |name: &str, what: &str, note: &str| {
            let name = style.paint(Paint::Strong, format!("{name:<10}"));
            let note = style.paint(Paint::Dim, note);
            let _ = writeln!(text, "{}", format!("  {name}{what}  {note}").trim_end());
        };
        row("Pages", &style.paint(Paint::Name, self.url.as_str()), "");
        if let Some(entry) = &self.entry {
            row("Sign in", &style.paint(Paint::Name, entry.expose()), "works once, for an hour");
        }
        match &self.token {
            Some(token) => row("Token", token.expose(), "of user root; told this once"),
            None => row("Token", "told before", "of user root; RUNNER_COORDINATOR_ADMIN_TOKEN adds another"),
        }
        row("Data", &self.data.display().to_string(), "");
        match runner {
            Some(manner) => row("Runner", manner, ""),
            None => row("Runner", "none in this process", "--with-runner, or one that registers"),
        }
        let push = self.url.replacen("://", "://root@", 1);
        let _ = writeln!(text, "\n  Make a project on the page, then push to it; the token is the password:");
        let _ = writeln!(text, "    git push {push}/root/NAME.git main");
        let _ = writeln!(text, "  {}\n", style.paint(Paint::Dim, "Ctrl-C ends it."));
        text
    }
}

/// Writes to stdout. A reader that went away is no failure.
fn write(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_programs() {
        let greeting = Greeting {
            url: "http://127.0.0.1:8929".into(),
            data: "/data".into(),
            token: Some("glpat-0123456789abcdef0123".into()),
            entry: Some("http://127.0.0.1:8929/users/sign_in?once=00&return=/".into()),
            style: None,
        };
        insta::assert_snapshot!(greeting.lines());
        insta::assert_snapshot!(greeting.text(Style::plain(80), Some("shell, as ci, 2 jobs at a time")));
    }
}
