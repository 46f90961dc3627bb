//! Merges each entry with those it extends.

use super::graph::{Base, Extending, Graph};
use super::survey::Survey;
use super::{issues, size};
use crate::include::merge_into;
use crate::{Diagnostic, Map, Value};
use std::sync::Arc;

/// How many keys merging may write before the configuration is refused, those of intermediate results included.
const MOST_WORK: usize = 4_000_000;

/// How many keys may be left in merged maps. One of them takes some 160 bytes.
const MOST_KEYS: usize = 400_000;

/// Resolves `extends` of all top-level maps, used or not.
pub(super) fn resolve(root: &Arc<Map>) -> Result<Arc<Map>, Vec<Diagnostic>> {
    let graph = Graph::new(root);
    if graph.entries.is_empty() {
        return Ok(Arc::clone(root));
    }
    let survey = Survey::new(&graph);
    let found = issues::find(&graph, &survey);
    if !found.is_empty() {
        return Err(super::first_counts(found));
    }
    let merged = Merger::new(&graph).run(&survey.order)?;
    Ok(Arc::new(replaced(&graph, merged)))
}

/// The configuration with its entries merged. The graph has them in the order of the configuration.
fn replaced(graph: &Graph<'_>, merged: Vec<Option<Arc<Map>>>) -> Map {
    let mut root = graph.root.clone();
    let mut merged = graph.entries.iter().zip(merged).peekable();
    for (key, entry) in root.iter_mut() {
        if let Some((_, Some(map))) = merged.next_if(|(extending, _)| extending.key == key) {
            entry.value.value = Value::Map(map);
        }
    }
    root
}

struct Merger<'a, 'g> {
    graph: &'g Graph<'a>,
    merged: Vec<Option<Arc<Map>>>,
    work: usize,
    kept: usize,
}

impl<'a, 'g> Merger<'a, 'g> {
    fn new(graph: &'g Graph<'a>) -> Self {
        Self { graph, merged: vec![None; graph.entries.len()], work: 0, kept: 0 }
    }

    /// Merges in an order where parents come first, so that each entry is merged once however often it is extended.
    fn run(mut self, order: &[usize]) -> Result<Vec<Option<Arc<Map>>>, Vec<Diagnostic>> {
        for index in order {
            let entry = &self.graph.entries[*index];
            self.merged[*index] = Some(Arc::new(self.entry(entry)?));
        }
        Ok(self.merged)
    }

    /// Folds the parents from the first to the last, then lays the entry's own map over them.
    fn entry(&mut self, entry: &Extending<'a>) -> Result<Map, Vec<Diagnostic>> {
        let mut work = self.work;
        let mut layers = entry.parents.iter().filter_map(|parent| self.base(&parent.base)).chain([entry.own]);
        let mut folded = layers.next().cloned().unwrap_or_default();
        work += folded.len();
        folded.reserve(entry.own.len());
        for over in layers {
            work += written(&folded, over);
            if work > MOST_WORK {
                return Err(too_many(entry));
            }
            merge_into(&mut folded, over);
        }
        self.work = work;
        self.kept += own_keys(&folded);
        if self.kept > MOST_KEYS { Err(too_many(entry)) } else { Ok(folded) }
    }

    fn base(&self, base: &Base<'a>) -> Option<&Map> {
        match base {
            Base::Plain(map) => Some(map),
            Base::Extending(index) => self.merged[*index].as_deref(),
            Base::Unknown | Base::NotMap(_) => None,
        }
    }
}

fn too_many(entry: &Extending<'_>) -> Vec<Diagnostic> {
    vec![size::too_many_keys(entry.key, entry.key_span, MOST_KEYS)]
}

/// How many keys laying a map over another writes at most: those of the upper one, and of the maps that both have
/// under one key, which may be shared and be copied for it.
fn written(base: &Map, over: &Map) -> usize {
    let deeper = over.iter().filter_map(|(key, entry)| {
        let (under, over) = (base.entry_of(key)?.value.as_map()?, entry.value.as_map()?);
        Some(under.len() + written(under, over))
    });
    over.len() + deeper.sum::<usize>()
}

/// How many keys a merged map has that are not shared with what it was merged from.
fn own_keys(map: &Map) -> usize {
    let deeper = map.iter().filter_map(|(_, entry)| match &entry.value.value {
        Value::Map(map) if Arc::strong_count(map) == 1 => Some(own_keys(map)),
        _ => None,
    });
    map.len() + deeper.sum::<usize>()
}
