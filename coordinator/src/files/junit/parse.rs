//! The XML of JUnit reports. Only predefined entities are known, so nothing grows or is fetched while it is read.

use super::{Case, CaseStatus, MOST_OUTPUT};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

/// How deep suites may be nested.
const DEEPEST: usize = 200;

/// Gives each test with the name of its suite to `each`.
///
/// # Errors
/// What is wrong with the XML.
pub(super) fn cases(text: &str, each: &mut dyn FnMut(&str, Case)) -> Result<(), String> {
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}').trim_start());
    reader.config_mut().expand_empty_elements = true;
    let mut state = State::default();
    loop {
        let event =
            reader.read_event().map_err(|error| format!("{error} at byte {}", reader.error_position()))?;
        match event {
            Event::Start(start) => state.start(&start)?,
            Event::End(_) => state.end(each),
            Event::Text(text) => state.text(&text),
            Event::CData(data) => state.text(&data),
            Event::GeneralRef(name) => state.reference(&name),
            Event::Eof if state.depth > 0 => return Err("the document ends within an element".into()),
            Event::Eof if !state.begun => return Err("the document is empty".into()),
            Event::Eof => return Ok(()),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

#[derive(Default)]
struct State {
    begun: bool,
    /// Open elements.
    depth: usize,
    /// Names of open suites, with the depth of each.
    suites: Vec<(usize, String)>,
    /// The open test, with its depth.
    case: Option<(usize, Open)>,
    /// What of the test is read now, with its depth.
    part: Option<(usize, Part)>,
}

/// A test that is being read.
struct Open {
    case: Case,
    /// The worst that was told of it, with the words.
    verdict: Option<(CaseStatus, String)>,
    output: String,
}

#[derive(Clone)]
enum Part {
    Verdict { status: CaseStatus, message: String, text: String },
    Output,
}

impl State {
    fn start(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        self.begun = true;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("elements are nested more than {DEEPEST} deep"));
        }
        let depth = self.depth;
        let name = start.local_name();
        match (name.as_ref(), &self.case) {
            ("testsuite", None) => self.suites.push((depth, attribute(start, "name").unwrap_or_default())),
            ("testcase", None) => self.case = Some((depth, open(start))),
            (name, Some((at, _))) if *at + 1 == depth => {
                self.part = part(name, start).map(|part| (depth, part));
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, each: &mut dyn FnMut(&str, Case)) {
        let depth = self.depth;
        self.depth = depth.saturating_sub(1);
        if let Some((_, part)) = self.part.take_if(|(at, _)| *at == depth)
            && let Some((_, open)) = &mut self.case
        {
            open.take(part);
        }
        if let Some((_, open)) = self.case.take_if(|(at, _)| *at == depth) {
            let suite = self.suites.last().map_or("", |(_, name)| name.as_str());
            each(suite, open.finish());
        }
        if self.suites.last().is_some_and(|(at, _)| *at == depth) {
            self.suites.pop();
        }
    }

    fn text(&mut self, text: &str) {
        let Some((_, open)) = &mut self.case else { return };
        let into = match &mut self.part {
            Some((_, Part::Verdict { text, .. })) => text,
            Some((_, Part::Output)) => &mut open.output,
            None => return,
        };
        if into.len() < MOST_OUTPUT {
            into.push_str(text);
        }
    }

    fn reference(&mut self, name: &quick_xml::events::BytesRef<'_>) {
        let text = match name.resolve_char_ref() {
            Ok(Some(character)) => character.to_string(),
            _ => match quick_xml::escape::resolve_predefined_entity(name) {
                Some(text) => text.to_owned(),
                None => format!("&{};", &**name),
            },
        };
        self.text(&text);
    }
}

fn part(name: &str, start: &BytesStart<'_>) -> Option<Part> {
    let status = match name {
        "failure" => CaseStatus::Failed,
        "error" => CaseStatus::Error,
        "skipped" => CaseStatus::Skipped,
        "system-out" => return Some(Part::Output),
        _ => return None,
    };
    let message = attribute(start, "message").unwrap_or_default();
    Some(Part::Verdict { status, message, text: String::new() })
}

fn open(start: &BytesStart<'_>) -> Open {
    let time = attribute(start, "time").and_then(|time| time.trim().replace(',', "").parse::<f64>().ok());
    let case = Case {
        status: CaseStatus::Success,
        name: attribute(start, "name").unwrap_or_default(),
        classname: attribute(start, "classname").unwrap_or_default(),
        file: attribute(start, "file"),
        execution_time: time.filter(|time| time.is_finite() && *time >= 0.0).unwrap_or_default(),
        system_output: None,
        attachment: None,
    };
    Open { case, verdict: None, output: String::new() }
}

impl Open {
    fn take(&mut self, part: Part) {
        let Part::Verdict { status, message, text } = part else { return };
        let words = if text.trim().is_empty() { message } else { text };
        let rank = |status: CaseStatus| match status {
            CaseStatus::Failed => 3,
            CaseStatus::Error => 2,
            CaseStatus::Skipped => 1,
            CaseStatus::Success => 0,
        };
        if self.verdict.as_ref().is_none_or(|(known, _)| rank(status) > rank(*known)) {
            self.verdict = Some((status, words));
        }
    }

    fn finish(self) -> Case {
        let mut case = self.case;
        if let Some((status, words)) = self.verdict {
            case.status = status;
            case.system_output = Some(words).filter(|words| !words.is_empty());
        }
        let path = self.output.split_once("[[ATTACHMENT|").and_then(|(_, rest)| rest.split_once("]]"));
        case.attachment = path.map(|(path, _)| path.to_owned());
        case
    }
}

/// An attribute of an element; nothing where it is not there, or is no proper one.
fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start.attributes().with_checks(false).flatten().find(|found| found.key.as_ref() == name)?;
    let value = found.normalized_value(XmlVersion::Explicit1_0).map(std::borrow::Cow::into_owned);
    Some(value.unwrap_or_else(|_| found.value.clone().into_owned()))
}
