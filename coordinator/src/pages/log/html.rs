//! Writes parts of logs. Whatever a job printed is escaped here, and only here.

use super::{Part, Piece, Row, Section, Span, convert};
use std::collections::HashMap;
use std::fmt::Write as _;

/// The rows of a part. Every part is whole by itself: sections that were open before it are opened again, those that
/// are open at its end are closed.
pub(crate) fn write(part: &Part, continued: &str) -> String {
    let mut out = String::with_capacity(part.pieces.len() * 96);
    let mut writer = Writer { out: &mut out, continued, closed: closings(&part.pieces), open: Vec::new() };
    part.from.sections.iter().for_each(|section| writer.reopen(section));
    let mut head = false;
    for piece in &part.pieces {
        match piece {
            Piece::Open { name, id, collapsed, hide_duration: _ } => {
                writer.open(name, *id, *collapsed);
                head = true;
            }
            Piece::Row(row) => writer.row(row, std::mem::take(&mut head)),
            Piece::Close { id, seconds } => writer.close(*id, *seconds),
        }
    }
    let depth = writer.open.len();
    out.push_str(&"</details>".repeat(depth));
    out
}

/// How long the sections took that end in a part.
fn closings(pieces: &[Piece]) -> HashMap<u64, u64> {
    let closing = |piece: &Piece| match piece {
        Piece::Close { id, seconds: Some(seconds) } => Some((*id, *seconds)),
        Piece::Close { .. } | Piece::Open { .. } | Piece::Row(_) => None,
    };
    pieces.iter().filter_map(closing).collect()
}

struct Writer<'a> {
    out: &'a mut String,
    continued: &'a str,
    closed: HashMap<u64, u64>,
    /// Open sections, and whether their heads are in this part.
    open: Vec<(u64, bool)>,
}

impl Writer<'_> {
    fn put(&mut self, arguments: std::fmt::Arguments<'_>) {
        // A string takes anything.
        let _ = self.out.write_fmt(arguments);
    }

    fn open(&mut self, name: &str, id: u64, collapsed: bool) {
        let open = if collapsed { "" } else { " open" };
        self.put(format_args!("<details class=\"s\"{open} data-s=\"{id}\" data-name=\"{}\">", Escaped(name)));
        self.open.push((id, true));
    }

    fn reopen(&mut self, section: &Section) {
        let open = if section.collapsed { "" } else { " open" };
        let name = convert::attribute(&section.name);
        let (id, continued) = (section.id, self.continued);
        self.put(format_args!(
            "<details class=\"s cont\"{open} data-s=\"{id}\" data-name=\"{}\"><summary class=\"l c\">{} ({})</summary>",
            Escaped(&name),
            Escaped(&section.name),
            Escaped(continued)
        ));
        self.open.push((id, false));
    }

    fn close(&mut self, id: u64, seconds: Option<u64>) {
        let Some((_, here)) = self.open.pop() else { return };
        if let Some(seconds) = seconds.filter(|_| !here) {
            self.put(format_args!("<div class=\"e\" data-for=\"{id}\">{}</div>", clock(seconds)));
        }
        self.out.push_str("</details>");
    }

    fn row(&mut self, row: &Row, head: bool) {
        let (tag, class) = if head { ("summary", "l h") } else { ("div", "l") };
        let number = row.number;
        self.put(format_args!(
            "<{tag} class=\"{class}\" id=\"L{number}\"><a class=\"n\" href=\"#L{number}\">{number}</a>"
        ));
        if let Some(time) = &row.time {
            self.put(format_args!("<span class=\"t\">{}</span>", Escaped(time)));
        }
        self.out.push_str("<span class=\"x\">");
        row.spans.iter().for_each(|span| self.span(span));
        self.out.push_str("</span>");
        let took = head.then(|| self.open.last().and_then(|(id, _)| self.closed.get(id)).copied()).flatten();
        if let Some(seconds) = took {
            self.put(format_args!("<span class=\"d\">{}</span>", clock(seconds)));
        }
        self.put(format_args!("</{tag}>"));
    }

    fn span(&mut self, span: &Span) {
        let plain = span.style.is_plain();
        if !plain {
            let classes = span.style.classes();
            self.put(format_args!("<span class=\"{}\">", Escaped(&classes)));
        }
        self.linked(&span.text);
        if !plain {
            self.out.push_str("</span>");
        }
    }

    /// Text in which addresses are links.
    fn linked(&mut self, text: &str) {
        let mut rest = text;
        while let Some((before, address, after)) = address(rest) {
            self.put(format_args!(
                "{}<a class=\"u\" rel=\"nofollow noopener noreferrer\" target=\"_blank\" href=\"{1}\">{1}</a>",
                Escaped(before),
                Escaped(address)
            ));
            rest = after;
        }
        self.put(format_args!("{}", Escaped(rest)));
    }
}

/// The first address of the web in a text, with what is before and after it.
fn address(text: &str) -> Option<(&str, &str, &str)> {
    let start = text.match_indices("http").map(|(at, _)| at).find(|at| {
        let tail = text.get(*at..).unwrap_or_default();
        let rest = tail.strip_prefix("https://").or_else(|| tail.strip_prefix("http://"));
        rest.and_then(|rest| rest.chars().next()).is_some_and(|c| c.is_alphanumeric() || c == '[')
    })?;
    let tail = text.get(start..)?;
    let ends = |c: char| {
        c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'' | '`' | '|' | '\\' | '^' | '{' | '}')
    };
    let end = tail.find(ends).unwrap_or(tail.len());
    let trimmed = tail.get(..end)?.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']']);
    Some((text.get(..start)?, trimmed, tail.get(trimmed.len()..)?))
}

/// Seconds as `MM:SS` or `HH:MM:SS`.
pub(crate) fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes:02}:{seconds:02}"),
        _ => format!("{hours:02}:{minutes:02}:{seconds:02}"),
    }
}

/// Text with everything escaped that means something in HTML.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            let (before, tail) = rest.split_at_checked(at).unwrap_or((rest, ""));
            f.write_str(before)?;
            f.write_str(match tail.as_bytes().first() {
                Some(b'&') => "&amp;",
                Some(b'<') => "&lt;",
                Some(b'>') => "&gt;",
                Some(b'"') => "&quot;",
                _ => "&#39;",
            })?;
            rest = tail.get(1..).unwrap_or_default();
        }
        f.write_str(rest)
    }
}
