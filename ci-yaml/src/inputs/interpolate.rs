//! Replaces the blocks of a file's content (`Interpolation::Template` and `Interpolation::Config`).

use super::block::{self, Block};
use super::header::Spec;
use super::insert::{Insert, insert};
use super::values::{declared, to_text};
use super::{Request, access, functions, joined};
use crate::diagnostic::nearest;
use crate::{ComponentFacts, Diagnostic, Key, Kind, Map, Node, Span, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// The most values and keys of a content.
const MOST_NODES: usize = 500_000;
/// The most bytes of one text.
const MOST_BYTES: usize = 1024 * 1024;
/// The most different blocks.
const MOST_BLOCKS: usize = 10_000;
/// The most bytes of text that replacing makes in all, a limit of ours: the server has none.
const MOST_MADE: usize = 16 * 1024 * 1024;
/// The most invalid blocks that are told of.
const MOST_TOLD: usize = 20;

/// Replaces all blocks.
pub(super) fn replace(
    content: &Node,
    spec: &Spec,
    values: &Map,
    request: &Request<'_>,
) -> Result<Node, Vec<Diagnostic>> {
    let contexts = contexts(spec, values, request.component);
    let mut filler = Filler {
        contexts,
        spec,
        request,
        blocks: HashMap::new(),
        visited: 0,
        made: 0,
        errors: Vec::new(),
        stopped: false,
    };
    let replaced = filler.node(content);
    if filler.errors.is_empty() {
        Ok(replaced.unwrap_or_else(|| content.clone()))
    } else {
        Err(filler.errors)
    }
}

/// What paths begin with: `inputs` and `component`.
fn contexts(spec: &Spec, values: &Map, component: Option<&ComponentFacts>) -> Map {
    let nowhere = Span::default();
    let mut facts = Map::new();
    for name in &spec.component {
        let Some(component) = component else { break };
        let value = match *name {
            "name" => Some(component.name.as_str()),
            "sha" => Some(component.sha.as_str()),
            "version" => component.version.as_deref(),
            _ => Some(component.reference.as_str()),
        };
        let value = value.map_or(Value::Null, |value| Value::Str(value.into()));
        facts.insert(Key::from(*name), nowhere, Node::new(value, nowhere));
    }
    let mut contexts = Map::new();
    contexts.insert(Key::from("inputs"), nowhere, Node::map(values.clone(), nowhere));
    contexts.insert(Key::from("component"), nowhere, Node::map(facts, nowhere));
    contexts
}

/// What a block becomes.
#[derive(Clone)]
enum Filled {
    /// It stays: its context is filled in later.
    Kept,
    /// A value, and how large it is.
    Value(Node, Size),
    /// It was told of.
    Invalid,
}

struct Filler<'a> {
    contexts: Map,
    spec: &'a Spec,
    request: &'a Request<'a>,
    blocks: HashMap<String, Filled>,
    visited: usize,
    made: usize,
    errors: Vec<Diagnostic>,
    /// A limit was passed, or enough was told: nothing is looked at any more.
    stopped: bool,
}

impl Filler<'_> {
    /// The node with its blocks replaced; nothing where it has none, so that it can be shared.
    fn node(&mut self, node: &Node) -> Option<Node> {
        if !self.visit(1, node.span) {
            return None;
        }
        match &node.value {
            Value::Str(text) => self.text(text, node.span),
            Value::Seq(items) => self.list(items).map(|items| Node::seq(items, node.span)),
            Value::Map(map) => self.map(map).map(|map| Node::map(map, node.span)),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Reference(_) => None,
        }
    }

    fn list(&mut self, items: &[Node]) -> Option<Vec<Node>> {
        let mut changed: Option<Vec<Node>> = None;
        for (index, item) in items.iter().enumerate() {
            let replaced = self.node(item);
            match (replaced, &mut changed) {
                (None, None) => {}
                (None, Some(list)) => list.push(item.clone()),
                (Some(new), changed) => {
                    let list = changed.get_or_insert_with(|| items.get(..index).unwrap_or_default().to_vec());
                    match (&item.value, &new.value) {
                        // A list in the place of one block is spliced into the list around it.
                        (Value::Str(_), Value::Seq(inner)) => list.extend(inner.iter().cloned()),
                        _ => list.push(new),
                    }
                }
            }
        }
        changed
    }

    fn map(&mut self, map: &Map) -> Option<Map> {
        let mut changed: Option<Map> = None;
        for (index, (key, entry)) in map.iter().enumerate() {
            let new_key = self.key(key, entry.key_span);
            let new_value = self.node(&entry.value);
            if changed.is_none() && (new_key.is_some() || new_value.is_some()) {
                let before = map.iter().take(index).map(|(key, entry)| (key.clone(), entry.clone()));
                changed = Some(before.collect());
            }
            if let Some(changed) = &mut changed {
                let key = new_key.unwrap_or_else(|| key.clone());
                changed.insert(key, entry.key_span, new_value.unwrap_or_else(|| entry.value.clone()));
            }
        }
        changed
    }

    fn key(&mut self, key: &Key, span: Span) -> Option<Key> {
        // The server counts the key as a symbol and as a text.
        let nodes = if key.as_str().is_some() { 2 } else { 1 };
        if !self.visit(nodes, span) {
            return None;
        }
        let Key::Str(text) = key else { return None };
        let node = self.text(text, span)?;
        Some(match node.value {
            Value::Str(text) => Key::Str(text),
            Value::Null => Key::Null,
            Value::Bool(value) => Key::Bool(value),
            Value::Int(value) => Key::Int(value),
            _ => Key::Other(to_text(&node).into()),
        })
    }

    fn text(&mut self, text: &Arc<str>, span: Span) -> Option<Node> {
        if text.len() > MOST_BYTES {
            return self.stop(limit("config node too large", "A text may have 1 MiB.").at(span));
        }
        if !block::possible(text) {
            return None;
        }
        let blocks = block::blocks(text);
        let [only] = blocks.as_slice() else { return self.longer(text, &blocks, span) };
        if only.range != (0..text.len()) {
            return self.longer(text, &blocks, span);
        }
        let Filled::Value(node, size) = self.block(text, only, span) else { return None };
        if size.bytes > MOST_MADE - self.made {
            return self.stop(too_much().at(span));
        }
        self.made += size.bytes;
        self.visit(size.nodes, span).then(|| Node::new(node.value, span))
    }

    /// A text with blocks and more in it: values become text.
    fn longer(&mut self, text: &str, blocks: &[Block], span: Span) -> Option<Node> {
        if blocks.is_empty() {
            return None;
        }
        let mut inserts = Vec::with_capacity(blocks.len());
        let mut bytes = 0;
        for block in blocks {
            let value = match self.block(text, block, span) {
                Filled::Value(node, _) => to_text(&node),
                Filled::Kept | Filled::Invalid => {
                    text.get(block.range.clone()).unwrap_or_default().to_owned()
                }
            };
            bytes += value.len();
            if self.made + bytes > MOST_MADE {
                return self.stop(too_much().at(span));
            }
            if self.stopped {
                return None;
            }
            inserts.push(Insert { range: block.range.clone(), value });
        }
        let Some(filled) = insert(text, &inserts, MOST_MADE - self.made) else {
            return self.stop(too_much().at(span));
        };
        self.made += filled.len();
        Some(Node::string(filled, span))
    }

    fn block(&mut self, text: &str, block: &Block, span: Span) -> Filled {
        let written = text.get(block.range.clone()).unwrap_or_default();
        if let Some(known) = self.blocks.get(written) {
            return known.clone();
        }
        if self.blocks.len() >= MOST_BLOCKS {
            let help = format!("A file may have {MOST_BLOCKS} different blocks.");
            self.stop(limit("too many interpolation blocks", &help).at(span));
            return Filled::Invalid;
        }
        let inner = text.get(block.inner.clone()).unwrap_or_default();
        let filled = self.evaluate(inner, span);
        self.blocks.insert(written.to_owned(), filled.clone());
        filled
    }

    fn evaluate(&mut self, inner: &str, span: Span) -> Filled {
        let mut parts: Vec<&str> = inner.split('|').map(str::trim).collect();
        // Ruby's `split` drops empty parts at the end.
        while parts.last().is_some_and(|part| part.is_empty()) {
            parts.pop();
        }
        let (path, functions) = parts.split_first().map_or(("", &[][..]), |(path, rest)| (*path, rest));
        if path.split('.').next() == Some("matrix") {
            return Filled::Kept;
        }
        let value = access::value(path, &self.contexts)
            .and_then(|value| functions::apply(functions, value, self.request));
        match value {
            Ok(node) => {
                let size = Size::of(&node);
                Filled::Value(node, size)
            }
            Err(messages) => {
                self.tell(&messages, path, functions, span);
                Filled::Invalid
            }
        }
    }

    fn tell(&mut self, messages: &[String], path: &str, functions: &[&str], span: Span) {
        let told =
            |message: &String| Diagnostic::error(Kind::Yaml, "interpolation", message.as_str()).at(span);
        let mut errors = joined(messages.iter().map(told).collect());
        if let Some(first) = errors.first_mut() {
            self.explain(first, path, functions);
        }
        // The server stops at the first invalid block.
        let later = !self.errors.is_empty();
        self.errors
            .extend(errors.into_iter().map(|error| Diagnostic { later: error.later || later, ..error }));
        self.stopped |= self.errors.len() >= MOST_TOLD;
    }

    fn explain(&self, error: &mut Diagnostic, path: &str, functions: &[&str]) {
        let unknown =
            functions.iter().find(|written| error.message.contains(&format!("matching `{written}`")));
        if let Some(written) = unknown {
            let name = written.split('(').next().unwrap_or_default();
            error.note =
                nearest(name, functions::NAMES.iter().copied()).map(|near| format!("did you mean `{near}`?"));
            error.help.push(
                "Functions: `expand_vars`, `posix_escape`, `truncate(offset,length)`, `split('separator')`."
                    .into(),
            );
        } else if let Some(name) = path.strip_prefix("inputs.") {
            let name = name.split(['.', '[']).next().unwrap_or_default();
            let known = self.spec.inputs.iter().take(1000).map(|input| &*input.name);
            if !self.spec.inputs.iter().any(|input| &*input.name == name) {
                error.note = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
                error.help.push(declared(self.spec));
            }
        } else if path.starts_with("component.") {
            error.help.push(
                "`$[[ component.* ]]` works in components, for what `spec:component` of their header lists."
                    .into(),
            );
        }
    }

    fn visit(&mut self, nodes: usize, span: Span) -> bool {
        self.visited += nodes;
        if self.visited > MOST_NODES && !self.stopped {
            let help = format!("A file may have {MOST_NODES} keys and values.");
            self.stop(limit("config too large", &help).at(span));
        }
        !self.stopped
    }

    fn stop(&mut self, error: Diagnostic) -> Option<Node> {
        if !self.stopped {
            let later = !self.errors.is_empty();
            self.errors.push(Diagnostic { later, ..error });
        }
        self.stopped = true;
        None
    }
}

fn too_much() -> Diagnostic {
    limit("config too large", "Inputs may make 16 MiB of text.").ours()
}

fn limit(message: &str, help: &str) -> Diagnostic {
    Diagnostic::error(Kind::Yaml, "interpolation-limit", message).help(help)
}

/// What a value amounts to wherever it is used, shared or not: what comes later looks at each.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    /// The bytes of its texts.
    bytes: usize,
}

impl Size {
    /// Counts no further than a little beyond the limits.
    fn of(node: &Node) -> Self {
        let mut open = vec![node];
        let mut size = Self::default();
        while let Some(node) = open.pop() {
            size.nodes += 1;
            if size.nodes > MOST_NODES || size.bytes > MOST_MADE {
                break;
            }
            match &node.value {
                Value::Str(text) => size.bytes += text.len(),
                Value::Seq(items) => open.extend(items.iter()),
                Value::Map(map) => open.extend(map.iter().map(|(_, entry)| &entry.value)),
                _ => {}
            }
        }
        size
    }
}
