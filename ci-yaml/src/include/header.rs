//! `spec:include`: declarations of inputs from other files (`External::Header`).

use super::failure::{ours, theirs};
use super::level::Item;
use super::loader::{Fault, Loader};
use super::place::Place;
use super::record::IncludeOutcome;
use super::{failure, merge_into};
use crate::node::quoted;
use crate::yaml::Loaded;
use crate::{Diagnostic, Key, Kind, Map, Node, Span};
use std::sync::Arc;

impl Loader<'_> {
    /// The header of a file with what it includes merged into `spec:inputs`; nothing where it includes nothing.
    pub(super) fn header(&mut self, loaded: &Loaded, place: &Place) -> Result<Option<Node>, Vec<Diagnostic>> {
        let Some(header) = &loaded.header else { return Ok(None) };
        let Some(spec) = header.get("spec").and_then(Node::as_map) else { return Ok(None) };
        let Some(include) = spec.get("include").filter(|node| !node.is_null()) else { return Ok(None) };
        if place.component.is_some() {
            let error = ours("spec-include", "`spec:include` cannot be used in components").at(include.span);
            return Err(vec![error]);
        }
        let mut level = self.level(include, place, true);
        let mut inputs = Map::new();
        let mut declared: Vec<(Key, Span)> = Vec::new();
        for item in std::mem::take(&mut level.items) {
            match self.declarations(&item, place) {
                Ok(Some(found)) => {
                    declared.extend(found.iter().map(|(key, entry)| (key.clone(), entry.key_span)));
                    merge_into(&mut inputs, &found);
                }
                Ok(None) => {}
                Err(fault) => level.fail(fault),
            }
        }
        level.finish()?;
        Ok(Some(with_inputs(header, spec, inputs, declared)?))
    }

    /// The inputs that a file declares.
    fn declarations(&mut self, item: &Item, place: &Place) -> Result<Option<Arc<Map>>, Fault> {
        let own = |error| Fault::Own(vec![error]);
        let fetched = self.fetch(item, place).map_err(own)?;
        let shown = self.fetcher().shown(&item.target);
        let (id, content) =
            self.plain(&fetched).map_err(|error| Fault::Own(item.within(&shown, vec![error])))?;
        self.set_outcome(item, IncludeOutcome::Included(id));
        let Some(map) = content.as_map() else { return Ok(None) };
        let unknown: Vec<_> = map.iter().filter(|(key, _)| key.as_str() != Some("inputs")).collect();
        if let Some((_, first)) = unknown.first() {
            let names: Vec<String> = unknown.iter().map(|(key, _)| symbol(key)).collect();
            let message =
                format!("Header include file `{shown}` contains unknown keys: [{}]", names.join(", "));
            let error = failure::theirs("spec-include", message).at(first.key_span);
            return Err(own(error.help("Such a file has the key `inputs` alone.")));
        }
        Ok(match map.get("inputs").map(|node| &node.value) {
            Some(crate::Value::Map(inputs)) => Some(inputs.clone()),
            _ => None,
        })
    }
}

/// A key as Ruby shows those of a configuration.
fn symbol(key: &Key) -> String {
    match key.as_str() {
        Some(name) if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
            format!(":{name}")
        }
        Some(name) => format!(":{}", quoted(name)),
        None => key.inspect(),
    }
}

/// The header with these inputs before its own.
fn with_inputs(
    header: &Node,
    spec: &Map,
    mut inputs: Map,
    mut declared: Vec<(Key, Span)>,
) -> Result<Node, Vec<Diagnostic>> {
    let mut new_spec = spec.clone();
    new_spec.remove("include");
    let own = spec.get("inputs").filter(|node| !node.is_null());
    let span = own.map_or(header.span, |node| node.span);
    match own.map(|node| (node, node.as_map())) {
        // What is no map is refused where the header is checked.
        Some((_, None)) => {}
        Some((_, Some(own))) => {
            declared.extend(own.iter().map(|(key, entry)| (key.clone(), entry.key_span)));
            refuse_duplicates(&declared)?;
            merge_into(&mut inputs, own);
            new_spec.insert(Key::from("inputs"), span, Node::map(inputs, span));
        }
        None => {
            refuse_duplicates(&declared)?;
            new_spec.insert(Key::from("inputs"), span, Node::map(inputs, span));
        }
    }
    let mut new_header = header.as_map().cloned().unwrap_or_default();
    new_header.insert(Key::from("spec"), header.span, Node::map(new_spec, header.span));
    Ok(Node::map(new_header, header.span))
}

fn refuse_duplicates(declared: &[(Key, Span)]) -> Result<(), Vec<Diagnostic>> {
    let mut seen: std::collections::HashMap<&Key, Span> = std::collections::HashMap::new();
    let mut twice: Vec<(&Key, Span, Span)> = Vec::new();
    for (key, span) in declared {
        match seen.get(key) {
            Some(first) if !twice.iter().any(|(known, ..)| *known == key) => twice.push((key, *first, *span)),
            Some(_) => {}
            None => {
                seen.insert(key, *span);
            }
        }
    }
    let Some((_, first, second)) = twice.first() else { return Ok(()) };
    let names: Vec<String> = twice.iter().map(|(key, ..)| key.to_string()).collect();
    let message = format!(
        "Duplicate input keys found: {}. Input keys must be unique across all included files and inline \
         specifications.",
        names.join(", ")
    );
    let error = theirs("spec-include", message).at(*second).label(*first, "declared here first");
    Err(vec![Diagnostic { kind: Kind::Yaml, ..error }])
}
