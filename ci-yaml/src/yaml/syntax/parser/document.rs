//! Where a document begins and ends.

use super::{Event, EventKind, Parser, Result, State};
use crate::yaml::syntax::token::{Tag, TokenKind};
use crate::yaml::syntax::{Fault, Mark, SyntaxError};

impl<'a> Parser<'a> {
    pub(super) fn document_start(&mut self) -> Result<Event<'a>> {
        match self.peek()?.kind {
            TokenKind::StreamEnd => {
                self.state = State::Over;
                self.next()
            }
            TokenKind::Version(..) | TokenKind::TagDirective(..) | TokenKind::DocumentStart => {
                self.directives()?;
                let token = self.peek()?;
                if !matches!(token.kind, TokenKind::DocumentStart) {
                    return Err(bare("did not find expected <document start>", token.start));
                }
                self.scanner.skip();
                self.states.push(State::DocumentEnd);
                self.state = State::DocumentContent;
                self.next()
            }
            _ => {
                self.directives()?;
                self.states.push(State::DocumentEnd);
                self.state = State::BlockNode;
                self.next()
            }
        }
    }

    fn directives(&mut self) -> Result<()> {
        let mut has_version = false;
        loop {
            let token = self.peek()?;
            let mark = token.start;
            match &mut token.kind {
                TokenKind::Version(..) if has_version => {
                    return Err(bare("found duplicate %YAML directive", mark));
                }
                TokenKind::Version(1, 1 | 2) => has_version = true,
                TokenKind::Version(..) => return Err(bare("found incompatible YAML document", mark)),
                TokenKind::TagDirective(tag) => {
                    let Tag { handle, suffix } = tag.as_ref().clone();
                    if self.handles.insert(handle, suffix).is_some() {
                        return Err(bare("found duplicate %TAG directive", mark));
                    }
                }
                _ => break,
            }
            self.scanner.skip();
        }
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            self.handles.entry(handle.into()).or_insert_with(|| prefix.into());
        }
        Ok(())
    }

    pub(super) fn document_content(&mut self) -> Result<Event<'a>> {
        let token = self.peek()?;
        match token.kind {
            TokenKind::Version(..)
            | TokenKind::TagDirective(..)
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd => {
                let mark = token.start;
                self.pop_state();
                Ok(self.nothing(mark))
            }
            _ => self.node(true, false),
        }
    }

    /// Looks at what follows the document, which may already be no token at all.
    pub(super) fn document_end(&mut self) -> Result<Event<'a>> {
        let mark = self.peek()?.start;
        self.state = State::Over;
        Ok(self.at(EventKind::End, mark))
    }
}

/// An error that libyaml reports without what was being read, so that Ruby names the beginning of the text.
fn bare(problem: &'static str, at: Mark) -> Fault {
    SyntaxError { problem, at, context: None, context_at: None }.into()
}
