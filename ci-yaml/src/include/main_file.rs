//! The main file, which is read as if it were included itself (`Gitlab::Ci::ProjectConfig`).

use super::Main;
use super::failure::theirs;
use super::fetch::{Fetched, FileKey, is_blank};
use super::level::Item;
use super::loader::{Fault, Loader};
use super::location::Location;
use super::place::Place;
use super::record::IncludeKind;
use super::suggest;
use crate::inputs::{MOST_GIVEN, node_from_json};
use crate::{Diagnostic, FileIssue, Key, Kind, Map, Node, SourceError, SourceFile, Span};
use std::sync::Arc;

/// The path where the settings name none.
const DEFAULT_PATH: &str = ".gitlab-ci.yml";

impl Loader<'_> {
    /// Reads the main file and all that it includes.
    pub(super) fn main(&mut self, main: Main) -> Result<Arc<Map>, Vec<Diagnostic>> {
        if self.context.inputs.len() > MOST_GIVEN {
            let message = format!("There cannot be more than {MOST_GIVEN} inputs");
            return Err(vec![Diagnostic::error(Kind::Yaml, "input-limit", message)]);
        }
        match main {
            Main::Path => self.main_path(),
            Main::Text { name, text } => self.main_text(name, text),
        }
    }

    /// The values given for the inputs of the main file.
    fn given(&self) -> Option<Node> {
        let nowhere = Span::default();
        let mut given = Map::new();
        for (name, value) in &self.context.inputs {
            given.insert(Key::from(name.as_str()), nowhere, node_from_json(value, nowhere));
        }
        (!given.is_empty()).then(|| Node::map(given, nowhere))
    }

    fn main_text(&mut self, name: String, text: Arc<str>) -> Result<Arc<Map>, Vec<Diagnostic>> {
        let place = Place::of_tree(self.context.tree.clone()).local(&name);
        // Not the key of a file of the tree: that may say something else.
        let key = FileKey::Remote(format!("text:{name}"));
        let blank = is_blank(&text);
        let file = SourceFile { name, text, origin: None };
        if blank {
            self.files.add(file);
            let message = "Please provide content of .gitlab-ci.yml";
            return Err(vec![Diagnostic::error(Kind::Yaml, "empty-file", message)]);
        }
        let given = self.given();
        let fetched = Fetched { key, file, place };
        let content = self.content(&fetched, given.as_ref());
        let (_, content) = content.map_err(|errors| errors.into_iter().map(unplaced).collect::<Vec<_>>())?;
        self.expand(&content, &fetched.place)
    }

    fn main_path(&mut self) -> Result<Arc<Map>, Vec<Diagnostic>> {
        let path = self.context.project.config_path.trim();
        let path = if path.is_empty() { DEFAULT_PATH } else { path };
        let location = self.main_location(path);
        let found = location.target(|text| self.secrets.mask(text)).map_err(|error| vec![error])?;
        let location =
            self.fetcher().check(&found).map(ToOwned::to_owned).map_err(|error| vec![unplaced(error)])?;
        let item = Item { target: found, location, record: None };
        let place = Place::of_tree(self.context.tree.clone());
        if item.target.kind == IncludeKind::Local {
            self.require(&item.location, &place)?;
        }
        self.include(&item, &place).map_err(|fault| match fault {
            Fault::Own(errors) | Fault::Nested(errors) => errors.into_iter().map(unplaced).collect(),
        })
    }

    /// The synthetic include that stands for the settings' path.
    fn main_location(&self, path: &str) -> Location {
        let nowhere = Span::default();
        let mut map = Map::new();
        let mut set =
            |key: &str, text: &str| map.insert(Key::from(key), nowhere, Node::string(text, nowhere));
        match path.split_once('@') {
            _ if path.starts_with("http://") || path.starts_with("https://") => set("remote", path),
            None => set("local", path),
            Some((file, project)) => {
                set("file", file);
                let (project, reference) = project.split_once(':').unwrap_or((project, "HEAD"));
                set("project", project);
                set("ref", reference);
            }
        }
        if let Some(given) = self.given() {
            map.insert(Key::from("inputs"), nowhere, given);
        }
        Location { node: Node::map(map.clone(), nowhere), map, of_header: false }
    }

    /// GitLab has no configuration at all where the file is not there.
    fn require(&self, path: &str, place: &Place) -> Result<(), Vec<Diagnostic>> {
        let tree = place.tree.as_ref().unwrap_or(&self.context.tree);
        if self.sources.file(tree, path) != Err(SourceError::File(FileIssue::Missing)) {
            return Ok(());
        }
        let error = theirs("missing-config", "Missing CI config file");
        let error = suggest::path(error, self.sources, tree, path);
        Err(vec![error.help(format!("There is no `{path}` in the repository."))])
    }
}

/// An error without the places of the synthetic include and of values given from outside, which are in no file.
fn unplaced(mut error: Diagnostic) -> Diagnostic {
    let is_place = |span: &Span| *span != Span::default();
    error.labels.retain(|label| is_place(&label.span));
    error.span = error.span.filter(is_place);
    // A note tells of the place that there is not.
    if error.span.is_none() && error.note.is_none() && !error.labels.is_empty() {
        error.span = Some(error.labels.remove(0).span);
    }
    error
}
