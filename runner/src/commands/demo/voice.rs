//! What a demo says beside the pipeline: where things are, and what can be done.

use crate::environment::Environment;
use crate::terminal::{Paint, Style, clean};
use protocol::Secret;
use serde_json::json;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// Speaks to people, or to programs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Voice {
    People(Style),
    Programs,
}

/// Where everything is.
pub(super) struct Places<'a> {
    /// The coordinator.
    pub(super) url: &'a str,
    /// The project's page.
    pub(super) project: &'a str,
    /// The pipeline's page.
    pub(super) pipeline: &'a str,
    /// Lets whoever opens it in, once.
    pub(super) entry: &'a Secret,
    /// The administrator's token.
    pub(super) token: &'a Secret,
    /// The work tree that was pushed.
    pub(super) folder: &'a Path,
}

impl Voice {
    pub(super) fn new(json: bool, environment: &Environment) -> Self {
        if json { Self::Programs } else { Self::People(Style::of_stdout(environment)) }
    }

    /// What it begins with.
    pub(super) fn begin(self, folder: &Path, runner: &str) {
        let Self::People(style) = self else { return };
        let title = style.paint(Paint::Strong, "A coordinator and its runner");
        let text = format!("{title} in {} ({runner})\n\n", clean(&folder.display().to_string()));
        write(&text);
    }

    /// A command that is done for the user.
    pub(super) fn command(self, command: &str) {
        let Self::People(style) = self else { return };
        let text = format!("{} {}\n", style.paint(Paint::Good, "$"), style.paint(Paint::Strong, command));
        write(&text);
    }

    /// What it answered.
    pub(super) fn answer(self, text: &str) {
        let Self::People(style) = self else { return };
        let mut out = String::new();
        for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
            let _ = writeln!(out, "{}", style.paint(Paint::Dim, clean(line)));
        }
        out.push('\n');
        write(&out);
    }

    /// Where things are; `stays` says whether they will be there for a while.
    pub(super) fn places(self, places: &Places<'_>, stays: bool) {
        match self {
            Self::Programs => {
                let event = json!({
                    "event": "demo_started",
                    "url": places.url,
                    "project_url": places.project,
                    "pipeline_url": places.pipeline,
                    "sign_in_url": places.entry.expose(),
                    "user": "root",
                    "token": places.token.expose(),
                    "folder": places.folder.display().to_string(),
                });
                write(&format!("{event}\n"));
            }
            Self::People(style) if stays => write(&people(places, style)),
            Self::People(_) => {}
        }
    }

    /// What can be done now that the pipeline is over.
    pub(super) fn end(self, places: &Places<'_>, waiting: &[String]) {
        let Self::People(style) = self else { return };
        let mut out = String::from("\n");
        if !waiting.is_empty() {
            let names = waiting.iter().map(|name| clean(name).into_owned()).collect::<Vec<_>>().join(", ");
            let _ = writeln!(
                out,
                "{} waits for a click on ▷: {}",
                style.paint(Paint::Strong, names),
                style.paint(Paint::Name, places.pipeline)
            );
        }
        let _ = writeln!(
            out,
            "Another push: change something in {}, git commit -a, git push",
            clean(&places.folder.display().to_string())
        );
        let _ =
            writeln!(out, "{}", style.paint(Paint::Strong, "Ctrl-C ends the demo and removes all of it."));
        out.push('\n');
        write(&out);
    }
}

fn people(places: &Places<'_>, style: Style) -> String {
    let mut text = String::new();
    let mut row = |name: &str, what: &str, note: &str| {
        let name = style.paint(Paint::Strong, format!("{name:<10}"));
        let _ = writeln!(text, "{}", format!("{name}{what}  {}", style.paint(Paint::Dim, note)).trim_end());
    };
    row("Open", &style.paint(Paint::Name, places.entry.expose()), "");
    row("", "", "it signs you in and shows the pipeline; it works once");
    row("Later", &style.paint(Paint::Name, places.pipeline), "");
    row("Sign in", &format!("as root with {}", places.token.expose()), "");
    text.push('\n');
    text
}

/// Writes to stdout. A reader that went away ends no demo.
fn write(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
