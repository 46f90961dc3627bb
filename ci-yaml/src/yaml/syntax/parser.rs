//! From tokens to events: the grammar of YAML.

use super::scanner::Scanner;
use super::token::{Style, Tag, Token, TokenKind};
use super::{Fault, Mark, SyntaxError};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

mod block;
mod document;
mod flow;

/// What may stand before a node, and mostly does not.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::yaml) struct Properties<'a> {
    /// The name behind `&`.
    pub(in crate::yaml) anchor: Option<&'a str>,
    /// The whole tag, its handle being replaced.
    pub(in crate::yaml) tag: Option<Cow<'a, str>>,
    /// Where the tag is written.
    pub(in crate::yaml) tag_marks: Option<(Mark, Mark)>,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::yaml) enum EventKind<'a> {
    /// A scalar. Nothing at all is an empty plain one.
    Scalar(Option<Box<Properties<'a>>>, Cow<'a, str>, Style),
    /// `*name`
    Alias(&'a str),
    /// A list begins.
    SequenceStart(Option<Box<Properties<'a>>>),
    /// It ends.
    SequenceEnd,
    /// A map begins; keys and values follow in turn.
    MappingStart(Option<Box<Properties<'a>>>),
    /// It ends.
    MappingEnd,
    /// The document is over.
    End,
}

/// An event and where its text is, without what stands before a node.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::yaml) struct Event<'a> {
    pub(in crate::yaml) kind: EventKind<'a>,
    pub(in crate::yaml) start: Mark,
    pub(in crate::yaml) end: Mark,
}

/// What is expected next. The names are those of libyaml's states.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceEntry { first: bool },
    IndentlessSequenceEntry,
    BlockMappingKey { first: bool },
    BlockMappingValue,
    FlowSequenceEntry { first: bool },
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingKey { first: bool },
    FlowMappingValue,
    FlowMappingEmptyValue,
    Over,
}

type Result<T, E = Fault> = std::result::Result<T, E>;

/// Reads the first YAML document of a part of a file, as Ruby does; what follows it is not looked at.
pub(in crate::yaml) struct Parser<'a> {
    scanner: Scanner<'a>,
    state: State,
    /// What to go on with once the node being read is over.
    states: Vec<State>,
    /// Where the open collections begin.
    marks: Vec<Mark>,
    handles: HashMap<Cow<'a, str>, Cow<'a, str>>,
}

impl<'a> Parser<'a> {
    /// For a part of a file. More open collections than `depth` are refused.
    pub(in crate::yaml) fn new(file: &'a str, document: Range<usize>, depth: usize) -> Self {
        Self {
            scanner: Scanner::new(file, document, depth),
            state: State::DocumentStart,
            states: Vec::new(),
            marks: Vec::new(),
            handles: HashMap::new(),
        }
    }

    /// Where reading has come to.
    pub(in crate::yaml) fn mark(&self) -> Mark {
        self.scanner.mark()
    }

    /// The next event.
    pub(in crate::yaml) fn next(&mut self) -> Result<Event<'a>> {
        match self.state {
            State::DocumentStart => self.document_start(),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(true, false),
            State::BlockSequenceEntry { first } => self.block_sequence_entry(first),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(),
            State::BlockMappingKey { first } => self.block_mapping_key(first),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceEntry { first } => self.flow_sequence_entry(first),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => self.flow_pair_end(),
            State::FlowMappingKey { first } => self.flow_mapping_key(first),
            State::FlowMappingValue => self.flow_mapping_value(),
            State::FlowMappingEmptyValue => self.flow_mapping_empty_value(),
            State::Over => Ok(self.at(EventKind::End, self.mark())),
        }
    }

    fn peek(&mut self) -> Result<&mut Token<'a>> {
        self.scanner.peek()
    }

    fn at(&self, kind: EventKind<'a>, mark: Mark) -> Event<'a> {
        Event { kind, start: mark, end: mark }
    }

    /// A scalar of nothing.
    fn nothing(&self, mark: Mark) -> Event<'a> {
        self.at(EventKind::Scalar(None, Cow::Borrowed(""), Style::Plain), mark)
    }

    fn pop_state(&mut self) {
        self.state = self.states.pop().unwrap_or(State::Over);
    }

    /// Notes where a collection begins, and passes the token that begins it.
    fn open(&mut self) -> Result<()> {
        let mark = self.peek()?.start;
        self.marks.push(mark);
        self.scanner.skip();
        Ok(())
    }

    /// The end of a collection, whose last token is next.
    fn close(&mut self, kind: EventKind<'a>) -> Result<Event<'a>> {
        let Token { start, end, .. } = *self.peek()?;
        self.scanner.skip();
        self.pop_state();
        self.marks.pop();
        Ok(Event { kind, start, end })
    }

    /// The error that a collection does not go on as it must.
    fn unfit(&mut self, context: &'static str, problem: &'static str) -> Result<Event<'a>> {
        let at = self.peek()?.start;
        let context_at = self.marks.pop();
        Err(SyntaxError { problem, at, context: Some(context), context_at }.into())
    }

    /// A node and what stands before it. `indentless`: it may be a list that is no deeper than its key.
    fn node(&mut self, block: bool, indentless: bool) -> Result<Event<'a>> {
        let token = self.peek()?;
        let (start, end) = (token.start, token.end);
        if let TokenKind::Alias(name) = token.kind {
            self.scanner.skip();
            self.pop_state();
            return Ok(Event { kind: EventKind::Alias(name), start, end });
        }
        let (properties, last) = self.properties(start)?;
        let token = self.peek()?;
        let (content_start, content_end) = (token.start, token.end);
        let (state, kind): (_, fn(_) -> _) = match &mut token.kind {
            TokenKind::BlockEntry if indentless => (State::IndentlessSequenceEntry, EventKind::SequenceStart),
            TokenKind::FlowSequenceStart => {
                (State::FlowSequenceEntry { first: true }, EventKind::SequenceStart)
            }
            TokenKind::FlowMappingStart => (State::FlowMappingKey { first: true }, EventKind::MappingStart),
            TokenKind::BlockSequenceStart if block => {
                (State::BlockSequenceEntry { first: true }, EventKind::SequenceStart)
            }
            TokenKind::BlockMappingStart if block => {
                (State::BlockMappingKey { first: true }, EventKind::MappingStart)
            }
            TokenKind::Scalar(value, style) => {
                let kind = EventKind::Scalar(properties, std::mem::take(value), *style);
                self.scanner.skip();
                self.pop_state();
                return Ok(Event { kind, start: content_start, end: content_end });
            }
            _ if last.is_some() => {
                self.pop_state();
                let kind = EventKind::Scalar(properties, Cow::Borrowed(""), Style::Plain);
                return Ok(Event { kind, start, end: last.unwrap_or(start) });
            }
            _ => {
                let context = if block { "while parsing a block node" } else { "while parsing a flow node" };
                let (context, context_at) = (Some(context), Some(start));
                let problem = "did not find expected node content";
                return Err(SyntaxError { problem, at: content_start, context, context_at }.into());
            }
        };
        self.state = state;
        Ok(Event { kind: kind(properties), start: content_start, end: content_end })
    }

    /// An anchor and a tag, in any order, and where the last of them ends.
    fn properties(&mut self, start: Mark) -> Result<(Option<Box<Properties<'a>>>, Option<Mark>)> {
        if !matches!(self.peek()?.kind, TokenKind::Anchor(_) | TokenKind::Tag(_)) {
            return Ok((None, None));
        }
        let (mut properties, mut last) = (Properties::default(), None);
        let mut tag = None;
        loop {
            let token = self.peek()?;
            let (token_start, token_end) = (token.start, token.end);
            match &token.kind {
                TokenKind::Anchor(name) if properties.anchor.is_none() => properties.anchor = Some(name),
                TokenKind::Tag(parts) if tag.is_none() => {
                    tag = Some(parts.as_ref().clone());
                    properties.tag_marks = Some((token_start, token_end));
                }
                _ => break,
            }
            last = Some(token_end);
            self.scanner.skip();
        }
        // The token behind them was looked at, so that its error comes first, as in libyaml.
        if let (Some(tag), Some((at, _))) = (tag, properties.tag_marks) {
            properties.tag = Some(self.resolve_tag(tag, start, at)?);
        }
        Ok((Some(Box::new(properties)), last))
    }

    fn resolve_tag(&self, tag: Tag<'a>, node: Mark, at: Mark) -> Result<Cow<'a, str>> {
        let Tag { handle, suffix } = tag;
        if handle.is_empty() {
            return Ok(suffix);
        }
        let Some(prefix) = self.handles.get(&handle) else {
            let (context, context_at) = (Some("while parsing a node"), Some(node));
            let problem = "found undefined tag handle";
            return Err(SyntaxError { problem, at, context, context_at }.into());
        };
        Ok(Cow::Owned(format!("{prefix}{suffix}")))
    }
}
