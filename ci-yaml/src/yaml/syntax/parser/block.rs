//! Lists of lines that begin with `-`, and maps of lines that begin with a key.

use super::{Event, EventKind, Parser, Result, State};
use crate::yaml::syntax::token::TokenKind;

impl<'a> Parser<'a> {
    pub(super) fn block_sequence_entry(&mut self, first: bool) -> Result<Event<'a>> {
        if first {
            self.open()?;
        }
        let token = self.peek()?;
        match token.kind {
            TokenKind::BlockEntry => {
                let mark = token.end;
                self.scanner.skip();
                self.state = State::BlockSequenceEntry { first: false };
                if matches!(self.peek()?.kind, TokenKind::BlockEntry | TokenKind::BlockEnd) {
                    return Ok(self.nothing(mark));
                }
                self.states.push(self.state);
                self.node(true, false)
            }
            TokenKind::BlockEnd => self.close(EventKind::SequenceEnd),
            _ => self.unfit("while parsing a block collection", "did not find expected '-' indicator"),
        }
    }

    pub(super) fn indentless_sequence_entry(&mut self) -> Result<Event<'a>> {
        let token = self.peek()?;
        let mark = token.end;
        if !matches!(token.kind, TokenKind::BlockEntry) {
            let mark = token.start;
            self.pop_state();
            return Ok(self.at(EventKind::SequenceEnd, mark));
        }
        self.scanner.skip();
        self.state = State::IndentlessSequenceEntry;
        let next = &self.peek()?.kind;
        if matches!(next, TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd) {
            return Ok(self.nothing(mark));
        }
        self.states.push(self.state);
        self.node(true, false)
    }

    pub(super) fn block_mapping_key(&mut self, first: bool) -> Result<Event<'a>> {
        if first {
            self.open()?;
        }
        match self.peek()?.kind {
            TokenKind::Key => self.block_mapping_part(State::BlockMappingValue),
            TokenKind::BlockEnd => self.close(EventKind::MappingEnd),
            _ => self.unfit("while parsing a block mapping", "did not find expected key"),
        }
    }

    pub(super) fn block_mapping_value(&mut self) -> Result<Event<'a>> {
        let token = self.peek()?;
        if matches!(token.kind, TokenKind::Value) {
            return self.block_mapping_part(State::BlockMappingKey { first: false });
        }
        let mark = token.start;
        self.state = State::BlockMappingKey { first: false };
        Ok(self.nothing(mark))
    }

    /// What follows a key's or a value's indicator, which is next.
    fn block_mapping_part(&mut self, after: State) -> Result<Event<'a>> {
        let mark = self.peek()?.end;
        self.scanner.skip();
        if matches!(self.peek()?.kind, TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd) {
            self.state = after;
            return Ok(self.nothing(mark));
        }
        self.states.push(after);
        self.node(true, true)
    }
}
