//! From lines to pieces.

use super::line::Line;
use super::words::{Word, Words};
use super::{DEEPEST, Piece, Row, Section, Span, State};

/// Makes pieces of the lines of a log, one after another.
#[derive(Clone, Debug, Default)]
pub struct Converter {
    state: State,
}

/// The row that is being made, and whether it is the head of a section.
#[derive(Default)]
struct Making {
    spans: Vec<Span>,
    time: Option<String>,
    /// Whether something is shown even if the row stays empty.
    wanted: bool,
    /// The section whose head it is.
    head: Option<Section>,
}

impl Converter {
    /// Goes on from a state.
    pub fn new(state: State) -> Self {
        Self { state }
    }

    /// Where it stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    pub(super) fn stamped(&mut self, stamped: Option<bool>) {
        self.state.stamped = stamped;
    }

    /// Takes a line.
    pub(super) fn take(&mut self, line: &Line, pieces: &mut Vec<Piece>) {
        let text = String::from_utf8_lossy(&line.text);
        let mut making = Making { time: line.time.clone(), wanted: true, ..Making::default() };
        for word in Words::new(&text) {
            match word {
                Word::Text(text) => self.text(&mut making, text),
                Word::Look(codes) => self.state.style.apply(codes),
                Word::Return => making.spans.clear(),
                Word::Start { at, name, options } => self.start(&mut making, at, name, options, pieces),
                Word::End { at, name } => self.end(&mut making, at, name, pieces),
            }
        }
        self.finish(&mut making, pieces);
        self.state.offset += line.length;
    }

    fn text(&self, making: &mut Making, text: &str) {
        match making.spans.last_mut() {
            Some(last) if last.style == self.state.style => last.text.push_str(text),
            _ => making.spans.push(Span { text: text.to_owned(), style: self.state.style }),
        }
    }

    fn start(&mut self, making: &mut Making, at: u64, name: &str, options: &str, pieces: &mut Vec<Piece>) {
        let known = |section: &Section| section.name == name;
        let pending = making.head.as_ref().is_some_and(known);
        if pending || self.state.sections.iter().any(known) || self.state.sections.len() + 1 >= DEEPEST {
            return;
        }
        if !making.spans.is_empty() || making.head.is_some() {
            self.finish(making, pieces);
        }
        let says = |key: &str| options.split(',').any(|option| option.trim() == key);
        making.wanted = true;
        making.head = Some(Section {
            name: name.to_owned(),
            id: self.state.line,
            started: at,
            hide_duration: says("hide_duration=true"),
            collapsed: says("collapsed=true"),
        });
    }

    fn end(&mut self, making: &mut Making, at: u64, name: &str, pieces: &mut Vec<Piece>) {
        if making.head.is_some() || !making.spans.is_empty() {
            self.finish(making, pieces);
        }
        let Some(depth) = self.state.sections.iter().rposition(|section| section.name == name) else {
            return;
        };
        making.wanted = false;
        for section in self.state.sections.drain(depth..).rev() {
            let known = section.name == name && !section.hide_duration;
            let seconds = known.then(|| at.saturating_sub(section.started));
            pieces.push(Piece::Close { id: section.id, seconds });
        }
    }

    /// Gives out the row that is being made, and begins another.
    fn finish(&mut self, making: &mut Making, pieces: &mut Vec<Piece>) {
        let Making { mut spans, time, wanted, head } = std::mem::take(making);
        making.time.clone_from(&time);
        if spans.is_empty() && head.is_none() && !wanted {
            return;
        }
        if let Some(section) = head {
            if spans.iter().all(|span| span.text.trim().is_empty()) {
                spans = vec![Span { text: readable(&section.name), style: self.state.style }];
            }
            pieces.push(Piece::Open {
                name: attribute(&section.name),
                id: section.id,
                collapsed: section.collapsed,
                hide_duration: section.hide_duration,
            });
            self.state.sections.push(section);
        }
        pieces.push(Piece::Row(Row { number: self.state.line, time, spans }));
        self.state.line += 1;
    }
}

/// A name as GitLab writes it into classes.
pub(super) fn attribute(name: &str) -> String {
    let fit = |c: char| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '-' };
    name.to_ascii_lowercase().chars().map(fit).collect()
}

/// A name for people, for a section without a head.
fn readable(name: &str) -> String {
    name.replace(['_', '-'], " ")
}
