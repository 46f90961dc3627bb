//! From events to nodes.

use super::explain::{self, Source};
use super::scalar::Refusal;
use super::syntax::{Event, EventKind, Fault, Mark, Parser, Properties, Style};
use super::tag::{self, Shape};
use super::{Limits, Note, TOLERANCE, size};
use crate::{Diagnostic, Key, Map, Node, Reference, Span, Value};
use frame::{Anchored, Built, Content, Frame, Origin, PendingKey, Stop};
use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::Arc;

mod frame;
mod merge;

/// One YAML document.
pub(super) struct Document {
    /// What it says.
    pub(super) root: Node,
    /// What is odd about it.
    pub(super) notes: Vec<Note>,
    /// Why GitLab would not use it, though it can be read.
    pub(super) too_big: Option<Diagnostic>,
}

/// Reads the first document of a part of a file.
pub(super) fn document(source: &Source<'_>, limits: &Limits) -> Result<Document, Diagnostic> {
    let mut parser = Parser::new(source.text, source.document.clone(), limits.depth);
    let mut builder = Builder::new(source, limits);
    let failed = loop {
        let event = parser.next().map_err(|fault| fault_of(source, limits, &fault))?;
        if matches!(event.kind, EventKind::End) {
            builder.note_rest(event.start);
            return builder.finish();
        }
        match builder.take(event) {
            Ok(()) => {}
            Err(Stop::Now(diagnostic)) => return Err(*diagnostic),
            Err(Stop::Later(diagnostic)) => break *diagnostic,
        }
    };
    // Ruby reads the whole document before it makes anything of it, so an error of syntax comes first.
    loop {
        match parser.next() {
            Ok(event) if matches!(event.kind, EventKind::End) => return Err(failed),
            Ok(_) => {}
            Err(Fault::Depth(_)) => return Err(failed),
            Err(fault) => return Err(fault_of(source, limits, &fault)),
        }
    }
}

fn fault_of(source: &Source<'_>, limits: &Limits, fault: &Fault) -> Diagnostic {
    match fault {
        Fault::Syntax(error) => explain::syntax(source, error),
        Fault::Depth(mark) => explain::too_deep(source.point(*mark), limits.depth),
    }
}

struct Builder<'s, 'a> {
    source: &'s Source<'a>,
    limits: &'s Limits,
    frames: Vec<Frame<'a>>,
    anchors: HashMap<&'a str, Anchored>,
    notes: Vec<Note>,
    root: Option<Node>,
    /// An alias that makes the document contain itself.
    cycle: Option<Span>,
    /// How many nodes may still be made, and entries copied by `<<`. No more than this can be kept within the limit of
    /// memory, since each takes the eight bytes of a reference at least.
    steps_left: usize,
    /// How many bytes the collections may still take that are keys.
    keys_left: usize,
}

impl<'s, 'a> Builder<'s, 'a> {
    fn new(source: &'s Source<'a>, limits: &'s Limits) -> Self {
        Self {
            source,
            limits,
            frames: Vec::new(),
            anchors: HashMap::new(),
            notes: Vec::new(),
            root: None,
            cycle: None,
            steps_left: limits.memory / size_of::<u64>(),
            keys_left: limits.memory,
        }
    }

    fn take(&mut self, event: Event<'a>) -> Result<(), Stop> {
        let Event { kind, start, end } = event;
        let span = self.source.span(start, end);
        self.charge(1, span)?;
        match kind {
            EventKind::Scalar(properties, text, style) => {
                self.scalar(&properties.map(|found| *found).unwrap_or_default(), &text, style, span, end)
            }
            EventKind::Alias(name) => self.alias(name, span, end),
            EventKind::SequenceStart(properties) => {
                let properties = properties.map(|found| *found).unwrap_or_default();
                let shape = tag::sequence(properties.tag.as_deref());
                let shape = shape.map_err(|refusal| self.refuse(&refusal, &properties, span, ""))?;
                self.open(&properties, shape, Content::Seq(Vec::new()), start)
            }
            EventKind::MappingStart(properties) => {
                let properties = properties.map(|found| *found).unwrap_or_default();
                let shape = tag::mapping(properties.tag.as_deref());
                let shape = shape.map_err(|refusal| self.refuse(&refusal, &properties, span, ""))?;
                let content = Content::Map { map: Map::new(), key: None, merged: HashSet::new() };
                self.open(&properties, shape, content, start)
            }
            EventKind::SequenceEnd | EventKind::MappingEnd => self.close(start, end),
            EventKind::End => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        properties: &Properties<'a>,
        text: &str,
        style: Style,
        span: Span,
        end: Mark,
    ) -> Result<(), Stop> {
        let tag = properties.tag.as_deref();
        let value = if tag == Some(tag::REFERENCE) {
            Value::Reference(Arc::new(Reference { path: Node::string(text, span) }))
        } else {
            let value = tag::scalar(tag, text, style);
            let (value, known) = value.map_err(|refusal| self.refuse(&refusal, properties, span, text))?;
            if !known {
                self.note_tag(properties, text.is_empty());
            }
            value
        };
        let node = Node::new(value, span);
        if let Some(anchor) = properties.anchor {
            self.anchors.insert(anchor, Anchored::Node { node: node.clone(), height: 0 });
        }
        let origin = Origin::Scalar { only_text: tag == Some(tag::STRING) };
        self.put(Built { node, height: 0, origin }, end)
    }

    fn alias(&mut self, name: &str, span: Span, end: Mark) -> Result<(), Stop> {
        let built = match self.anchors.get(name) {
            None => {
                let known = self.anchors.keys().copied();
                return Err(Stop::later(explain::unknown_alias(self.source, name, known, span)));
            }
            Some(Anchored::Node { node, height }) => {
                if self.frames.len() + height > self.limits.depth {
                    return Err(Stop::now(explain::too_deep(span, self.limits.depth)));
                }
                Built { node: node.clone(), height: *height, origin: Origin::Alias }
            }
            Some(Anchored::Open(frame)) => {
                let node = Node::new(Value::Null, span);
                Built { node, height: 0, origin: Origin::Open(*frame) }
            }
        };
        self.put(built, end)
    }

    fn open(
        &mut self,
        properties: &Properties<'a>,
        shape: Shape,
        content: Content,
        start: Mark,
    ) -> Result<(), Stop> {
        if self.frames.len() >= self.limits.depth {
            return Err(Stop::now(explain::too_deep(self.source.point(start), self.limits.depth)));
        }
        if shape == (Shape::Plain { known: false }) {
            self.note_tag(properties, false);
        }
        // Ruby knows a list behind `!reference` by no name.
        let is_sequence = matches!(content, Content::Seq(_));
        let anchor = properties.anchor.filter(|_| !(is_sequence && shape == Shape::Reference));
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, Anchored::Open(self.frames.len()));
        }
        self.frames.push(Frame { content, shape, anchor, start, end: start, height: 0 });
        Ok(())
    }

    fn close(&mut self, start: Mark, end: Mark) -> Result<(), Stop> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        // A block collection ends with the last of its items, not where the next thing begins.
        let end = if end.at > start.at { end } else { frame.end };
        let span = self.source.span(frame.start, end);
        let (value, origin) = match frame.content {
            Content::Seq(items) => (Value::Seq(Arc::new(items)), Origin::Sequence),
            Content::Map { map, .. } => (Value::Map(Arc::new(map)), Origin::Mapping),
        };
        let mut node = Node::new(value, span);
        if frame.shape == Shape::Reference {
            node = Node::new(Value::Reference(Arc::new(Reference { path: node })), span);
        }
        let height = frame.height + 1;
        if let Some(anchor) = frame.anchor {
            // Unless the name was given again further in.
            if let Some(Anchored::Open(open)) = self.anchors.get(anchor)
                && *open == self.frames.len()
            {
                self.anchors.insert(anchor, Anchored::Node { node: node.clone(), height });
            }
        }
        self.put(Built { node, height, origin }, end)
    }

    /// Puts a node where it belongs: into the innermost collection.
    fn put(&mut self, built: Built, end: Mark) -> Result<(), Stop> {
        let key = match self.frames.last_mut() {
            None => {
                self.root = Some(built.node);
                return Ok(());
            }
            Some(frame) => {
                frame.end = end;
                match &mut frame.content {
                    Content::Seq(items) => {
                        if let Origin::Open(_) = built.origin {
                            self.cycle.get_or_insert(built.node.span);
                        }
                        frame.height = frame.height.max(built.height);
                        items.push(built.node);
                        return Ok(());
                    }
                    Content::Map { key, .. } => key.take(),
                }
            }
        };
        match key {
            None => {
                let pending = self.key(&built)?;
                if let Some(Frame { content: Content::Map { key, .. }, .. }) = self.frames.last_mut() {
                    *key = Some(pending);
                }
            }
            Some(key) if key.merges => return self.merge(key, built),
            Some(key) => self.insert(key, built),
        }
        Ok(())
    }

    /// Makes a key of a node.
    fn key(&mut self, built: &Built) -> Result<PendingKey, Stop> {
        let span = built.node.span;
        let merges =
            built.node.as_str() == Some("<<") && built.origin != (Origin::Scalar { only_text: true });
        let key = match &built.node.value {
            Value::Str(text) => Key::Str(text.clone()),
            Value::Null => Key::Null,
            Value::Bool(value) => Key::Bool(*value),
            Value::Int(value) => Key::Int(*value),
            Value::Float(_) => Key::Other(built.node.to_text().unwrap_or_default()),
            Value::Seq(_) | Value::Map(_) | Value::Reference(_) => {
                let taken = size::measure(&built.node, self.keys_left);
                match self.keys_left.checked_sub(taken) {
                    Some(left) => self.keys_left = left,
                    None => return Err(Stop::now(explain::too_large(span, self.limits.memory))),
                }
                Key::Other(built.node.inspect().into())
            }
        };
        if let Origin::Open(_) = built.origin {
            self.cycle.get_or_insert(span);
        }
        Ok(PendingKey { key, span, merges })
    }

    /// Gives a key of the innermost map its value.
    fn insert(&mut self, key: PendingKey, built: Built) {
        let PendingKey { key, span, .. } = key;
        if let Origin::Open(_) = built.origin {
            self.cycle.get_or_insert(built.node.span);
        }
        let Some(frame) = self.frames.last_mut() else { return };
        frame.height = frame.height.max(built.height);
        let Content::Map { map, merged, .. } = &mut frame.content else { return };
        let (index, before) = map.put(key, span, built.node);
        let Some(before) = before else { return };
        let Some(key) = map.key_at(index) else { return };
        if !merged.remove(key) {
            let (key, first) = (key.to_string(), before.key_span);
            self.notes.push(Note::DuplicateKey { key, first, second: span });
        }
    }

    /// Counts steps that are about to be taken.
    fn charge(&mut self, steps: usize, span: Span) -> Result<(), Stop> {
        let left = self.steps_left.checked_sub(steps);
        self.steps_left = left.ok_or_else(|| Stop::now(explain::too_large(span, self.limits.memory)))?;
        Ok(())
    }

    fn refuse(&self, refusal: &Refusal, properties: &Properties<'_>, span: Span, text: &str) -> Stop {
        let tag = properties.tag_marks.map(|(start, end)| self.source.span(start, end));
        Stop::later(explain::refused(refusal, text, tag.is_some(), tag.unwrap_or(span)))
    }

    fn note_tag(&mut self, properties: &Properties<'_>, empty: bool) {
        if let (Some(tag), Some((start, end))) = (&properties.tag, properties.tag_marks) {
            let tag = tag.to_string();
            self.notes.push(Note::UnknownTag { tag, span: self.source.span(start, end), empty });
        }
    }

    /// Notes text behind the document, which nothing reads.
    fn note_rest(&mut self, mark: Mark) {
        let rest = self.source.text.get(mark.at as usize..self.source.document.end).unwrap_or_default();
        let says_something = |line: &str| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#') && line != "..." && line != "---"
        };
        if rest.lines().any(says_something) {
            self.notes.push(Note::Ignored { span: self.source.point(mark) });
        }
    }

    fn finish(mut self) -> Result<Document, Diagnostic> {
        let root = self.root.take().unwrap_or_else(|| Node::new(Value::Null, self.source.start()));
        let limit = self.limits.memory;
        let most = limit.saturating_mul(TOLERANCE);
        let taken = size::measure(&root, most);
        let too_big = match self.cycle {
            Some(span) => Some(explain::cyclic(span)),
            None if taken > most => Some(explain::too_large(root.span, limit)),
            None => None,
        };
        if taken > limit && too_big.is_none() {
            self.notes.push(Note::Large { estimate: taken, limit, span: root.span });
        }
        Ok(Document { root, notes: mem::take(&mut self.notes), too_big })
    }
}
