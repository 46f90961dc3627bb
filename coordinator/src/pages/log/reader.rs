//! Parts of a log in a file.

use super::line::Lines;
use super::{Converter, PART, Piece, State};
use serde::Serialize;
use std::io::{self, Read, Seek, SeekFrom};

/// A part of a log.
#[derive(Clone, Debug)]
pub struct Part {
    /// Where it began.
    pub from: State,
    /// What is in it.
    pub pieces: Vec<Piece>,
    /// Where its last line begins: what follows is read from there, since that line may not be finished.
    pub last: State,
    /// Where it ended.
    pub end: State,
    /// Whether the log went no further.
    pub complete: bool,
}

impl Part {
    /// Leaves out all but the last lines, and all sections.
    pub(crate) fn keep_last(&mut self, lines: u64) {
        self.pieces.retain(|piece| matches!(piece, Piece::Row(_)));
        let extra = self.pieces.len().saturating_sub(usize::try_from(lines).unwrap_or(usize::MAX));
        self.pieces.drain(..extra);
        self.from.sections.clear();
    }
}

/// Where a part begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Its first line.
    pub line: u64,
    /// From where to read it.
    pub state: String,
}

/// Where all parts begin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Index {
    /// The parts in order.
    pub parts: Vec<Place>,
    /// The number of the last line.
    pub lines: u64,
    /// Bytes of the log.
    pub bytes: u64,
}

/// A line that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Match {
    /// Its number.
    pub line: u64,
    /// Its text, cut if it is long.
    pub text: String,
}

/// Reads about `lines` lines from a state on.
///
/// # Errors
/// Where the file cannot be read.
pub fn part<R: Read + Seek>(mut log: R, from: State, lines: u64) -> io::Result<Part> {
    let size = log.seek(SeekFrom::End(0))?;
    // A log that was erased and written anew is shorter than it was.
    let from = if from.offset > size { State::default() } else { from };
    log.seek(SeekFrom::Start(from.offset))?;
    let mut source = Lines::new(log, from.stamped);
    let mut converter = Converter::new(from.clone());
    let mut part = Part {
        from: from.clone(),
        pieces: Vec::new(),
        last: from.clone(),
        end: from.clone(),
        complete: false,
    };
    while converter.state().line < from.line.saturating_add(lines) {
        let before = converter.state().clone();
        let Some(line) = source.next()? else {
            part.complete = true;
            break;
        };
        part.last = before;
        // The first line decides about times, so it has to be looked at again as long as it is the last.
        part.last.stamped = source.stamped().filter(|_| part.last.offset > 0);
        converter.stamped(source.stamped());
        converter.take(&line, &mut part.pieces);
    }
    part.end = converter.state().clone();
    part.complete = part.complete || part.end.offset >= size;
    Ok(part)
}

/// The part in which a line is.
///
/// # Errors
/// Where the file cannot be read.
pub fn part_of_line<R: Read + Seek>(mut log: R, line: u64) -> io::Result<Part> {
    let mut state = State::default();
    walk(&mut log, |at, _| {
        if at.line <= line && (at.line - state.line >= PART || at.line == 1) {
            state = at.clone();
        }
        at.line <= line
    })?;
    part(log, state, PART)
}

/// Where all parts begin.
///
/// # Errors
/// Where the file cannot be read.
pub fn index<R: Read + Seek>(mut log: R) -> io::Result<Index> {
    let mut parts: Vec<Place> = Vec::new();
    let mut next = 1;
    let end = walk(&mut log, |at, _| {
        if at.line >= next {
            parts.push(Place { line: at.line, state: at.encode() });
            next = at.line + PART;
        }
        true
    })?;
    Ok(Index { parts, lines: end.line - 1, bytes: end.offset })
}

/// The first lines that hold a text, whatever the case.
///
/// # Errors
/// Where the file cannot be read.
pub fn find<R: Read + Seek>(mut log: R, text: &str, most: usize) -> io::Result<Vec<Match>> {
    const LONGEST: usize = 300;
    let wanted = text.to_lowercase();
    let mut found = Vec::new();
    if wanted.is_empty() {
        return Ok(found);
    }
    walk(&mut log, |_, pieces| {
        let rows = pieces.iter().filter_map(|piece| match piece {
            Piece::Row(row) => Some((row.number, row.text())),
            Piece::Open { .. } | Piece::Close { .. } => None,
        });
        let fits = rows.filter(|(_, text)| text.to_lowercase().contains(&wanted));
        found.extend(fits.map(|(line, text)| Match { line, text: text.chars().take(LONGEST).collect() }));
        found.len() < most
    })?;
    found.truncate(most);
    Ok(found)
}

/// Goes through all lines; `each` gets the state before a line and what the line made, and says whether to go on.
fn walk<R: Read + Seek>(log: &mut R, mut each: impl FnMut(&State, &[Piece]) -> bool) -> io::Result<State> {
    log.seek(SeekFrom::Start(0))?;
    let mut source = Lines::new(log, None);
    let mut converter = Converter::default();
    let mut pieces = Vec::new();
    while let Some(line) = source.next()? {
        converter.stamped(source.stamped());
        let before = converter.state().clone();
        pieces.clear();
        converter.take(&line, &mut pieces);
        if !each(&before, &pieces) {
            break;
        }
    }
    Ok(converter.state().clone())
}
