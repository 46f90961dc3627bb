//! `ci log`: the log of a job of a local run.

use super::past::args::LogArgs;
use super::run::JobRecord;
use super::run::show::{Harmless, Piece, Reader};
use super::{World, past};
use crate::error::CliError;
use std::fmt::Write as _;
use std::io::{Read, Write};

/// How much is read at once.
const PIECE: usize = 64 * 1024;

/// Prints the log, or lists the jobs that there are logs of.
pub(super) fn run(args: &LogArgs, world: &World<'_>) -> Result<(), CliError> {
    let run = past::find_run(&args.past, world)?;
    let mut stdout = std::io::stdout().lock();
    let Some(name) = &args.job else {
        let list = past::list(&run, |job| {
            job.log
                .as_ref()
                .map(|log| crate::terminal::clean(&log.to_string_lossy()).into_owned())
                .unwrap_or_default()
        });
        // A reader that went away is no failure.
        let _ = stdout.write_all(list.as_bytes()).and_then(|()| stdout.flush());
        return Ok(());
    };
    let job = chosen(&past::attempts(&run, name)?, args.attempt)?;
    let Some(log) = &job.log else {
        let name = past::path(job);
        return Err(CliError::usage(format!("`{name}` did not run in run {}", run.record.number))
            .because(format!("it is {}", job.status)));
    };
    let file = past::open(log)?;
    let mut view = if args.raw { View::Raw } else { View::lines(world.style.colours()) };
    copy(file, &mut stdout, &mut view)
        .map_err(|error| CliError::operation(format!("cannot read {}", log.display())).caused_by(&error))
}

/// The attempt that was asked for, counted from 1; the last one otherwise.
fn chosen<'a>(attempts: &[&'a JobRecord], wanted: Option<usize>) -> Result<&'a JobRecord, CliError> {
    let chosen = match wanted {
        Some(number) => number.checked_sub(1).and_then(|at| attempts.get(at)),
        None => attempts.last(),
    };
    let count = crate::terminal::counted(attempts.len(), "attempt");
    chosen
        .copied()
        .ok_or_else(|| CliError::usage("there is no such attempt").because(format!("the job had {count}")))
}

/// How a log is shown.
enum View {
    Raw,
    Lines(Box<(Reader, Harmless)>),
}

impl View {
    fn lines(colours: bool) -> Self {
        Self::Lines(Box::new((Reader::default(), Harmless::new(colours))))
    }

    /// What is to be shown for a piece of the log; for an empty one, which is its end, what is left.
    fn show(&mut self, piece: &[u8]) -> Vec<u8> {
        let (reader, harmless) = match self {
            Self::Raw => return piece.to_vec(),
            Self::Lines(parts) => (&mut parts.0, &mut parts.1),
        };
        let mut text = String::new();
        let mut tell = |piece: Piece<'_>| {
            if let Piece::Line(line) = piece {
                let _ = writeln!(text, "{}", harmless.line(line));
            }
        };
        match piece {
            [] => reader.finish(&mut tell),
            _ => reader.feed(piece, &mut tell),
        }
        text.into_bytes()
    }
}

/// Copies a log as it is to be shown, until its end or until nobody reads any more.
fn copy(mut log: impl Read, out: &mut impl Write, view: &mut View) -> std::io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let length = log.read(&mut piece)?;
        let text = view.show(piece.get(..length).unwrap_or_default());
        if out.write_all(&text).and_then(|()| out.flush()).is_err() || length == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::past::testing;
    use pipeline::Status;

    const LOG: &[u8] = b"section_start:1:a\r\x1b[0K\x1b[36;1mHeading\x1b[0;m\n1%\r2%\n\x1b]0;x\x07end";

    #[test]
    fn logs_are_shown_as_lines_or_as_they_are() {
        let show = |mut view: View| {
            let mut out = Vec::new();
            copy(LOG, &mut out, &mut view).unwrap();
            out
        };
        assert_eq!(show(View::Raw), LOG);
        assert_eq!(show(View::lines(false)), b"Heading\n2%\nend\n");
        assert_eq!(show(View::lines(true)), b"\x1b[36;1mHeading\x1b[0;m\x1b[0m\n2%\nend\n");
    }

    #[test]
    fn attempts_count_from_one() {
        let (first, last) =
            (testing::job(1, &[], "a", Status::Failed), testing::job(2, &[], "a", Status::Success));
        let attempts = [&first, &last];
        let of = |wanted| chosen(&attempts, wanted).map(|job| job.id.0);
        assert_eq!((of(None).unwrap(), of(Some(1)).unwrap(), of(Some(2)).unwrap()), (2, 1, 2));
        assert_eq!(of(Some(3)).unwrap_err().one_line(), "there is no such attempt: the job had 2 attempts");
        assert!(of(Some(0)).is_err());
    }
}
