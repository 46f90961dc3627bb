//! How a worker's stage ended, in a form that can be sent.

use crate::StageError;
use crate::script::Echo;
use executor::Exit;
use protocol::FailureReason;
use serde::{Deserialize, Serialize};

/// What came of a stage.
#[derive(Debug)]
pub(crate) struct Done {
    /// How it ended.
    pub(crate) result: Result<(), StageError>,
    /// The command of a user's script that it ended with, if it was one.
    pub(crate) echo: Option<Echo>,
}

impl Done {
    /// An end that is no user's doing.
    pub(crate) fn plain(result: Result<(), StageError>) -> Self {
        Self { result, echo: None }
    }
}

/// [`Done`] on its way.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Report {
    end: End,
    echo: Option<Echo>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum End {
    Well,
    Code(i32),
    Signal(i32),
    Failed { reason: FailureReason, message: String },
    Stopped,
}

/// Most characters of a message or a command that a report carries.
const LONGEST_TEXT: usize = 64 * 1024;

impl From<Done> for Report {
    fn from(done: Done) -> Self {
        let end = match done.result {
            Ok(()) => End::Well,
            Err(StageError::Exit(Exit::Code(code))) => End::Code(code),
            Err(StageError::Exit(Exit::Signal(number))) => End::Signal(number),
            Err(StageError::Failed { reason, message }) => End::Failed { reason, message: short(message) },
            Err(StageError::Stopped) => End::Stopped,
        };
        let echo = done.echo.map(|echo| Echo { command: short(echo.command), ..echo });
        Self { end, echo }
    }
}

impl From<Report> for Done {
    fn from(report: Report) -> Self {
        let result = match report.end {
            End::Well => Ok(()),
            End::Code(code) => Err(StageError::Exit(Exit::Code(code))),
            End::Signal(number) => Err(StageError::Exit(Exit::Signal(number))),
            End::Failed { reason, message } => Err(StageError::Failed { reason, message }),
            End::Stopped => Err(StageError::Stopped),
        };
        Self { result, echo: report.echo }
    }
}

fn short(text: String) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_arrives_as_it_was() {
        let echo =
            Echo { line: Vec::new(), command: "make".into(), number: 2, of: 3, origin: Some("hook".into()) };
        let failed = StageError::Failed {
            reason: FailureReason::RunnerExternalDependencyFailure,
            message: "no answer".to_owned(),
        };
        let ends = [
            Ok(()),
            Err(StageError::Exit(Exit::Code(128))),
            Err(StageError::Exit(Exit::Signal(9))),
            Err(StageError::Stopped),
            Err(StageError::configuration("not allowed")),
            Err(failed),
        ];
        for result in ends {
            let sent = Done { result: result.clone(), echo: Some(echo.clone()) };
            let text = serde_json::to_string(&Report::from(sent)).unwrap();
            let arrived = Done::from(serde_json::from_str::<Report>(&text).unwrap());
            assert_eq!(format!("{:?}", arrived.result), format!("{result:?}"));
            assert_eq!(arrived.echo.as_ref(), Some(&echo));
        }
    }

    #[test]
    fn no_report_is_too_long_to_be_sent() {
        let long = "\u{1}".repeat(2_000_000);
        let done = Done::plain(Err(StageError::system(long)));
        let text = serde_json::to_vec(&Report::from(done)).unwrap();
        assert!(text.len() < super::super::frame::LONGEST_REPORT);
    }
}
