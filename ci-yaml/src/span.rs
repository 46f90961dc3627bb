//! Where something was written.

use serde::Serialize;
use std::sync::Arc;

/// A file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A place in a text: line and column, both from 1, the column in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// From where to where something was written; `end` is the place behind its last character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// Its first character.
    pub start: Position,
    /// Behind its last character.
    pub end: Position,
}

/// A value and the place it was written at.
#[derive(Clone, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// A value that was written there.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl<T: Serialize> Serialize for Spanned<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

/// A text that configuration came from.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// How GitLab names it in messages: the path in its project, the URL, the template's or the component's name.
    pub name: String,
    /// What it says.
    pub text: Arc<str>,
    /// The project it came from, where that is not the one evaluated, or where it was fetched from.
    pub origin: Option<String>,
}

/// All texts a configuration came from, in the order they were read. The first is the main file.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a file.
    pub fn add(&mut self, file: SourceFile) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(file);
        id
    }

    /// The file of an id that [`SourceMap::add`] gave.
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(index, file)| (FileId(u32::try_from(index).unwrap_or(u32::MAX)), file))
    }

    /// A line of a file, without its line break. Lines count from 1.
    pub fn line(&self, id: FileId, line: u32) -> Option<&str> {
        self.get(id)?.text.lines().nth(usize::try_from(line).ok()?.checked_sub(1)?)
    }
}
