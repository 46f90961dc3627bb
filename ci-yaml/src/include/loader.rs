//! Reads files, each once, and what they include.

use super::failure::{ours, theirs};
use super::fetch::{Fetched, Fetcher, FileKey};
use super::level::Item;
use super::merge_into;
use super::place::{Place, Variables};
use super::record::{IncludeOutcome, IncludeRecord};
use super::weight::Scale;
use super::{Included, Loading, wildcard};
use crate::clause::Facts;
use crate::inputs::{self, Request};
use crate::variables::{Scope, Secrets};
use crate::yaml::{self, Limits, Loaded};
use crate::{Context, Diagnostic, FileId, Kind, Map, Node, SourceMap, Sources, Span, Value};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The most includes of a pipeline, nested and repeated ones counted (`ci_max_includes`).
pub const MOST_INCLUDES: usize = 150;
/// The most bytes of all files together (`ci_max_total_yaml_size_bytes`).
pub const MOST_BYTES: usize = 314_572_800;
/// The most bytes of memory that the contents of all files may take, about, each as often as its inputs make another of
/// it. GitLab has no such limit but that of all texts.
pub const MOST_MEMORY: usize = 64 * 1024 * 1024;
/// The most errors that are told.
const MOST_TOLD: usize = 100;

/// Why there is no map.
pub(super) enum Fault {
    /// Something is wrong with the file itself. GitLab goes on with those beside it and tells of the first in the end.
    Own(Vec<Diagnostic>),
    /// Something is wrong with what it includes. GitLab stops.
    Nested(Vec<Diagnostic>),
}

/// A file that was read.
struct Document {
    id: FileId,
    loaded: Loaded,
}

pub(super) struct Loader<'a> {
    pub(super) context: &'a Context,
    pub(super) sources: &'a dyn Sources,
    pub(super) facts: Facts<'a>,
    limits: &'a Limits,
    scope: &'a Scope<'a>,
    pub(super) secrets: Secrets,
    pub(super) files: SourceMap,
    notes: Vec<yaml::Note>,
    pub(super) records: Vec<IncludeRecord>,
    pub(super) warnings: Vec<Diagnostic>,
    documents: HashMap<FileKey, Arc<Document>>,
    /// How many includes there were.
    pub(super) count: usize,
    bytes: usize,
    /// What is kept of all contents.
    scale: Scale,
    contents: Vec<Arc<Map>>,
    /// How much matching wildcards may still cause.
    pub(super) wildcard_steps: usize,
    /// A limit was passed.
    pub(super) stopped: bool,
}

impl<'a> Loader<'a> {
    pub(super) fn new(
        context: &'a Context,
        sources: &'a dyn Sources,
        limits: &'a Limits,
        scope: &'a Scope<'a>,
    ) -> Self {
        Self {
            context,
            sources,
            facts: Facts::new(context, sources),
            limits,
            scope,
            secrets: Secrets::of(scope),
            files: SourceMap::default(),
            notes: Vec::new(),
            records: Vec::new(),
            warnings: Vec::new(),
            documents: HashMap::new(),
            count: 0,
            bytes: 0,
            scale: Scale::default(),
            contents: Vec::new(),
            wildcard_steps: wildcard::STEPS,
            stopped: false,
        }
    }

    pub(super) fn finish(self, result: Result<Arc<Map>, Vec<Diagnostic>>) -> Loading {
        let result = result.map(|root| Included { root: without_include(root) }).map_err(in_order);
        let Self { files, notes, records, warnings, .. } = self;
        Loading { files, notes, includes: records, warnings, result }
    }

    pub(super) fn fetcher(&self) -> Fetcher<'_> {
        Fetcher { context: self.context, sources: self.sources, secrets: &self.secrets }
    }

    pub(super) fn variables(&self, place: &Place) -> Variables<'a> {
        Variables(place.sees_variables.then_some(self.scope))
    }

    /// Reads what an include names, with all that it includes.
    pub(super) fn include(&mut self, item: &Item, place: &Place) -> Result<Arc<Map>, Fault> {
        let fetched = self.fetch(item, place).map_err(|error| Fault::Own(vec![error]))?;
        let shown = self.fetcher().shown(&item.target);
        let given = item.target.source.map.get("inputs");
        let content = self.content(&fetched, given);
        let (id, content) = content.map_err(|errors| Fault::Own(item.within(&shown, errors)))?;
        if content.is_empty() {
            let message = format!("Included file `{shown}` does not have valid YAML syntax!");
            let error = theirs("include-empty", message).at(item.span());
            return Err(Fault::Own(vec![error.note("it has no keys")]));
        }
        self.set_outcome(item, IncludeOutcome::Included(id));
        self.add_bytes(&fetched, item.span())?;
        self.add_memory(&content, item.span())?;
        self.expand(&content, &fetched.place).map_err(Fault::Nested)
    }

    pub(super) fn fetch(&self, item: &Item, place: &Place) -> Result<Fetched, Diagnostic> {
        self.fetcher().fetch(&item.target, &item.location, place)
    }

    pub(super) fn set_outcome(&mut self, item: &Item, outcome: IncludeOutcome) {
        if let Some(record) = item.record.and_then(|record| self.records.get_mut(record)) {
            record.outcome = outcome;
        }
    }

    /// Counts the size of a file, as often as it is included.
    fn add_bytes(&mut self, fetched: &Fetched, span: Span) -> Result<(), Fault> {
        self.bytes = self.bytes.saturating_add(fetched.file.text.len());
        if self.bytes <= MOST_BYTES {
            return Ok(());
        }
        self.stopped = true;
        let error = theirs("include-limit", "Total size of combined CI/CD configuration is too big").at(span);
        Err(Fault::Nested(vec![error.help(format!("All files together may have {MOST_BYTES} bytes."))]))
    }

    /// Counts what a content takes that was not there before.
    fn add_memory(&mut self, content: &Arc<Map>, span: Span) -> Result<(), Fault> {
        self.contents.push(content.clone());
        if self.scale.add(content) <= MOST_MEMORY {
            return Ok(());
        }
        self.stopped = true;
        let most = MOST_MEMORY / 1024 / 1024;
        let error = ours("include-limit", format!("the included files take more than {most} MiB of memory"));
        Err(Fault::Nested(vec![
            error.at(span).help("Include less, or make child pipelines out of some of it."),
        ]))
    }

    /// The content of a file with its inputs filled in. Messages lack the file's name.
    pub(super) fn content(
        &mut self,
        fetched: &Fetched,
        given: Option<&Node>,
    ) -> Result<(FileId, Arc<Map>), Vec<Diagnostic>> {
        let document = self.document(fetched).map_err(|error| vec![error])?;
        let filled = self.fill(&document, given, &fetched.place)?;
        match filled.value {
            Value::Map(map) => Ok((document.id, map)),
            // The reader has refused everything else.
            _ => Ok((document.id, Arc::default())),
        }
    }

    /// The content of a file as it is, for `spec:include`.
    pub(super) fn plain(&mut self, fetched: &Fetched) -> Result<(FileId, Node), Diagnostic> {
        let document = self.document(fetched)?;
        Ok((document.id, document.loaded.content.clone()))
    }

    fn document(&mut self, fetched: &Fetched) -> Result<Arc<Document>, Diagnostic> {
        if let Some(known) = self.documents.get(&fetched.key) {
            return Ok(known.clone());
        }
        let id = self.files.add(fetched.file.clone());
        let mut loaded = yaml::load(&fetched.file.text, id, self.limits)?;
        self.notes.append(&mut loaded.notes);
        let document = Arc::new(Document { id, loaded });
        self.documents.insert(fetched.key.clone(), document.clone());
        Ok(document)
    }

    fn fill(
        &mut self,
        document: &Document,
        given: Option<&Node>,
        place: &Place,
    ) -> Result<Node, Vec<Diagnostic>> {
        let given = match given.filter(|node| !node.is_null()) {
            None => None,
            Some(node) => Some(node.as_map().ok_or_else(|| {
                let error = Diagnostic::error(Kind::Yaml, "input-value", "Given inputs must be a hash");
                vec![error.at(node.span)]
            })?),
        };
        let extended;
        let loaded = match self.header(&document.loaded, place)? {
            None => &document.loaded,
            Some(header) => {
                let content = document.loaded.content.clone();
                extended = Loaded { header: Some(header), content, notes: Vec::new() };
                &extended
            }
        };
        let variables = self.variables(place);
        let request = Request {
            given,
            variables: &variables,
            masked: self.secrets.names(),
            component: place.component.as_deref(),
        };
        inputs::fill(loaded, &request)
    }

    /// The content of a file over all that it includes.
    pub(super) fn expand(&mut self, content: &Arc<Map>, place: &Place) -> Result<Arc<Map>, Vec<Diagnostic>> {
        let Some(include) = content.get("include").filter(|node| !node.is_null()) else {
            return Ok(content.clone());
        };
        let mut level = self.level(include, place, false);
        let mut merged: Arc<Map> = Arc::default();
        for item in std::mem::take(&mut level.items) {
            if self.stopped {
                break;
            }
            match self.include(&item, place) {
                Ok(map) if merged.is_empty() => merged = map,
                Ok(map) => merge_into(Arc::make_mut(&mut merged), &map),
                Err(fault) => level.fail(fault),
            }
        }
        level.finish()?;
        if merged.is_empty() {
            return Ok(content.clone());
        }
        merge_into(Arc::make_mut(&mut merged), content);
        Ok(without_include(merged))
    }
}

fn without_include(mut root: Arc<Map>) -> Arc<Map> {
    if root.has("include") {
        Arc::make_mut(&mut root).remove("include");
    }
    root
}

/// Errors without repetition; all but the first come later.
fn in_order(errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut seen = HashSet::new();
    let mut errors: Vec<Diagnostic> =
        errors.into_iter().filter(|error| seen.insert((error.message.clone(), error.span))).collect();
    errors.truncate(MOST_TOLD);
    for error in errors.iter_mut().skip(1) {
        error.later = true;
    }
    errors
}
