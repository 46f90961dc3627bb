//! What stands at the end: failures, a table, totals, the critical path.

mod failure;
mod path;
mod table;
mod totals;

use super::board::Board;
use crate::terminal::Style;
use std::path::PathBuf;

/// What the end of a run has to say beside what happened.
#[derive(Clone, Debug, Default)]
pub(super) struct End {
    /// The folder of the run's logs; empty where no command of ours finds them later, so that none is named.
    pub(super) folder: PathBuf,
    /// How wide the terminal is; nothing where there is none, and lines may be as long as they are.
    pub(super) columns: Option<usize>,
}

impl End {
    /// Whether there is a run that commands can be given for.
    fn is_kept(&self) -> bool {
        !self.folder.as_os_str().is_empty()
    }

    /// The text, with line feeds.
    pub(super) fn text(&self, board: &Board, style: Style) -> String {
        let mut out = String::new();
        let columns = self.columns.unwrap_or(usize::MAX);
        failure::write(&mut out, board, self.is_kept(), style);
        table::write(&mut out, board, style, columns);
        totals::write(&mut out, board, &self.folder, style, columns);
        out
    }
}
