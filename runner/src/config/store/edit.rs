//! Edits of the text. What they do not touch stays byte for byte, line ends and a byte order mark included.

use super::{NewToken, SectionId};
use crate::config::Draft;
use crate::config::draft::{date_time, quoted};
use crate::config::expand::expand;
use crate::config::load::BYTE_ORDER_MARK;
use crate::config::schema::{self, GLOBAL, Key, Kind, RUNNERS};
use crate::environment::Environment;
use std::fmt::Write as _;
use std::ops::Range;
use toml_edit::{Document, Item, Table, TableLike};

/// Why a text cannot be edited.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum EditError {
    Syntax(String),
    InlineSections,
    Gone(String),
}

/// How the file marks its start and its line ends.
struct Dress {
    mark: bool,
    crlf: bool,
}

impl Dress {
    fn of(text: &str) -> (Self, &str) {
        let bare = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let lines = bare.matches('\n').count();
        (
            Self { mark: bare.len() != text.len(), crlf: lines > 0 && bare.matches("\r\n").count() == lines },
            bare,
        )
    }

    /// The text with this file's line ends. `text` has line feeds only where they are new.
    fn dressed(&self, text: &str) -> String {
        let text = if self.crlf { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text.to_owned() };
        if self.mark { format!("{BYTE_ORDER_MARK}{text}") } else { text }
    }
}

fn parsed(text: &str) -> Result<Document<&str>, EditError> {
    Document::parse(text).map_err(|error| EditError::Syntax(error.message().to_owned()))
}

/// The text with a section after everything else.
pub(super) fn append(text: &str, section: &Draft) -> Result<String, EditError> {
    let (dress, bare) = Dress::of(text);
    if parsed(bare)?.get("runners").is_some_and(Item::is_value) {
        return Err(EditError::InlineSections);
    }
    let mut out = if bare.trim().is_empty() { fresh_file() } else { bare.to_owned() };
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out.push('\n');
    out.push_str(&section.to_toml());
    Ok(dress.dressed(&out))
}

/// The top of a new file: what gitlab-runner writes there.
fn fresh_file() -> String {
    let mut out = String::new();
    written_keys(&GLOBAL, "", &mut out);
    for key in GLOBAL.keys {
        if let Kind::Table(table) = key.kind
            && table.keys.iter().any(|key| key.always_written)
        {
            let _ = write!(out, "\n[{}]\n", table.path);
            written_keys(table, "  ", &mut out);
        }
    }
    out
}

fn written_keys(table: &schema::Table, indent: &str, out: &mut String) {
    for Key { name, .. } in
        table.keys.iter().filter(|key| key.always_written && matches!(key.kind, Kind::Integer))
    {
        let value = match *name {
            "concurrent" => 1,
            "session_timeout" => 1800,
            _ => 0,
        };
        let _ = writeln!(out, "{indent}{name} = {value}");
    }
}

/// The text without some sections, and how many were found. A comment right above a header goes with it.
pub(super) fn remove(
    text: &str,
    doomed: &[SectionId],
    environment: &Environment,
) -> Result<(String, usize), EditError> {
    let (dress, bare) = Dress::of(text);
    let document = parsed(bare)?;
    let sections = sections(&document);
    let matches: Vec<bool> =
        sections.iter().map(|section| doomed.iter().any(|id| is(section.table, id, environment))).collect();
    let count = matches.iter().filter(|doomed| **doomed).count();
    if count == 0 {
        return Ok((text.to_owned(), 0));
    }
    if sections.iter().any(|section| section.inline) {
        return Err(EditError::InlineSections);
    }
    let mut blocks = Vec::new();
    headers(document.as_table(), None, &mut blocks);
    blocks.sort_by_key(|block| block.start);
    let mut out = String::new();
    let starts: Vec<usize> = blocks.iter().map(|block| with_comment(bare, block.start)).collect();
    out.push_str(&bare[..starts.first().copied().unwrap_or(bare.len())]);
    for (index, block) in blocks.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(bare.len());
        if !block.section.is_some_and(|section| matches[section]) {
            out.push_str(&bare[starts[index]..end]);
        }
    }
    let kept = out.trim_end().len();
    out.truncate(kept);
    if !out.is_empty() {
        out.push('\n');
    }
    Ok((dress.dressed(&out), count))
}

/// A header with what follows it, up to the next.
struct Block {
    start: usize,
    /// The section that it belongs to.
    section: Option<usize>,
}

fn headers(table: &Table, section: Option<usize>, blocks: &mut Vec<Block>) {
    if !table.is_implicit()
        && !table.is_dotted()
        && table.position().is_some_and(|position| position > 0)
        && let Some(span) = table.span()
    {
        blocks.push(Block { start: span.start, section });
    }
    for (name, item) in table {
        match item {
            Item::Table(inner) => headers(inner, section, blocks),
            Item::ArrayOfTables(tables) => {
                for (index, inner) in tables.iter().enumerate() {
                    let own = section.or((is_root(table) && name == "runners").then_some(index));
                    headers(inner, own, blocks);
                }
            }
            Item::None | Item::Value(_) => {}
        }
    }
}

/// The root has no header, so it stands before all tables that have one.
fn is_root(table: &Table) -> bool {
    table.position().is_none_or(|position| position == 0)
}

/// Where a block starts if the comment lines right above its header are part of it.
fn with_comment(text: &str, header: usize) -> usize {
    let mut start = text[..header].rfind('\n').map_or(0, |at| at + 1);
    while start > 0 {
        let above = text[..start - 1].rfind('\n').map_or(0, |at| at + 1);
        if !text[above..start].trim_start().starts_with('#') {
            break;
        }
        start = above;
    }
    start
}

fn is(table: &dyn TableLike, id: &SectionId, environment: &Environment) -> bool {
    let token = expand(text(table, "token"), environment).text;
    token == id.token.expose() && text(table, "name") == id.name
}

/// A text of a section, its key found as the reader finds it.
fn text<'a>(table: &'a dyn TableLike, name: &str) -> &'a str {
    item(table, name).and_then(|(_, item)| item.as_str()).unwrap_or("")
}

fn item<'a>(table: &'a dyn TableLike, name: &str) -> Option<(&'a str, &'a Item)> {
    let exact = table.get_key_value(name).map(|(key, item)| (key.get(), item));
    exact.or_else(|| table.iter().find(|(other, _)| RUNNERS.key(other).is_some_and(|key| key.name == name)))
}

/// The text with another token in one section.
pub(super) fn set_token(
    text: &str,
    id: &SectionId,
    new: &NewToken,
    environment: &Environment,
) -> Result<String, EditError> {
    let (dress, bare) = Dress::of(text);
    let document = parsed(bare)?;
    let mut changes = Vec::new();
    for section in sections(&document).into_iter().filter(|section| is(section.table, id, environment)) {
        plan(&section, new, bare, &mut changes);
    }
    if changes.is_empty() {
        return Err(EditError::Gone(id.name.clone()));
    }
    changes.sort_by_key(|(range, _)| range.start);
    let mut out = bare.to_owned();
    for (range, text) in changes.into_iter().rev() {
        out.replace_range(range, &text);
    }
    Ok(dress.dressed(&out))
}

struct Section<'a> {
    table: &'a dyn TableLike,
    /// Written in braces.
    inline: bool,
}

fn sections<'a>(document: &'a Document<&str>) -> Vec<Section<'a>> {
    match document.get("runners") {
        Some(Item::ArrayOfTables(tables)) => {
            tables.iter().map(|table| Section { table, inline: false }).collect()
        }
        Some(Item::Value(toml_edit::Value::Array(array))) => array
            .iter()
            .filter_map(|value| Some(Section { table: value.as_inline_table()?, inline: true }))
            .collect(),
        _ => Vec::new(),
    }
}

/// Replaces the three values; times that are not there yet get lines of their own after the token's.
fn plan(section: &Section<'_>, new: &NewToken, text: &str, changes: &mut Vec<(Range<usize>, String)>) {
    let table = section.table;
    let Some((key, item_of_token)) = item(table, "token") else { return };
    let Some(span) = item_of_token.span() else { return };
    let key_start = table.key(key).and_then(toml_edit::Key::span).map_or(span.start, |span| span.start);
    let line_start = text[..key_start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[line_start..key_start];
    let mut lines = String::new();
    for (name, time) in [("token_obtained_at", Some(new.obtained_at)), ("token_expires_at", new.expires_at)] {
        match item(table, name).and_then(|(_, item)| item.span()) {
            Some(span) => changes.push((span, date_time(time))),
            None if !section.inline => {
                let _ = write!(lines, "\n{indent}{name} = {}", date_time(time));
            }
            None => {}
        }
    }
    let rest = &text[span.end..];
    let line_end = span.end + rest.find('\n').unwrap_or(rest.len());
    let line_end = line_end - usize::from(text[..line_end].ends_with('\r'));
    changes.push((span, quoted(new.token.expose())));
    changes.push((line_end..line_end, lines));
}
