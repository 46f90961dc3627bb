//! YAML 1.1 as GitLab reads it: with Ruby's Psych on libyaml, in safe mode.
//!
//! [`load`] makes nodes with their places of a file's text; [`emit`] writes text of nodes that loads to the same.
//!
//! ```
//! use ci_yaml::{FileId, Value, yaml};
//!
//! let loaded = yaml::load("build: {script: [make], timeout: 12:30}", FileId(0), &yaml::Limits::default())?;
//! let job = loaded.content.get("build").expect("a job");
//! assert_eq!(job.get("timeout").map(|node| &node.value), Some(&Value::Int(45000)));
//! # Ok::<(), ci_yaml::Diagnostic>(())
//! ```

mod build;
mod documents;
mod emit;
mod explain;
mod scalar;
mod size;
mod syntax;
mod tag;

use crate::{Diagnostic, FileId, Map, Node, Position, Span};
use explain::Source;

pub use emit::emit;

/// How much more memory a value may take than the limit before it is refused.
///
/// The estimate cannot be exact, and what GitLab accepts must not be refused. What is meant to do harm is larger by
/// orders of magnitude.
const TOLERANCE: usize = 4;

/// What is refused for its size. The default is GitLab's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The bytes of a file (the setting `max_yaml_size_bytes`).
    pub bytes: usize,
    /// The bytes that its value takes in memory, estimated as Ruby would count them (the same setting). More is
    /// [noted](Note::Large); four times as much is refused.
    pub memory: usize,
    /// How many collections may nest (the setting `max_yaml_depth`).
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 2 << 20, memory: 2 << 20, depth: 100 }
    }
}

/// Something that GitLab accepts silently, and that may not be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A tag that means nothing, such as `!$VARIABLE` without quotes.
    UnknownTag {
        /// The tag, `!` included.
        tag: String,
        /// Where it is.
        span: Span,
        /// Nothing stands behind it, so that the value is null.
        empty: bool,
    },
    /// A key that was given twice in a map. The last value counts, in the place of the first.
    DuplicateKey {
        /// The key.
        key: String,
        /// Where it was given before.
        first: Span,
        /// Where it was given again.
        second: Span,
    },
    /// Text behind the end of what is used, which nothing reads: a second document without a header, or lines that do
    /// not belong to the map that the file begins with.
    Ignored {
        /// Where it begins.
        span: Span,
    },
    /// It takes about this much memory in Ruby, which is more than the limit, so that GitLab may refuse it.
    Large {
        /// The bytes that it takes, estimated.
        estimate: usize,
        /// The bytes that GitLab permits.
        limit: usize,
        /// The whole of it.
        span: Span,
    },
}

/// A file's content.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The map that holds `spec`, if the file begins with one and another document follows.
    pub header: Option<Node>,
    /// The configuration: always a map, and an empty one if the file holds nothing.
    pub content: Node,
    /// What is odd, in the order of the text.
    pub notes: Vec<Note>,
}

/// Reads a file: with a header its first and last documents, else its first one.
///
/// # Errors
/// Where GitLab refuses the file, in its words but for the file's name before them: it is too big, no YAML, or no map.
pub fn load(text: &str, file: FileId, limits: &Limits) -> Result<Loaded, Diagnostic> {
    if text.len() > limits.bytes.min(u32::MAX as usize) {
        return Err(explain::too_many_bytes(file, text.len(), limits.bytes));
    }
    let mut documents = Vec::new();
    for document in documents::split(text) {
        let source = Source { text, file, document };
        check_characters(&source)?;
        let document = build::document(&source, limits)?;
        if !document.root.is_blank() {
            documents.push(document);
        }
    }
    let is_header = |root: &Node| root.as_map().is_some_and(|map| map.has("spec"));
    let has_header = documents.len() > 1 && documents.first().is_some_and(|first| is_header(&first.root));

    let mut notes = Vec::new();
    let mut used = Vec::new();
    let last = documents.len().saturating_sub(1);
    for (index, document) in documents.into_iter().enumerate() {
        // GitLab loads all of them, though it uses two at most.
        let root = checked(document.root, document.too_big)?;
        if index == 0 || has_header && index == last {
            notes.extend(document.notes);
            used.push(root);
        } else {
            notes.push(Note::Ignored { span: root.span });
        }
    }
    let content = used.pop().unwrap_or_else(|| {
        let start = Position { line: 1, column: 1 };
        Node::map(Map::new(), Span { file, start, end: start })
    });
    Ok(Loaded { header: used.pop(), content, notes })
}

/// A document that GitLab takes.
fn checked(root: Node, too_big: Option<Diagnostic>) -> Result<Node, Diagnostic> {
    match too_big {
        Some(diagnostic) => Err(diagnostic),
        None if root.as_map().is_none() => Err(explain::not_a_map(&root)),
        None => Ok(root),
    }
}

/// libyaml takes no control characters but tabs and line breaks, and none that Unicode gives no meaning.
fn check_characters(source: &Source<'_>) -> Result<(), Diagnostic> {
    let is_fine = |character: char| matches!(character, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..);
    let document = source.document();
    // Mostly there is nothing but ASCII, which is looked through quickly.
    let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r') || *byte > b'~';
    if !document.as_bytes().iter().fold(false, |found, byte| found | is_control(byte)) {
        return Ok(());
    }
    let Some((offset, character)) = document.char_indices().find(|(_, character)| !is_fine(*character))
    else {
        return Ok(());
    };
    let before = source.text.get(..source.document.start + offset).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let to_u32 = |number| u32::try_from(number).unwrap_or(u32::MAX);
    let position = Position { line: to_u32(line), column: to_u32(column) };
    Err(explain::control_character(source, position, character))
}

#[cfg(test)]
mod tests;
