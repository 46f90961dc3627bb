//! Logs: parts of them, where parts begin, what is in them. Files are read in threads where waiting is allowed.

use super::answer;
use super::form::Fields;
use crate::pages::Ui;
use crate::pages::log::{self, Part, State, html};
use crate::pages::screens::job::LogView;
use crate::pages::text::Text;
use crate::pages::views::{Answer, Oops};
use axum::response::Response;
use http::HeaderValue;
use http::header::HeaderName;
use std::fs::File;
use std::io::{self, Seek as _};

/// So many lines are looked for at most.
const MOST_FOUND: usize = 500;
/// So many lines of the end are shown where a log is looked into.
const TAIL: u64 = 30;

/// Does something with the file of a log.
async fn read<T: Send + 'static>(
    mut file: File,
    work: impl FnOnce(&mut File) -> io::Result<T> + Send + 'static,
) -> Answer<T> {
    let done = tokio::task::spawn_blocking(move || work(&mut file)).await;
    let done = done.map_err(|error| Oops::Broken(error.to_string()))?;
    done.map_err(|error| Oops::Broken(format!("a log cannot be read: {error}")))
}

/// The part that a page shows at first: the begin, or what its query asks for.
pub(super) async fn view(ui: &Ui, file: File, query: &Fields) -> Answer<LogView> {
    let from = query.get("log").and_then(State::decode).unwrap_or_default();
    let line: Option<u64> = query.number("line");
    let wanted = query.some("q");
    let looked = wanted.clone();
    let (part, size, found) = read(file, move |file| {
        let size = file.seek(io::SeekFrom::End(0))?;
        let part = match line {
            Some(line) => log::part_of_line(&mut *file, line)?,
            None => log::part(&mut *file, from, log::PART)?,
        };
        let found = looked.map(|text| log::find(&mut *file, &text, MOST_FOUND)).transpose()?;
        Ok((part, size, found))
    })
    .await?;
    Ok(LogView {
        rows: html::write(&part, ui.t(Text::SectionContinued)),
        next: (!part.complete).then(|| part.end.encode()),
        last: part.last.encode(),
        first: part.from.line,
        size,
        found: wanted.zip(found),
    })
}

/// Rows from a state on, for our script. The headers say from where to go on.
pub(super) async fn rows(ui: &Ui, file: File, query: &Fields) -> Answer<Response> {
    let state = query.get("state").map(State::decode);
    let from = state.unwrap_or_else(|| Some(State::default())).ok_or(Oops::NotFound)?;
    let part = read(file, move |file| log::part(file, from, log::PART)).await?;
    Ok(part_response(ui, &part))
}

fn part_response(ui: &Ui, part: &Part) -> Response {
    let mut response = answer::fragment(html::write(part, ui.t(Text::SectionContinued)));
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    };
    set("log-first", &part.from.line.to_string());
    set("log-last", &part.last.encode());
    set("log-next", &if part.complete { String::new() } else { part.end.encode() });
    response
}

/// Where all parts begin.
pub(super) async fn index(file: File) -> Answer<Response> {
    Ok(answer::json(&read(file, |file| log::index(file)).await?))
}

/// Numbers of the lines that hold a text.
pub(super) async fn find(file: File, query: &Fields) -> Answer<Response> {
    let text = query.text("q");
    let found = read(file, move |file| log::find(file, &text, MOST_FOUND)).await?;
    let lines: Vec<u64> = found.iter().map(|found| found.line).collect();
    Ok(answer::json(&lines))
}

/// The last lines, without links to other lines.
pub(super) async fn tail(ui: &Ui, file: File) -> Answer<Response> {
    let part = read(file, |file| {
        let all = log::index(&mut *file)?;
        let near = log::part_of_line(&mut *file, all.lines)?;
        let mut part = match near.from.line {
            1 => near,
            line => {
                // The tail may begin in the part before.
                let mut before = log::part_of_line(&mut *file, line - 1)?;
                before.pieces.extend(near.pieces);
                before
            }
        };
        part.keep_last(TAIL);
        Ok(part)
    })
    .await?;
    let rows = html::write(&part, ui.t(Text::SectionContinued)).replace(" id=\"L", " data-l=\"L");
    Ok(answer::fragment(format!("<div class=\"log tail\">{rows}</div>")))
}

/// The bytes of a log as they are stored.
pub(super) fn raw(file: Option<File>, name: Option<&str>) -> Answer<Response> {
    let Some(file) = file else { return Ok(answer::nothing()) };
    let length =
        file.metadata().map_err(|error| Oops::Broken(format!("a log cannot be read: {error}")))?.len();
    Ok(answer::plain(file, length, name))
}
