//! From tokens to a tree (`expression/parser.rb`): reverse Polish notation by the shunting yard, then the tree.
//!
//! As on the server, nothing asks whether operators stand between their operands: `$A $B ==` is `$A == $B`.

use super::error::{Problem, SyntaxError};
use super::hint;
use super::term::{Node, Operator, Remembered, Term};
use super::token::{Kind, Token};
use std::ops::Range;

/// The tree of a statement.
pub(super) fn tree(text: &str, tokens: &[Token]) -> Result<Term, SyntaxError> {
    polish(tokens).and_then(|polish| build(tokens, polish)).ok_or_else(|| misplaced(text, tokens))
}

/// How tightly what stands on the yard binds; the greater the looser.
fn precedence(kind: &Kind) -> u16 {
    match kind {
        Kind::Not => 1,
        Kind::Operator(operator) => u16::from(operator.precedence()),
        Kind::Close => 900,
        Kind::Open => 901,
        Kind::Variable(_)
        | Kind::Input(_)
        | Kind::Text(_)
        | Kind::Regex(_)
        | Kind::Boolean(_)
        | Kind::Null => 0,
    }
}

/// The tokens with every operator behind its operands. Nothing where parentheses do not match.
fn polish(tokens: &[Token]) -> Option<Vec<&Token>> {
    let mut output = Vec::with_capacity(tokens.len());
    let mut yard: Vec<&Token> = Vec::new();
    for token in tokens {
        match token.kind {
            Kind::Open | Kind::Not => yard.push(token),
            Kind::Operator(_) | Kind::Close => {
                let looser = precedence(&token.kind);
                while let Some(top) = yard.pop_if(|top| looser >= precedence(&top.kind)) {
                    output.push(top);
                }
                if matches!(token.kind, Kind::Close) {
                    yard.pop()?; // Only an opening parenthesis binds so loosely that it is left.
                } else {
                    yard.push(token);
                }
            }
            _ => output.push(token),
        }
    }
    output.extend(yard.into_iter().rev());
    Some(output)
}

fn build(tokens: &[Token], polish: Vec<&Token>) -> Option<Term> {
    let mut terms: Vec<Term> = Vec::new();
    for token in polish {
        let mut range = token.range.clone();
        let node = match &token.kind {
            Kind::Open | Kind::Close => return None,
            Kind::Not => {
                let operand = terms.pop()?;
                range = around(tokens, [&range, &operand.range]);
                Node::Not(Box::new(operand))
            }
            Kind::Operator(operator) => {
                let (right, left) = (terms.pop()?, terms.pop()?);
                range = around(tokens, [&range, &left.range, &right.range]);
                Node::Binary(*operator, Box::new([left, right]), Remembered::default())
            }
            Kind::Variable(name) => Node::Variable(name.clone()),
            Kind::Input(name) => Node::Input(name.clone()),
            Kind::Text(text) => Node::Text(text.clone()),
            Kind::Regex(regex) => Node::Regex(regex.clone()),
            Kind::Boolean(value) => Node::Boolean(*value),
            Kind::Null => Node::Null,
        };
        terms.push(Term { range, node });
    }
    terms.pop().filter(|_| terms.is_empty())
}

/// The smallest part of the statement that holds all ranges and whose parentheses match.
fn around<const N: usize>(tokens: &[Token], ranges: [&Range<usize>; N]) -> Range<usize> {
    let start = ranges.iter().map(|range| range.start).min().unwrap_or_default();
    let end = ranges.iter().map(|range| range.end).max().unwrap_or_default();
    let first = tokens.partition_point(|token| token.range.start < start);
    let behind = tokens.partition_point(|token| token.range.end <= end);
    let (mut unopened, mut open) = (0_usize, 0_usize);
    for token in tokens.get(first..behind).unwrap_or_default() {
        match token.kind {
            Kind::Open => open += 1,
            Kind::Close if open > 0 => open -= 1,
            Kind::Close => unopened += 1,
            _ => {}
        }
    }
    let opening = tokens[..first].iter().rev().filter(|token| matches!(token.kind, Kind::Open));
    let closing = tokens[behind..].iter().filter(|token| matches!(token.kind, Kind::Close));
    let start = unopened
        .checked_sub(1)
        .and_then(|skip| opening.map(|token| token.range.start).nth(skip))
        .unwrap_or(start);
    let end =
        open.checked_sub(1).and_then(|skip| closing.map(|token| token.range.end).nth(skip)).unwrap_or(end);
    start..end
}

/// The first place where the tokens of a statement that is none do not follow one another.
fn misplaced(text: &str, tokens: &[Token]) -> SyntaxError {
    let mut open: Vec<&Token> = Vec::new();
    let mut before: Option<&Token> = None; // What asks for a value.
    let mut value = false; // Whether a value is complete.
    for token in tokens {
        let error = |problem| SyntaxError::at(token.range.start, token.range.len(), problem);
        let found = &text[token.range.clone()];
        match (&token.kind, value) {
            (Kind::Open, false) => open.push(token),
            (Kind::Operator(operator), false) => return no_operand(before, token, *operator),
            (Kind::Close, false) => return closed_early(before, token),
            (Kind::Close, true) if open.pop().is_none() => return error(Problem::Unopened),
            (Kind::Operator(_), true) => value = false,
            (Kind::Not, false) | (Kind::Close, true) => {}
            (_, false) => value = true,
            (_, true) => {
                return error(Problem::NoOperator(found.to_owned())).hint(hint::two_values());
            }
        }
        before = Some(token);
    }
    match (before.and_then(|token| sign(&token.kind).map(|sign| (token, sign))), open.pop()) {
        (Some((token, sign)), _) if !value => {
            SyntaxError::at(token.range.start, token.range.len(), Problem::NoRight(sign))
        }
        (_, Some(token)) => SyntaxError::at(token.range.start, token.range.len(), Problem::Unclosed),
        _ => SyntaxError::at(0, text.len(), Problem::Empty).hint(hint::empty()),
    }
}

fn no_operand(before: Option<&Token>, token: &Token, operator: Operator) -> SyntaxError {
    let (token, problem) = match before.map(|before| (before, sign(&before.kind))) {
        Some((before, Some(sign))) => (before, Problem::NoRight(sign)),
        _ => (token, Problem::NoLeft(operator.as_str())),
    };
    SyntaxError::at(token.range.start, token.range.len(), problem)
}

fn closed_early(before: Option<&Token>, close: &Token) -> SyntaxError {
    match before.map(|token| (token, sign(&token.kind))) {
        Some((token, Some(sign))) => {
            SyntaxError::at(token.range.start, token.range.len(), Problem::NoRight(sign))
        }
        Some((token, None)) => {
            SyntaxError::at(token.range.start, close.range.end - token.range.start, Problem::Empty)
        }
        None => SyntaxError::at(close.range.start, close.range.len(), Problem::Unopened),
    }
}

fn sign(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::Not => Some("!"),
        Kind::Operator(operator) => Some(operator.as_str()),
        _ => None,
    }
}
