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
    /// The folder of the run's logs.
    pub(super) folder: PathBuf,
}

impl End {
    /// The text, with line feeds.
    pub(super) fn text(&self, board: &Board, style: Style) -> String {
        let mut out = String::new();
        failure::write(&mut out, board, style);
        table::write(&mut out, board, style);
        totals::write(&mut out, board, &self.folder, style);
        out
    }
}
