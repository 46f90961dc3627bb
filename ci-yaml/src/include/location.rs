//! From what is written under `include` to what is to be read (`External::Mapper`).

use super::place::Variables;
use super::record::IncludeKind;
use crate::{Diagnostic, Entry, Key, Kind, Map, Node, Value};

/// The kinds in GitLab's order.
pub(super) const KINDS: &[IncludeKind] = &[
    IncludeKind::Local,
    IncludeKind::Project,
    IncludeKind::Remote,
    IncludeKind::Template,
    IncludeKind::Artifact,
    IncludeKind::Component,
];

/// The kinds that `spec:include` takes.
const HEADER_KINDS: &[IncludeKind] = &[IncludeKind::Local, IncludeKind::Remote, IncludeKind::Project];

/// An include as a map with one of the kinds' keys.
#[derive(Clone, Debug)]
pub(super) struct Location {
    /// Its keys; a plain string becomes `local` or `remote`.
    pub(super) map: Map,
    /// The whole of it, as written.
    pub(super) node: Node,
    /// Whether it is one of `spec:include`.
    pub(super) of_header: bool,
}

/// What is to be read.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) kind: IncludeKind,
    /// The path, URL, name or address. It may be anything but blank.
    pub(super) location: Node,
    pub(super) source: Location,
}

/// The includes of a file, each as a map. What is none is reported.
pub(super) fn normalize(
    include: &Node,
    of_header: bool,
    variables: Variables<'_>,
    errors: &mut Vec<Diagnostic>,
) -> Vec<Location> {
    let items = match &include.value {
        Value::Null => &[][..],
        Value::Seq(items) => items,
        _ => std::slice::from_ref(include),
    };
    let mut locations = Vec::with_capacity(items.len());
    for item in items.iter().filter(|item| !item.is_null()) {
        let map = match &item.value {
            Value::Str(text) => from_text(&variables.expand(text), item),
            Value::Map(map) => (**map).clone(),
            _ => {
                errors.push(bad_type(item));
                continue;
            }
        };
        locations.push(Location { map, node: item.clone(), of_header });
    }
    locations
}

fn from_text(expanded: &str, item: &Node) -> Map {
    let key = if is_url(expanded) { "remote" } else { "local" };
    let mut map = Map::new();
    map.insert(Key::from(key), item.span, Node::string(expanded, item.span));
    map
}

fn bad_type(item: &Node) -> Diagnostic {
    let error = Diagnostic::error(Kind::Include, "include-type", "Each include must be a hash or a string");
    let error = error.at(item.span);
    match &item.value {
        Value::Seq(_) => error.help("Lists within the list are not taken apart here."),
        Value::Reference(_) => {
            error.help("`!reference` is resolved after files are included: it cannot be used in `include`.")
        }
        _ => error,
    }
}

/// Whether GitLab takes a text for a URL (`Gitlab::UrlSanitizer.valid?`).
pub(super) fn is_url(text: &str) -> bool {
    let text = text.trim();
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    matches!(scheme, "http" | "https" | "ssh" | "git")
        && rest.strip_prefix("//").is_none_or(|rest| !rest.is_empty() && !rest.starts_with('/'))
}

impl Location {
    /// The value of a key that is neither absent nor blank.
    pub(super) fn present(&self, key: &str) -> Option<&Node> {
        self.map.get(key).filter(|node| !node.is_blank())
    }

    /// The text of a key, if it is one.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.map.get(key).and_then(Node::as_str)
    }

    /// The project it names, in lower case as GitLab compares and shows it.
    pub(super) fn project(&self) -> Option<String> {
        let node = self.map.get("project")?;
        // A list is an old form; its first member counts.
        let node = node.as_seq().map_or(Some(node), <[Node]>::first)?;
        let name = node.to_text()?.to_lowercase();
        (!name.trim().is_empty()).then_some(name)
    }

    /// One location for each file of a project.
    pub(super) fn each_file(self) -> Vec<Self> {
        if self.map.get("project").is_none_or(|node| node.is_null() || node.as_bool() == Some(false)) {
            return vec![self];
        }
        match self.map.get("file").map(|file| file.value.clone()) {
            Some(Value::Seq(files)) => files.iter().map(|file| self.with("file", file.clone())).collect(),
            Some(Value::Null) | None => Vec::new(),
            Some(_) => vec![self],
        }
    }

    /// The same with another value of a key.
    pub(super) fn with(&self, key: &str, value: Node) -> Self {
        let mut map = self.map.clone();
        map.insert(Key::from(key), value.span, value);
        Self { map, node: self.node.clone(), of_header: self.of_header }
    }

    /// The same with variables replaced in all texts and lists of texts, but not within `inputs` and other maps.
    pub(super) fn expanded(mut self, variables: Variables<'_>) -> Self {
        for (_, entry) in self.map.iter_mut() {
            expand(entry, variables);
        }
        self
    }

    /// What it names.
    ///
    /// # Errors
    /// Where that is nothing or several things.
    pub(super) fn target(self, mask: impl Fn(&str) -> String) -> Result<Target, Diagnostic> {
        let kinds = if self.of_header { HEADER_KINDS } else { KINDS };
        let mut found = kinds.iter().filter_map(|kind| Some((*kind, self.named(*kind)?)));
        let first = found.next();
        let error = match (first, found.next()) {
            (Some((kind, location)), None) => return Ok(Target { kind, location, source: self }),
            (None, _) => self.without_kind(kinds, &mask(&json(&self.map))),
            (Some(_), Some(_)) => self.with_several_kinds(kinds),
        };
        Err(error)
    }

    fn named(&self, kind: IncludeKind) -> Option<Node> {
        match kind {
            IncludeKind::Local => without_slash(self.present("local")?),
            IncludeKind::Project => {
                self.project()?;
                without_slash(self.present("file")?)
            }
            kind => self.present(kind.as_str()).cloned(),
        }
    }

    fn without_kind(&self, kinds: &[IncludeKind], shown: &str) -> Diagnostic {
        let what = self.what();
        let message = format!(
            "`{}` does not have a valid subkey for {what}. Valid subkeys are: {}",
            shown,
            list(kinds)
        );
        let names = kinds.iter().map(|kind| kind.as_str());
        let unknown = self.map.iter().find_map(|(key, entry)| {
            let near = crate::diagnostic::nearest(key.as_str()?, names.clone())?;
            Some((entry.key_span, near))
        });
        let mut error = Diagnostic::error(Kind::Include, "include-subkey", message).at(self.node.span);
        if let Some((span, near)) = unknown.filter(|(_, near)| !self.map.has(near)) {
            error = error.at(span).note(format!("did you mean `{near}`?"));
        }
        if self.map.has("file") && !self.map.has("project") {
            error = error.help("`file` belongs to `project`; a file of this repository is `local`.");
        }
        error
    }

    fn with_several_kinds(&self, kinds: &[IncludeKind]) -> Diagnostic {
        let message = format!("Each {} must use only one of: {}", self.what(), list(kinds));
        let mut error = Diagnostic::error(Kind::Include, "include-subkey", message).at(self.node.span);
        for kind in kinds {
            if let Some(entry) = self.map.entry(kind.as_str()) {
                error = error.label(entry.key_span, "one kind");
            }
        }
        error.help("Make each a member of the list of its own.")
    }

    fn what(&self) -> &'static str {
        if self.of_header { "header include" } else { "include" }
    }
}

fn list(kinds: &[IncludeKind]) -> String {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    format!("`{}`", names.join("`, `"))
}

fn expand(entry: &mut Entry, variables: Variables<'_>) {
    let node = &mut entry.value;
    let new = match &node.value {
        Value::Str(text) => Value::Str(variables.expand(text).into()),
        Value::Seq(items) => {
            let text = |item: &Node| item.to_text().map_or_else(|| item.inspect(), |text| text.to_string());
            let expanded = items.iter().map(|item| Node::string(variables.expand(&text(item)), item.span));
            Value::Seq(expanded.collect::<Vec<_>>().into())
        }
        _ => return,
    };
    node.value = new;
}

/// A path without slashes at its front; nothing where nothing is left of it.
fn without_slash(node: &Node) -> Option<Node> {
    let Some(text) = node.as_str() else { return Some(node.clone()) };
    let path = text.trim_start_matches('/');
    (!path.trim().is_empty()).then(|| Node::string(path, node.span))
}

/// As Rails writes it into messages, where what HTML would take for markup is escaped.
fn json(map: &Map) -> String {
    let mut text = String::new();
    write_map(map, &mut text);
    text.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}

fn write_map(map: &Map, text: &mut String) {
    text.push('{');
    for (index, (key, entry)) in map.iter().enumerate() {
        text.push_str(if index == 0 { "" } else { "," });
        text.push_str(&quoted(&key.to_string()));
        text.push(':');
        write_json(&entry.value, text);
    }
    text.push('}');
}

fn write_json(node: &Node, text: &mut String) {
    match &node.value {
        Value::Null => text.push_str("null"),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => text.push_str(&node.inspect()),
        Value::Str(value) => text.push_str(&quoted(value)),
        Value::Map(map) => write_map(map, text),
        Value::Reference(_) => text.push_str(&quoted(&node.inspect())),
        Value::Seq(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { "," });
                write_json(item, text);
            }
            text.push(']');
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
