//! What people and programs see of a run: a live view, lines, JSON, JUnit.
//!
//! Displays are told [`News`] and write. They read no clock but the one they are given, and what
//! they show of a job's log cannot steer the terminal.

mod board;
mod end;
mod json;
mod junit;
mod live;
mod output;
mod plain;
mod tail;
mod trace;
mod words;

pub(in crate::ci) use trace::{Harmless, Piece, Reader};
pub(crate) use words::{label, lasted, paint, sign};

use super::args::OutputArgs;
use super::news::{News, Show};
use super::signals::Hurry;
use crate::environment::Environment;
use crate::terminal::Style;
use end::End;
use json::Json;
use junit::Junit;
use live::{Live, Parts, Size};
use output::{Clock, Output};
use plain::Plain;
use std::io::IsTerminal as _;
use std::path::Path;
use terminal_size::{Height, Width};

/// The display that the flags and the terminal ask for. `folder` is the one of the run, for its logs.
/// Once the run is in a `hurry`, it does not wait for readers.
pub(super) fn choose(
    output: &OutputArgs,
    environment: &Environment,
    folder: &Path,
    hurry: &Hurry,
) -> Box<dyn Show> {
    let clock = Clock::real();
    let display = display(output, environment, folder, clock.clone(), hurry);
    match &output.junit {
        Some(file) => Box::new(Both(Junit::new(file.clone(), clock, Output::stderr(hurry)), display)),
        None => display,
    }
}

fn display(
    output: &OutputArgs,
    environment: &Environment,
    folder: &Path,
    clock: Clock,
    hurry: &Hurry,
) -> Box<dyn Show> {
    if output.json {
        return Box::new(Json::new(Output::stdout(hurry), Output::stderr(hurry)));
    }
    let style = Style::of_stdout(environment);
    let columns = std::io::stdout().is_terminal().then(|| size().columns);
    let end = End { folder: folder.to_owned(), columns };
    let out = Output::stdout(hurry);
    let moving = environment.non_empty("TERM").is_some_and(|term| term != "dumb");
    if output.logs || !moving || !std::io::stdout().is_terminal() {
        return Box::new(Plain::new(out, Output::stderr(hurry), style, clock, end));
    }
    let people = (!std::io::stderr().is_terminal()).then(|| Output::stderr(hurry));
    Box::new(Live::new(Parts { out, people, style, clock, size: Box::new(size), end }))
}

/// The display of a pipeline that somebody else runs: no folder of ours keeps it. `json` for programs, else for people,
/// live or in lines as the terminal has it.
pub(crate) fn of_elsewhere(json: bool, environment: &Environment, hurry: &Hurry) -> Box<dyn Show> {
    let output = OutputArgs { json, ..OutputArgs::default() };
    display(&output, environment, Path::new(""), Clock::real(), hurry)
}

/// A report beside a display.
struct Both(Junit, Box<dyn Show>);

impl Show for Both {
    fn tell(&mut self, news: &News) {
        // A complaint about the file comes when the screen is free again.
        self.1.tell(news);
        self.0.tell(news);
    }

    fn tick(&mut self) {
        self.1.tick();
    }

    fn is_live(&self) -> bool {
        self.1.is_live()
    }

    fn pause(&mut self, paused: bool) {
        self.1.pause(paused);
    }
}

/// The size of the terminal, now.
fn size() -> Size {
    let size = terminal_size::terminal_size_of(std::io::stdout()).unwrap_or((Width(80), Height(24)));
    Size { columns: usize::from(size.0.0), rows: usize::from(size.1.0) }
}

#[cfg(test)]
mod tests;
