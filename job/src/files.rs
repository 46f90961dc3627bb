//! Finds the files that an artifact or a cache asks for.

use crate::capture::Capture;
use crate::notice::{self, Level};
use crate::{StageError, blocking};
use archive::{Note, NoteLevel, Selection};
use executor::{Command, Executor, Output};
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Most bytes that a listing of untracked files may have.
const LISTING_LIMIT: usize = 64 << 20;

/// What a stage about files works with.
pub(crate) struct Site<'a, E> {
    /// Where commands run.
    pub(crate) executor: &'a mut E,
    /// The work tree.
    pub(crate) project: &'a Path,
    /// Environment of git.
    pub(crate) environment: &'a [(OsString, OsString)],
    /// Where lines go.
    pub(crate) output: Arc<dyn Output>,
    /// Ends the stage.
    pub(crate) stop: CancellationToken,
}

/// Files by pattern, everything expanded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileQuery {
    /// Paths and patterns.
    pub(crate) paths: Vec<String>,
    /// What to leave out.
    pub(crate) exclude: Vec<String>,
    /// Whether files that git does not know belong to it.
    pub(crate) untracked: bool,
}

impl<E: Executor> Site<'_, E> {
    /// Finds the files and says what was found.
    pub(crate) async fn select(&mut self, stage: &str, query: &FileQuery) -> Result<Selection, StageError> {
        let untracked = if query.untracked { Some(self.untracked(stage).await?) } else { None };
        let (project, query) = (self.project.to_owned(), query.clone());
        let selected = blocking::run(&self.stop, move |cancel| {
            archive::select(&archive::Request {
                project: &project,
                paths: &query.paths,
                exclude: &query.exclude,
                untracked,
                cancel,
            })
        });
        match selected.await? {
            Ok(selection) => {
                self.tell(&selection.notes);
                Ok(selection)
            }
            Err(archive::SelectError::Canceled) => Err(StageError::Stopped),
            Err(error) => Err(self.fatal(&chain(&error))),
        }
    }

    /// Says what came up about files.
    pub(crate) fn tell(&self, notes: &[Note]) {
        for note in notes {
            let level = match note.level() {
                NoteLevel::Info => Level::Info,
                NoteLevel::Warning => Level::Warning,
            };
            notice::helper(&self.output, level, &note.to_string(), &[]);
        }
    }

    /// Says why the stage ends, and ends it as gitlab-runner's helper commands do.
    pub(crate) fn fatal(&self, message: &str) -> StageError {
        notice::helper(&self.output, Level::Fatal, message, &[]);
        StageError::helper()
    }

    /// Paths of files that git does not know, ignored ones included; or why there are none to be had.
    async fn untracked(&mut self, stage: &str) -> Result<Result<Vec<Vec<u8>>, String>, StageError> {
        let capture = Arc::new(Capture::new(LISTING_LIMIT));
        // A hostile repository shall not have its own programs run, nor one around the project be asked.
        let args = ["-c", "core.fsmonitor=false", "ls-files", "-o", "-z"];
        let mut command = Command::helper(stage, "git", args);
        command.directory = Some(self.project.to_owned());
        command.environment = self.environment.to_vec();
        command.environment.push(("GIT_NO_LAZY_FETCH".into(), "1".into()));
        if let Some(parent) = self.project.parent() {
            command.environment.push(("GIT_CEILING_DIRECTORIES".into(), parent.into()));
        }
        let exit = self.executor.run(command, capture.clone(), &self.stop).await;
        if self.stop.is_cancelled() {
            return Err(StageError::Stopped);
        }
        Ok(match (exit, capture.take()) {
            (Ok(exit), Some(captured)) if exit.is_success() => Ok(captured
                .stdout
                .split(|byte| *byte == 0)
                .filter(|p| !p.is_empty())
                .map(<[u8]>::to_vec)
                .collect()),
            (_, None) => Err(format!("more than {} MiB of names", LISTING_LIMIT >> 20)),
            (Ok(exit), Some(captured)) if captured.stderr.is_empty() => Err(exit.to_string()),
            (Ok(_), Some(captured)) => Err(captured.stderr),
            (Err(error), _) => Err(error.to_string()),
        })
    }
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// What the system says of a failure, in the words that users of gitlab-runner read: `file name too long`.
pub(crate) fn system_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
