//! A trace as a reader sees it: split into the lines of its sections, without clocks and colours.
//!
//! With timestamps each physical line carries a stream (number, `O` or `E`) and says whether it continues
//! that stream's last line; those are joined again. A section marker ends the line it stands in. Of a line
//! with carriage returns what follows the last one counts, as on a terminal. Empty lines are left out.

use std::collections::BTreeMap;

/// Bytes of the header of a line with a timestamp: time, blank, stream, `O` or `E`, blank or `+`.
const HEADER: usize = 32;

/// One line of the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Innermost section at its start; empty outside of all.
    pub section: String,
    /// Whether it came over standard error.
    pub stderr: bool,
    /// Its text.
    pub text: String,
}

/// A trace, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceText {
    /// Names of the sections in order of their start, without options.
    pub sections: Vec<String>,
    /// All lines in order of their start.
    pub lines: Vec<Line>,
}

impl TraceText {
    /// Takes a trace apart. Any bytes will do.
    pub fn parse(trace: &[u8]) -> Self {
        let text = String::from_utf8_lossy(trace);
        let mut reader = Reader::default();
        for physical in text.split('\n') {
            reader.physical_line(physical);
        }
        reader.finish()
    }

    /// The lines of one section, of one of the two output streams.
    pub fn lines_of(&self, section: &str, stderr: bool) -> Vec<String> {
        self.select(|line| line.section == section && line.stderr == stderr)
    }

    /// The lines of one section, whatever their stream.
    pub fn all_lines_of(&self, section: &str) -> Vec<String> {
        self.select(|line| line.section == section)
    }

    /// Whether a line of exactly this text is there.
    pub fn has_line(&self, text: &str) -> bool {
        self.lines.iter().any(|line| line.text == text)
    }

    fn select(&self, wanted: impl Fn(&Line) -> bool) -> Vec<String> {
        self.lines.iter().filter(|line| wanted(line)).map(|line| line.text.clone()).collect()
    }
}

/// A stream's line that may still go on.
struct Open {
    text: String,
    slot: usize,
    section: String,
}

#[derive(Default)]
struct Reader {
    stack: Vec<String>,
    sections: Vec<String>,
    slots: Vec<Option<Line>>,
    open: BTreeMap<String, Open>,
}

impl Reader {
    fn physical_line(&mut self, physical: &str) {
        let header = Header::read(physical);
        let stream = header.as_ref().map_or("O", |h| h.stream).to_owned();
        if !header.as_ref().is_some_and(|h| h.continues) {
            self.close(&stream);
        }
        let content = header.map_or(physical, |h| h.content);
        self.append(&stream, content);
        while self.take_marker(&stream) {}
    }

    fn append(&mut self, stream: &str, content: &str) {
        if content.is_empty() {
            return;
        }
        if !self.open.contains_key(stream) {
            self.slots.push(None);
            let section = self.stack.last().cloned().unwrap_or_default();
            let open = Open { text: String::new(), slot: self.slots.len() - 1, section };
            self.open.insert(stream.to_owned(), open);
        }
        if let Some(open) = self.open.get_mut(stream) {
            open.text.push_str(content);
        }
    }

    /// Applies the first marker of the stream's line, if there is one: what precedes it is a line of its own.
    fn take_marker(&mut self, stream: &str) -> bool {
        let Some(open) = self.open.get_mut(stream) else { return false };
        let Some(marker) = Marker::find(&open.text) else { return false };
        let rest = open.text.split_off(marker.end);
        open.text.truncate(marker.start);
        self.close(stream);
        self.apply(&marker);
        self.append(stream, &rest);
        true
    }

    fn apply(&mut self, marker: &Marker) {
        if marker.opens {
            self.stack.push(marker.name.clone());
            self.sections.push(marker.name.clone());
        } else if let Some(depth) = self.stack.iter().rposition(|name| *name == marker.name) {
            self.stack.truncate(depth);
        }
    }

    fn close(&mut self, stream: &str) {
        let Some(open) = self.open.remove(stream) else { return };
        let text = visible(&open.text);
        if !text.is_empty() {
            let stderr = stream.ends_with('E');
            self.slots[open.slot] = Some(Line { section: open.section, stderr, text });
        }
    }

    fn finish(mut self) -> TraceText {
        let streams: Vec<String> = self.open.keys().cloned().collect();
        for stream in streams {
            self.close(&stream);
        }
        TraceText { sections: self.sections, lines: self.slots.into_iter().flatten().collect() }
    }
}

struct Header<'a> {
    stream: &'a str,
    continues: bool,
    content: &'a str,
}

impl<'a> Header<'a> {
    fn read(line: &'a str) -> Option<Self> {
        const SHAPE: &[u8; HEADER] = b"0000-00-00T00:00:00.000000Z 00O ";
        let head = line.as_bytes().get(..HEADER)?;
        let fits = head.iter().zip(SHAPE).enumerate().all(|(i, (byte, shape))| match (i, shape) {
            (28 | 29, _) => byte.is_ascii_hexdigit(),
            (30, _) => matches!(byte, b'O' | b'E'),
            (31, _) => matches!(byte, b' ' | b'+'),
            (_, b'0') => byte.is_ascii_digit(),
            (_, other) => byte == other,
        });
        fits.then(|| Self { stream: &line[28..31], continues: head[31] == b'+', content: &line[HEADER..] })
    }
}

struct Marker {
    start: usize,
    end: usize,
    opens: bool,
    name: String,
}

impl Marker {
    fn find(text: &str) -> Option<Self> {
        let mut from = 0;
        while let Some(at) = text[from..].find("section_").map(|at| at + from) {
            if let Some(marker) = Self::at(text, at) {
                return Some(marker);
            }
            from = at + 1;
        }
        None
    }

    /// A marker is complete only with its carriage return.
    fn at(text: &str, start: usize) -> Option<Self> {
        let rest = &text[start..];
        let (opens, rest) = match rest.strip_prefix("section_start:") {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix("section_end:")?),
        };
        let (clock, rest) = rest.split_once(':')?;
        let (name, rest) = rest.split_once('\r')?;
        if clock.is_empty() || !clock.bytes().all(|b| b.is_ascii_digit()) || name.contains('\n') {
            return None;
        }
        let rest = rest.strip_prefix("\u{1b}[0K").unwrap_or(rest);
        let name = name.split('[').next().unwrap_or_default().to_owned();
        Some(Self { start, end: text.len() - rest.len(), opens, name })
    }
}

/// What remains of a line on a terminal without colours.
pub fn visible(line: &str) -> String {
    let plain = without_escapes(line);
    plain.rsplit('\r').next().unwrap_or_default().trim_end().to_owned()
}

/// Removes control sequences (`ESC [ … letter`).
fn without_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        match after.find(|c: char| c.is_ascii_alphabetic()) {
            Some(end) => rest = &after[end + 1..],
            None => return out,
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOCK: &str = "2026-11-21T11:53:26.027837Z ";

    fn parse(lines: &[&str]) -> TraceText {
        let text: Vec<String> = lines.iter().map(|l| format!("{CLOCK}{l}\n")).collect();
        TraceText::parse(text.concat().as_bytes())
    }

    #[test]
    fn markers_open_and_close_sections_across_continuations() {
        let trace = parse(&[
            "00O section_start:1:a\r\u{1b}[0K",
            "00O+\u{1b}[0K\u{1b}[36;1mHead\u{1b}[0;m",
            "01O one",
            "01E bad",
            "00O section_end:1:a\r\u{1b}[0K",
            "00O+section_start:2:b[collapsed=true]\r\u{1b}[0K",
            "00O+Second",
            "00O section_end:2:b\r\u{1b}[0K",
            "00O done",
        ]);
        assert_eq!(trace.sections, ["a", "b"]);
        assert_eq!(trace.lines_of("a", false), ["Head", "one"]);
        assert_eq!(trace.lines_of("a", true), ["bad"]);
        assert_eq!(trace.lines_of("b", false), ["Second"]);
        assert_eq!(trace.lines_of("", false), ["done"]);
    }

    #[test]
    fn continuations_join_their_own_stream_only() {
        let trace = parse(&["01O one ", "01E err", "01O+more\r", "01O+last", "01O next"]);
        assert_eq!(trace.lines_of("", false), ["last", "next"]);
        assert_eq!(trace.lines_of("", true), ["err"]);
    }

    #[test]
    fn carriage_returns_overwrite() {
        assert_eq!(visible("progress 10%\rprogress 50%\rdone"), "done");
        assert_eq!(visible("cr\r"), "");
        assert_eq!(visible("\u{1b}[31mred\u{1b}[0m plain  "), "red plain");
    }

    #[test]
    fn without_timestamps_a_marker_ends_a_line_too() {
        let trace = TraceText::parse(
            b"section_start:1:a\r\x1b[0K\x1b[0KHead\n$ printf x\nxsection_end:1:a\r\x1b[0Kend\n",
        );
        assert_eq!(trace.lines_of("a", false), ["Head", "$ printf x", "x"]);
        assert_eq!(trace.lines_of("", false), ["end"]);
    }

    #[test]
    fn what_only_looks_like_a_marker_is_text() {
        let trace = TraceText::parse(b"$ printf 'section_start:%s:mine\\r'\nsection_start:12:x\n");
        assert!(trace.sections.is_empty());
        assert_eq!(trace.lines.len(), 2);
    }
}
