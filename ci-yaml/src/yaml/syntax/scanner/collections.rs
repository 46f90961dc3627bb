//! Where block collections begin and end, which their columns tell.

use super::{Result, Scanner, to_column};
use crate::yaml::syntax::token::{Token, TokenKind};
use crate::yaml::syntax::{Fault, Mark};

impl<'a> Scanner<'a> {
    /// Opens a block collection if this column is further right than the innermost. It goes before the token that is
    /// the `before`th from the start, or behind all.
    pub(super) fn open_block(
        &mut self,
        column: i64,
        before: Option<usize>,
        kind: TokenKind<'a>,
        mark: Mark,
    ) -> Result<()> {
        if self.in_flow() || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        self.check_depth(mark)?;
        let token = Token { kind, start: mark, end: mark };
        let place = before.map_or(self.tokens.len(), |number| number.saturating_sub(self.taken));
        self.tokens.insert(place.min(self.tokens.len()), token);
        Ok(())
    }

    /// Closes the block collections further right than a column.
    pub(super) fn close_blocks(&mut self, column: i64) {
        if self.in_flow() {
            return;
        }
        while self.indent > column {
            self.push(TokenKind::BlockEnd, self.mark());
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    pub(super) fn check_depth(&self, mark: Mark) -> Result<()> {
        if self.indents.len() + self.simple_keys.len() - 1 > self.depth {
            return Err(Fault::Depth(mark));
        }
        Ok(())
    }

    /// Opens a block collection with an indicator that stands here, if one may.
    pub(super) fn open_block_here(&mut self, kind: TokenKind<'a>, otherwise: &'static str) -> Result<()> {
        if self.in_flow() {
            return Ok(());
        }
        if !self.simple_key_allowed {
            return Err(self.misplaced(otherwise));
        }
        self.open_block(to_column(self.cursor.column()), None, kind, self.mark())
    }
}
