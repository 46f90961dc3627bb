//! The functions of a block: `| expand_vars`, `| truncate(0,8)`, … (`Interpolation::FunctionsStack`).

use super::Request;
use crate::expression::Lookup;
use crate::variables::{self, Undefined};
use crate::{Node, Span};
use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;

/// Names for suggestions.
pub(super) const NAMES: &[&str] = &["expand_vars", "truncate", "posix_escape", "posix_quote", "split"];

/// The most functions of one block.
const MOST: usize = 3;

/// A call as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call<'t> {
    ExpandVars,
    Truncate {
        offset: usize,
        length: usize,
    },
    /// By the older or the newer name.
    PosixEscape(&'t str),
    Split(&'t str),
}

/// Runs a value through functions, one after another.
///
/// # Errors
/// In GitLab's words: all functions that nobody knows, or the first that cannot take its value.
pub(super) fn apply(written: &[&str], value: Node, request: &Request<'_>) -> Result<Node, Vec<String>> {
    if written.len() > MOST {
        return Err(vec!["too many functions in interpolation block".into()]);
    }
    let unknown = |written: &&&str| parse(written).is_none();
    let unknown: Vec<_> = written.iter().filter(unknown).map(|written| no_function(written)).collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let mut calls = written.iter().filter_map(|written| parse(written));
    calls.try_fold(value, |value, call| call.run(&value, request)).map_err(|error| vec![error])
}

fn no_function(written: &str) -> String {
    format!(
        "no function matching `{written}`: check that the function name, arguments, and types are correct"
    )
}

fn parse(written: &str) -> Option<Call<'_>> {
    match written {
        "expand_vars" => return Some(Call::ExpandVars),
        "posix_escape" | "posix_quote" => return Some(Call::PosixEscape(written)),
        _ => {}
    }
    if let Some(rest) = written.strip_prefix("split('") {
        let separator = rest.strip_suffix("')")?;
        return (!separator.contains('\'')).then_some(Call::Split(separator));
    }
    // The closing bracket may be missing on the server as well.
    let arguments = written.strip_prefix("truncate(")?;
    let arguments = arguments.strip_suffix(')').unwrap_or(arguments);
    let (offset, length) = arguments.split_once(',')?;
    Some(Call::Truncate { offset: number(offset)?, length: number(length)? })
}

/// A number of digits alone; one that no text is long enough for counts as the largest.
fn number(text: &str) -> Option<usize> {
    let digits = text.trim();
    let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    valid.then(|| digits.parse().unwrap_or(usize::MAX))
}

impl Call<'_> {
    fn name(&self) -> &str {
        match self {
            Self::ExpandVars => "expand_vars",
            Self::Truncate { .. } => "truncate",
            Self::PosixEscape(name) => name,
            Self::Split(_) => "split",
        }
    }

    fn run(&self, value: &Node, request: &Request<'_>) -> Result<Node, String> {
        let name = self.name();
        let failed = |text: String| format!("error in `{name}` function: {text}");
        let text = value.as_str().ok_or_else(|| {
            failed(format!("invalid input type: {name} can only be used with string inputs"))
        })?;
        let made = match *self {
            Self::ExpandVars => expand_vars(text, request).map_err(failed)?,
            Self::Truncate { offset, length } => text.chars().skip(offset).take(length).collect(),
            Self::PosixEscape(_) => posix_escape(text),
            Self::Split("") => return Err(failed("invalid argument: separator cannot be empty".into())),
            Self::Split(separator) => return Ok(split(text, separator, value.span)),
        };
        Ok(Node::string(made, value.span))
    }
}

/// Variables that notice whether a masked one was asked for.
struct Watched<'a> {
    variables: &'a dyn Lookup,
    masked: &'a HashSet<Arc<str>>,
    asked: Cell<bool>,
}

impl Lookup for Watched<'_> {
    fn variable(&self, name: &str) -> Option<Arc<str>> {
        let value = self.variables.variable(name)?;
        if self.masked.contains(name) {
            self.asked.set(true);
        }
        Some(value)
    }
}

fn expand_vars(text: &str, request: &Request<'_>) -> Result<String, String> {
    let watched = Watched { variables: request.variables, masked: request.masked, asked: Cell::new(false) };
    let expanded = variables::expand(text, &watched, Undefined::Keep);
    if watched.asked.get() {
        return Err("variable expansion error: masked variables cannot be expanded".into());
    }
    Ok(expanded)
}

/// Makes one word of a POSIX shell out of a text, as Ruby's `Shellwords.shellescape` does.
fn posix_escape(text: &str) -> String {
    if text.is_empty() {
        return "''".into();
    }
    let mut escaped = String::with_capacity(text.len() + text.len() / 4);
    for character in text.chars() {
        match character {
            '\n' => escaped.push_str("'\n'"),
            'A'..='Z' | 'a'..='z' | '0'..='9' | '_' | '-' | '.' | ',' | ':' | '+' | '/' | '@' => {
                escaped.push(character);
            }
            _ => escaped.extend(['\\', character]),
        }
    }
    escaped
}

fn split(text: &str, separator: &str, span: Span) -> Node {
    let trimmed = |part: &str| part.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\0').to_owned();
    let parts = text.split(separator).map(trimmed).filter(|part| !part.is_empty());
    Node::seq(parts.map(|part| Node::string(part, span)).collect(), span)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Some1;

    impl Lookup for Some1 {
        fn variable(&self, name: &str) -> Option<Arc<str>> {
            match name {
                "A" => Some("one".into()),
                "SECRET" => Some("hidden".into()),
                _ => None,
            }
        }
    }

    fn run(value: &str, functions: &[&str]) -> Result<String, String> {
        let masked = HashSet::from(["SECRET".into()]);
        let request = Request { given: None, variables: &Some1, masked: &masked, component: None };
        let value = Node::string(value, Span::default());
        apply(functions, value, &request).map(|node| node.inspect()).map_err(|errors| errors.join(", "))
    }

    #[test]
    fn functions_make_values() {
        assert_eq!(run("0123456789", &["truncate(3,2)"]).unwrap(), r#""34""#);
        assert_eq!(run("äöü", &["truncate( 1 , 9 "]).unwrap(), r#""öü""#);
        assert_eq!(run("ab", &["truncate(5,1)"]).unwrap(), r#""""#);
        assert_eq!(run("$A-$B", &["expand_vars"]).unwrap(), r#""one-$B""#);
        assert_eq!(
            run("a b'c", &["posix_escape"]).unwrap(),
            Node::string("a\\ b\\'c", Span::default()).inspect()
        );
        assert_eq!(run("", &["posix_quote"]).unwrap(), r#""''""#);
        assert_eq!(run(" a, b ,,", &["split(',')"]).unwrap(), r#"["a", "b"]"#);
        assert_eq!(run("$A", &["expand_vars", "truncate(0,1)"]).unwrap(), r#""o""#);
    }

    #[test]
    fn errors_are_gitlabs() {
        let tail = "check that the function name, arguments, and types are correct";
        for (functions, message) in [
            (&["foo"][..], format!("no function matching `foo`: {tail}")),
            (
                &["foo", "truncate(1)"],
                format!("no function matching `foo`: {tail}, no function matching `truncate(1)`: {tail}"),
            ),
            (&["a", "b", "c", "d"], "too many functions in interpolation block".into()),
            (
                &["split(',')", "truncate(0,1)"],
                "error in `truncate` function: invalid input type: truncate can only be used with string inputs"
                    .into(),
            ),
            (
                &["split('')"],
                "error in `split` function: invalid argument: separator cannot be empty".into(),
            ),
        ] {
            assert_eq!(run("x", functions).unwrap_err(), message);
        }
        assert_eq!(
            run("$SECRET", &["expand_vars"]).unwrap_err(),
            "error in `expand_vars` function: variable expansion error: masked variables cannot be expanded"
        );
    }
}
