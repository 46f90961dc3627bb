//! Replaces `!reference [entry, key, …]` by what stands there (`Yaml::Tags::Resolver` and `Yaml::Tags::Reference`).

mod issues;
mod lookup;
#[cfg(test)]
mod tests;

use super::MOST_ERRORS;
use super::size::{self, ByPlace, Sizes};
use crate::nearby::Nearby;
use crate::{Diagnostic, Kind, Map, Node, Reference, Value};
use lookup::lookup;
use std::collections::HashSet;
use std::sync::Arc;

/// How deep lists, maps and references may lie in one another. No keyword takes lists of more than ten levels.
const DEEPEST: usize = 200;

/// Replaces all references, in the order in which GitLab does, so that the first error is the one it stops at.
pub(super) fn resolve(root: &Arc<Map>) -> Result<Arc<Map>, Vec<Diagnostic>> {
    let mut sizes = Sizes::default();
    let measure = size::check(root, &mut sizes, Kind::Extends, "extends-too-large")?;
    if !measure.references {
        return Ok(Arc::clone(root));
    }
    let mut resolver = Resolver::new(root, sizes);
    let (resolved, _) = resolver.map(root, 0);
    if !resolver.found.is_empty() {
        return Err(super::first_counts(resolver.found));
    }
    let kind = Kind::Reference;
    size::check(&resolved, &mut resolver.sizes, kind, "reference-too-large")?;
    Ok(Arc::new(resolved))
}

/// A resolved value and how many levels lie in it, references that were followed included.
type Resolved = (Node, usize);

/// A map, a list or a reference that was met before.
#[derive(Clone)]
enum Known {
    /// It is being resolved: whoever meets it again goes in a circle.
    Open,
    /// It was resolved; nothing where that failed.
    Done(Option<Resolved>),
}

/// Each map, list and reference is resolved once, however often it is used: they are told apart by where they lie,
/// which the root keeps alive.
struct Resolver<'a> {
    root: &'a Map,
    sizes: Sizes,
    known: ByPlace<Known>,
    circles: HashSet<*const ()>,
    nearby: Nearby,
    found: Vec<Diagnostic>,
    /// Set once there is no point in going on.
    given_up: bool,
}

impl<'a> Resolver<'a> {
    fn new(root: &'a Map, sizes: Sizes) -> Self {
        Self {
            root,
            sizes,
            known: ByPlace::default(),
            circles: HashSet::new(),
            nearby: Nearby::default(),
            found: Vec::new(),
            given_up: false,
        }
    }

    /// A value without references; nothing where it is a reference that cannot be resolved. What depends on such a
    /// one is not complained of again.
    fn node(&mut self, node: &Node, depth: usize) -> Option<Resolved> {
        if self.given_up || !self.sizes.of(node).references {
            return Some((node.clone(), 1));
        }
        if depth >= DEEPEST {
            return self.too_deep(node);
        }
        let address: *const () = match &node.value {
            Value::Seq(items) => Arc::as_ptr(items).cast(),
            Value::Map(map) => Arc::as_ptr(map).cast(),
            Value::Reference(reference) => return self.reference(reference, node, depth),
            _ => return Some((node.clone(), 1)),
        };
        if let Some(Known::Done(known)) = self.known.get(&address).cloned() {
            return self.again(known, node, depth);
        }
        let (value, levels) = match &node.value {
            Value::Seq(items) => {
                let (items, levels) = self.items(items, depth + 1);
                (Value::Seq(Arc::new(items)), levels)
            }
            Value::Map(map) => {
                let (map, levels) = self.map(map, depth + 1);
                (Value::Map(Arc::new(map)), levels)
            }
            other => (other.clone(), 0),
        };
        let resolved = (Node::new(value, node.span), levels + 1);
        self.known.insert(address, Known::Done(Some(resolved.clone())));
        Some(resolved)
    }

    fn items(&mut self, items: &[Node], depth: usize) -> (Vec<Node>, usize) {
        let mut deepest = 0;
        let items = items.iter().map(|item| {
            let (item, levels) = self.or_null(item, depth);
            deepest = deepest.max(levels);
            item
        });
        (items.collect(), deepest)
    }

    /// Copies the map and changes what has references: so no key is hashed anew.
    fn map(&mut self, map: &Map, depth: usize) -> (Map, usize) {
        let mut deepest = 1;
        let mut resolved = map.clone();
        for (_, entry) in resolved.iter_mut() {
            if self.sizes.of(&entry.value).references {
                let (value, levels) = self.or_null(&entry.value, depth);
                deepest = deepest.max(levels);
                entry.value = value;
            }
        }
        (resolved, deepest)
    }

    /// What failed leaves a hole, which nobody sees: there is an error then.
    fn or_null(&mut self, node: &Node, depth: usize) -> Resolved {
        self.node(node, depth).unwrap_or_else(|| (Node::new(Value::Null, node.span), 1))
    }

    fn reference(&mut self, reference: &Arc<Reference>, node: &Node, depth: usize) -> Option<Resolved> {
        let address: *const () = Arc::as_ptr(reference).cast();
        match self.known.get(&address).cloned() {
            Some(Known::Done(known)) => return self.again(known, node, depth),
            Some(Known::Open) => {
                if self.circles.insert(address) {
                    self.push(issues::circle(reference, node.span));
                }
                return None;
            }
            None => {}
        }
        self.known.insert(address, Known::Open);
        let resolved = self.follow(reference, node, depth).map(|(value, levels)| (value, levels + 1));
        self.known.insert(address, Known::Done(resolved.clone()));
        resolved
    }

    fn follow(&mut self, reference: &Reference, node: &Node, depth: usize) -> Option<Resolved> {
        let Some(path) = issues::path(reference) else {
            self.push(issues::invalid(reference, node.span));
            return None;
        };
        let target = match lookup(self.root, &path) {
            Ok(target) => target,
            Err(dead_end) => {
                let missing = issues::missing(reference, node.span, &path, &dead_end, &mut self.nearby);
                self.push(missing);
                return None;
            }
        };
        self.node(target, depth + 1)
    }

    /// What was resolved before at another depth may lie too deep here.
    fn again(&mut self, known: Option<Resolved>, node: &Node, depth: usize) -> Option<Resolved> {
        match known {
            Some((_, levels)) if depth + levels > DEEPEST => self.too_deep(node),
            known => known,
        }
    }

    fn too_deep(&mut self, node: &Node) -> Option<Resolved> {
        if !self.given_up {
            self.push(issues::too_deep(node.span, DEEPEST));
            self.given_up = true;
        }
        None
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
        self.given_up |= self.found.len() >= MOST_ERRORS;
    }
}
