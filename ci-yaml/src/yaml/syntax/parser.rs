//! From tokens to events: the grammar of YAML.

use super::scanner::Scanner;
use super::token::{Style, Tag, Token, TokenKind};
use super::{Fault, Mark, SyntaxError};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

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

    fn document_start(&mut self) -> Result<Event<'a>> {
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

    fn document_content(&mut self) -> Result<Event<'a>> {
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
    fn document_end(&mut self) -> Result<Event<'a>> {
        let mark = self.peek()?.start;
        self.state = State::Over;
        Ok(self.at(EventKind::End, mark))
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
            TokenKind::BlockEntry if indentless => {
                (State::IndentlessSequenceEntry, EventKind::SequenceStart)
            }
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
                let context =
                    if block { "while parsing a block node" } else { "while parsing a flow node" };
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

    fn block_sequence_entry(&mut self, first: bool) -> Result<Event<'a>> {
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

    fn indentless_sequence_entry(&mut self) -> Result<Event<'a>> {
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
        if matches!(
            next,
            TokenKind::BlockEntry | TokenKind::Key | TokenKind::Value | TokenKind::BlockEnd
        ) {
            return Ok(self.nothing(mark));
        }
        self.states.push(self.state);
        self.node(true, false)
    }

    fn block_mapping_key(&mut self, first: bool) -> Result<Event<'a>> {
        if first {
            self.open()?;
        }
        match self.peek()?.kind {
            TokenKind::Key => self.block_mapping_part(State::BlockMappingValue),
            TokenKind::BlockEnd => self.close(EventKind::MappingEnd),
            _ => self.unfit("while parsing a block mapping", "did not find expected key"),
        }
    }

    fn block_mapping_value(&mut self) -> Result<Event<'a>> {
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

/// An error that libyaml reports without what was being read, so that Ruby names the beginning of the text.
fn bare(problem: &'static str, at: Mark) -> Fault {
    SyntaxError { problem, at, context: None, context_at: None }.into()
}
