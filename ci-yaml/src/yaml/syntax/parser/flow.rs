//! Lists in `[]` and maps in `{}`.

use super::{Event, EventKind, Parser, Result, State};
use crate::yaml::syntax::token::TokenKind;

impl<'a> Parser<'a> {
    pub(super) fn flow_sequence_entry(&mut self, first: bool) -> Result<Event<'a>> {
        if first {
            self.open()?;
        }
        if matches!(self.peek()?.kind, TokenKind::FlowSequenceEnd) {
            return self.close(EventKind::SequenceEnd);
        }
        if !first && !self.skip_comma()? {
            return self.unfit("while parsing a flow sequence", "did not find expected ',' or ']'");
        }
        let token = self.peek()?;
        match token.kind {
            TokenKind::FlowSequenceEnd => self.close(EventKind::SequenceEnd),
            // A pair without brackets, `[a: b]`, is a map of its own.
            TokenKind::Key => {
                let (start, end) = (token.start, token.end);
                self.scanner.skip();
                self.state = State::FlowPairKey;
                Ok(Event { kind: EventKind::MappingStart(None), start, end })
            }
            _ => self.flow_node(State::FlowSequenceEntry { first: false }),
        }
    }

    pub(super) fn flow_pair_key(&mut self) -> Result<Event<'a>> {
        let token = self.peek()?;
        if matches!(token.kind, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
            let mark = token.end;
            // libyaml passes over the token too, whatever it is: `[? ]` is an error for it.
            self.scanner.skip();
            self.state = State::FlowPairValue;
            return Ok(self.nothing(mark));
        }
        self.flow_node(State::FlowPairValue)
    }

    pub(super) fn flow_pair_value(&mut self) -> Result<Event<'a>> {
        if matches!(self.peek()?.kind, TokenKind::Value) {
            self.scanner.skip();
            if !matches!(self.peek()?.kind, TokenKind::FlowEntry | TokenKind::FlowSequenceEnd) {
                return self.flow_node(State::FlowPairEnd);
            }
        }
        let mark = self.peek()?.start;
        self.state = State::FlowPairEnd;
        Ok(self.nothing(mark))
    }

    pub(super) fn flow_pair_end(&mut self) -> Result<Event<'a>> {
        let mark = self.peek()?.start;
        self.state = State::FlowSequenceEntry { first: false };
        Ok(self.at(EventKind::MappingEnd, mark))
    }

    pub(super) fn flow_mapping_key(&mut self, first: bool) -> Result<Event<'a>> {
        if first {
            self.open()?;
        }
        if matches!(self.peek()?.kind, TokenKind::FlowMappingEnd) {
            return self.close(EventKind::MappingEnd);
        }
        if !first && !self.skip_comma()? {
            return self.unfit("while parsing a flow mapping", "did not find expected ',' or '}'");
        }
        match self.peek()?.kind {
            TokenKind::FlowMappingEnd => self.close(EventKind::MappingEnd),
            TokenKind::Key => {
                self.scanner.skip();
                let token = self.peek()?;
                if !matches!(token.kind, TokenKind::Value | TokenKind::FlowEntry | TokenKind::FlowMappingEnd)
                {
                    return self.flow_node(State::FlowMappingValue);
                }
                let mark = token.start;
                self.state = State::FlowMappingValue;
                Ok(self.nothing(mark))
            }
            _ => self.flow_node(State::FlowMappingEmptyValue),
        }
    }

    pub(super) fn flow_mapping_value(&mut self) -> Result<Event<'a>> {
        if matches!(self.peek()?.kind, TokenKind::Value) {
            self.scanner.skip();
            if !matches!(self.peek()?.kind, TokenKind::FlowEntry | TokenKind::FlowMappingEnd) {
                return self.flow_node(State::FlowMappingKey { first: false });
            }
        }
        self.flow_mapping_empty_value()
    }

    pub(super) fn flow_mapping_empty_value(&mut self) -> Result<Event<'a>> {
        let mark = self.peek()?.start;
        self.state = State::FlowMappingKey { first: false };
        Ok(self.nothing(mark))
    }

    fn flow_node(&mut self, after: State) -> Result<Event<'a>> {
        self.states.push(after);
        self.node(false, false)
    }

    /// Passes a comma; whether there was one.
    fn skip_comma(&mut self) -> Result<bool> {
        let is_comma = matches!(self.peek()?.kind, TokenKind::FlowEntry);
        if is_comma {
            self.scanner.skip();
        }
        Ok(is_comma)
    }
}
