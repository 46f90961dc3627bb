//! A complaint about a text, with its place, an excerpt and a caret.
//!
//! Used for config.toml. Excerpts never show the value of a key that holds a secret.

use crate::excerpt::{self, Mark};
use crate::terminal::Style;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::ops::Range;

/// Names of keys whose values no excerpt may show, lower case.
const SECRET_KEYS: &[&str] = &[
    "token",
    "password",
    "secretkey",
    "accesskey",
    "sessiontoken",
    "privatekey",
    "accountkey",
    "bearer_token",
    "sentry_dsn",
    "environment",
];

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Severity {
    /// The text cannot be used.
    Error,
    /// The text can be used, but not all of it does what its author may think.
    Warning,
}

impl Severity {
    fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One complaint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    /// How bad it is.
    pub(crate) severity: Severity,
    /// What is wrong, as a lower-case fragment.
    pub(crate) message: String,
    /// The place, in bytes of the text.
    pub(crate) span: Option<Range<usize>>,
    /// What stands beside the caret, usually what was expected.
    pub(crate) label: String,
    /// What to do about it.
    pub(crate) help: Option<String>,
}

impl Diagnostic {
    /// A complaint that makes the text unusable.
    pub(crate) fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message.into())
    }

    /// A complaint that leaves the text usable.
    pub(crate) fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message.into())
    }

    fn new(severity: Severity, message: String) -> Self {
        Self { severity, message, span: None, label: String::new(), help: None }
    }

    /// Adds the place.
    pub(crate) fn at(mut self, span: impl Into<Option<Range<usize>>>) -> Self {
        self.span = span.into();
        self
    }

    /// Adds what was expected there.
    pub(crate) fn expected(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds advice.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Whether this makes the text unusable.
    pub(crate) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// A text with a name, for places in it. `Debug` shows only the name, since the text holds secrets.
#[derive(Clone, Default)]
pub(crate) struct Source {
    /// The file as the user knows it.
    pub(crate) name: String,
    /// Its content.
    pub(crate) text: String,
}

/// A place as people count: from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Source {
    /// The place of a byte offset.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let before = self.text.get(..offset.min(self.text.len())).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position { line, column: before[start..].chars().count() + 1 }
    }

    /// `file:line:column` of a complaint, or just the file.
    pub(crate) fn place(&self, diagnostic: &Diagnostic) -> String {
        match &diagnostic.span {
            Some(span) => {
                let Position { line, column } = self.position(span.start);
                format!("{}:{line}:{column}", self.name)
            }
            None => self.name.clone(),
        }
    }

    /// The complaint in one line, for a log.
    pub(crate) fn one_line(&self, diagnostic: &Diagnostic) -> String {
        let mut text = format!("{}: {}", self.place(diagnostic), diagnostic.message);
        if !diagnostic.label.is_empty() {
            let _ = write!(text, " ({})", diagnostic.label);
        }
        if let Some(help) = &diagnostic.help {
            let _ = write!(text, "; {help}");
        }
        text
    }

    /// The complaint with its excerpt, several lines, ending in a line feed.
    pub(crate) fn render(&self, diagnostic: &Diagnostic) -> String {
        let mut out = format!("{}: {}\n", diagnostic.severity.word(), diagnostic.message);
        let mut gutter = 1;
        match &diagnostic.span {
            Some(span) => gutter = self.excerpt(span, &diagnostic.label, &self.place(diagnostic), &mut out),
            None => {
                let _ = writeln!(out, " --> {}", self.name);
                if !diagnostic.label.is_empty() {
                    let _ = writeln!(out, "  = {}", diagnostic.label);
                }
            }
        }
        if let Some(help) = &diagnostic.help {
            let _ = writeln!(out, "{:gutter$} = help: {help}", "");
        }
        out
    }

    fn excerpt(&self, span: &Range<usize>, label: &str, place: &str, out: &mut String) -> usize {
        let position = self.position(span.start);
        let line = self.text.split('\n').nth(position.line - 1).unwrap_or("").trim_end_matches('\r');
        let shown = without_secrets(line);
        let length = self.text.get(span.clone()).unwrap_or("").lines().next().unwrap_or("").chars().count();
        let before = position.column - 1;
        let room = line.chars().count().saturating_sub(before);
        let mark =
            Mark { number: position.line, line: &shown, before, length: length.min(room), label, main: true };
        excerpt::write(out, place, &[mark], Style::plain(usize::MAX))
    }

    /// The complaint for programs.
    pub(crate) fn json(&self, diagnostic: &Diagnostic) -> Value {
        let position = diagnostic.span.as_ref().map(|span| self.position(span.start));
        json!({
            "severity": diagnostic.severity.word(),
            "message": diagnostic.message,
            "file": self.name,
            "line": position.map(|p| p.line),
            "column": position.map(|p| p.column),
            "expected": (!diagnostic.label.is_empty()).then_some(&diagnostic.label),
            "help": diagnostic.help,
        })
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Source({})", self.name)
    }
}

/// The line with the values of secret keys replaced by asterisks, character by character, so that columns
/// stay. Also hides anything that looks like a GitLab token.
fn without_secrets(line: &str) -> String {
    let lower = line.to_ascii_lowercase();
    let assigned = SECRET_KEYS.iter().filter_map(|key| value_start(&lower, key)).min();
    let hidden = assigned.into_iter().chain(token_start(&lower)).min();
    let Some(start) = hidden else { return line.to_owned() };
    let mut out = line[..start].to_owned();
    out.extend(line[start..].chars().map(|c| if c.is_whitespace() { c } else { '*' }));
    out
}

/// Where the value of `key = value` starts.
fn value_start(line: &str, key: &str) -> Option<usize> {
    line.match_indices(key).find_map(|(at, _)| {
        let rest = &line[at + key.len()..];
        let rest = rest.trim_start_matches(['"', '\'']);
        let value = rest.trim_start().strip_prefix('=')?;
        Some(line.len() - value.trim_start().len())
    })
}

fn token_start(line: &str) -> Option<usize> {
    ["glrt-", "glrtr-", "glcbt-", "glpat-", "gr1348941"].iter().filter_map(|prefix| line.find(prefix)).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source { name: "config.toml".into(), text: text.into() }
    }

    #[test]
    fn a_caret_stands_under_what_is_meant() {
        let source = source("concurrent = 1\n\n[[runners]]\n  executor = \"dockr\"\n");
        let start = source.text.find("\"dockr\"").unwrap();
        let diagnostic = Diagnostic::error("unknown executor `dockr`")
            .at(start..start + 7)
            .expected("expected `shell` or `docker`")
            .help("did you mean `docker`?");
        insta::assert_snapshot!(source.render(&diagnostic), @r#"
        error: unknown executor `dockr`
         --> config.toml:4:14
        4 |   executor = "dockr"
          |              ^^^^^^^ expected `shell` or `docker`
          = help: did you mean `docker`?
        "#);
        assert_eq!(
            source.one_line(&diagnostic),
            "config.toml:4:14: unknown executor `dockr` (expected `shell` or `docker`); did you mean `docker`?"
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        for line in [
            "  token = glrt-abcdef",
            "x = { \"token\" = 'hunter2', a = 1 }",
            "SecretKey=\"hunter2\"",
            "  environment = [\"A=hunter2\"]",
            "glrt-hunter2",
        ] {
            let text = without_secrets(line);
            assert!(!text.contains("hunter2") && !text.contains("abcdef"), "{text}");
            assert_eq!(text.chars().count(), line.chars().count());
        }
        assert_eq!(without_secrets("token_obtained_at = 2026-01-01"), "token_obtained_at = 2026-01-01");
    }

    #[test]
    fn columns_count_characters_and_lines_may_end_in_crlf() {
        let source = source("a = 1\r\nnäme = 5\r\n");
        let start = source.text.find('5').unwrap();
        assert_eq!(source.position(start), Position { line: 2, column: 8 });
        insta::assert_snapshot!(source.render(&Diagnostic::warning("w").at(start..start + 1)), @r"
        warning: w
         --> config.toml:2:8
        2 | näme = 5
          |        ^
        ");
    }
}
