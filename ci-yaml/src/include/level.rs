//! The includes of one file: what they name once rules, wildcards and variables are applied (`External::Mapper`).

use super::failure::{of_source, ours, theirs};
use super::ignored;
use super::loader::{Fault, Loader, MOST_INCLUDES};
use super::location::{KINDS, Location, Target, normalize};
use super::place::Place;
use super::record::{IncludeKind, IncludeOutcome, IncludeRecord};
use super::rules::{self, Decision};
use super::wildcard::{Wildcard, is_wildcard};
use crate::entry::{Report, include_rules};
use crate::{Diagnostic, Kind, Node, Span};

/// The most entries of one `include`; the server has no such limit before rules are applied.
const MOST_ENTRIES: usize = 5_000;

/// The includes of one file.
#[derive(Default)]
pub(super) struct Level {
    /// What is to be read.
    pub(super) items: Vec<Item>,
    /// Errors at which GitLab stops.
    stopping: Vec<Diagnostic>,
    /// Errors of single files, of which it tells the first when it has looked at all.
    single: Vec<Diagnostic>,
}

/// One file to be read.
pub(super) struct Item {
    pub(super) target: Target,
    /// Its path, URL, name or address.
    pub(super) location: String,
    /// Its place in the list of records.
    pub(super) record: Option<usize>,
}

impl Item {
    /// Where it was written.
    pub(super) fn span(&self) -> Span {
        self.target.location.span
    }

    /// Errors in the file itself, in GitLab's words with its name in front.
    pub(super) fn within(&self, shown: &str, errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let span = self.span();
        let named = |error: Diagnostic| {
            let message = format!("`{shown}`: {}", error.message);
            let error = match error.span {
                None => error.at(span),
                Some(inside) if inside.file != span.file => error.label(span, "included here"),
                Some(_) => error,
            };
            Diagnostic { message, ..error }
        };
        errors.into_iter().map(named).collect()
    }
}

impl Level {
    /// Takes an error of one of its files.
    pub(super) fn fail(&mut self, fault: Fault) {
        match fault {
            Fault::Own(errors) => self.single.extend(errors),
            Fault::Nested(errors) => self.stopping.extend(errors),
        }
    }

    /// All errors, the first that GitLab would show at the front.
    pub(super) fn finish(mut self) -> Result<(), Vec<Diagnostic>> {
        self.stopping.append(&mut self.single);
        if self.stopping.is_empty() { Ok(()) } else { Err(self.stopping) }
    }
}

impl Loader<'_> {
    /// What an `include` comes to. Includes that are wrong are left out of it, and told.
    pub(super) fn level(&mut self, include: &Node, place: &Place, of_header: bool) -> Level {
        let mut level = Level::default();
        if let Some(items) = include.as_seq().filter(|items| items.len() > MOST_ENTRIES) {
            let message =
                format!("`include` has {} entries; at most {MOST_ENTRIES} are looked at", items.len());
            level.stopping.push(ours("include-limit", message).at(include.span));
            return level;
        }
        let variables = self.variables(place);
        let locations = normalize(include, of_header, variables, &mut level.stopping);
        let mut expanded = Vec::new();
        for location in locations {
            ignored::warn(&location, &mut self.warnings);
            match self.admits(&location, place) {
                Ok(Decision::In) => expanded.extend(location.each_file()),
                Ok(Decision::Out(rule)) => self.record_left_out(&location, IncludeOutcome::LeftOut(rule)),
                Err(errors) => level.stopping.extend(errors),
            }
        }
        let mut targets = Vec::new();
        for location in expanded {
            self.expand_wildcard(location, place, &mut targets, &mut level);
            if self.stopped {
                return level;
            }
        }
        for location in targets {
            match location.expanded(variables).target(|text| self.secrets.mask(text)) {
                Ok(target) => self.admit(target, &mut level),
                Err(error) => level.stopping.push(error),
            }
            if self.stopped {
                break;
            }
        }
        level
    }

    /// Asks the rules of an include.
    fn admits(&self, location: &Location, place: &Place) -> Result<Decision, Vec<Diagnostic>> {
        let rules = location.map.get("rules").filter(|node| !node.is_null() && node.as_bool() != Some(false));
        let Some(node) = rules else { return Ok(Decision::In) };
        let mut errors = Vec::new();
        let rules = include_rules(node, &mut Report::new(&mut errors, Kind::Include));
        if !errors.is_empty() {
            return Err(errors);
        }
        let decide = |rules: Vec<_>| rules::decide(&rules, &self.facts, place, self.variables(place));
        rules.map_or(Ok(Decision::In), decide).map_err(|error| vec![self.secrets.masked(error)])
    }

    fn expand_wildcard(
        &mut self,
        location: Location,
        place: &Place,
        into: &mut Vec<Location>,
        level: &mut Level,
    ) {
        let pattern = match (&location.map.get("project"), location.text("local")) {
            (None, Some(text)) if is_wildcard(text) => text.trim_start_matches('/').to_owned(),
            _ => {
                into.push(location);
                return;
            }
        };
        match self.matching(&pattern, place) {
            Ok(paths) if paths.is_empty() => self.record_left_out(&location, IncludeOutcome::NoMatch),
            Ok(paths) => {
                // A limit is passed anyway, and is told where the includes are counted.
                let span = location.map.get("local").map_or(location.node.span, |node| node.span);
                let paths = paths.into_iter().take(MOST_INCLUDES + 1);
                into.extend(paths.map(|path| location.with("local", Node::string(path, span))));
            }
            Err(error) => level.stopping.push(error.at(location.node.span)),
        }
    }

    /// The paths that a wildcard matches, without the file that it is written in.
    fn matching(&mut self, pattern: &str, place: &Place) -> Result<Vec<String>, Diagnostic> {
        let shown = self.secrets.mask(pattern);
        let Some(tree) = &place.tree else {
            return Err(theirs("include-missing", format!("Local file `{shown}` does not have project!")));
        };
        let Some(wildcard) = Wildcard::new(pattern) else {
            return Err(ours("include-limit", "the wildcard is too long to be matched"));
        };
        let paths =
            self.sources.paths(tree).map_err(|error| of_source(&error, "the files of the project"))?;
        let own = place.file.as_deref();
        let mut matched = Vec::new();
        for path in paths.iter().filter(|path| Some(path.as_str()) != own) {
            let Some(matches) = wildcard.matches(path, &mut self.wildcard_steps) else {
                self.stopped = true;
                let message = "all wildcards of `include` together take too long to be matched";
                return Err(ours("include-limit", message));
            };
            if matches {
                matched.push(path.clone());
            }
        }
        Ok(matched)
    }

    /// Counts an include and checks what it names.
    fn admit(&mut self, target: Target, level: &mut Level) {
        let record = self.record(&target);
        self.count += 1;
        if self.count > MOST_INCLUDES {
            let message = format!("Maximum of {MOST_INCLUDES} nested includes are allowed!");
            let error = theirs("include-limit", message).at(target.location.span);
            level.stopping.push(
                error.help("Repeated includes count, and files that include each other go on forever."),
            );
            self.stopped = true;
            return;
        }
        match self.fetcher().check(&target).map(ToOwned::to_owned) {
            Ok(location) => level.items.push(Item { target, location, record: Some(record) }),
            Err(error) => level.single.push(error),
        }
    }

    fn record(&mut self, target: &Target) -> usize {
        let location = self.fetcher().shown(target);
        self.push_record(&target.source, target.kind, location, IncludeOutcome::Failed)
    }

    fn record_left_out(&mut self, location: &Location, outcome: IncludeOutcome) {
        let named = |kind: &&IncludeKind| location.map.has(kind.as_str());
        let kind = KINDS.iter().find(named).copied().unwrap_or(IncludeKind::Local);
        let written = written(location, kind);
        self.push_record(location, kind, written, outcome);
    }

    fn push_record(
        &mut self,
        source: &Location,
        kind: IncludeKind,
        location: String,
        outcome: IncludeOutcome,
    ) -> usize {
        let reference = source.text("ref").map(|reference| self.secrets.mask(reference));
        let project = source.project().filter(|_| kind == IncludeKind::Project);
        self.records.push(IncludeRecord {
            kind,
            written: written(source, kind),
            location,
            project: project.map(|project| self.secrets.mask(&project)),
            reference: reference.filter(|_| kind == IncludeKind::Project),
            span: source.node.span,
            of_header: source.of_header,
            outcome,
        });
        self.records.len() - 1
    }
}

/// What an include names, as written.
fn written(source: &Location, kind: IncludeKind) -> String {
    let key = if kind == IncludeKind::Project { "file" } else { kind.as_str() };
    let node = source.node.get(key).unwrap_or(&source.node);
    node.to_text().map_or_else(|| node.inspect(), |text| text.to_string())
}
