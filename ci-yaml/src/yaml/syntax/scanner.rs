//! From characters to tokens.
//!
//! YAML tells only at a `:` that what came before it was a key. So tokens wait in a queue while the first of them may
//! still become one, which is at most for a line and 1,024 characters, and the tokens that begin a map are put before
//! it then.

mod block;
mod collections;
mod fold;
mod keys;
mod plain;
mod properties;
mod quoted;

use super::cursor::Cursor;
use super::token::{Token, TokenKind};
use super::{Fault, Mark, SyntaxError};
use keys::SimpleKey;
use std::collections::VecDeque;
use std::ops::Range;

/// Makes tokens of one document's text.
pub(super) struct Scanner<'a> {
    cursor: Cursor<'a>,
    tokens: VecDeque<Token<'a>>,
    /// Whether it is certain what the first of them is.
    is_certain: bool,
    /// The tokens that were taken.
    taken: usize,
    /// The columns of the open block collections, outermost first.
    indents: Vec<i64>,
    /// The column of the innermost; -1 for none.
    indent: i64,
    simple_key_allowed: bool,
    /// The last is for where the scanner is.
    simple_keys: Vec<SimpleKey>,
    depth: usize,
}

type Result<T, E = Fault> = std::result::Result<T, E>;

impl<'a> Scanner<'a> {
    /// For a document that is a part of a file. More open collections than `depth` are refused.
    pub(super) fn new(file: &'a str, document: Range<usize>, depth: usize) -> Self {
        Self {
            cursor: Cursor::new(file, document),
            tokens: VecDeque::with_capacity(16),
            is_certain: false,
            taken: 0,
            indents: Vec::new(),
            indent: -1,
            simple_key_allowed: true,
            simple_keys: vec![SimpleKey::default()],
            depth,
        }
    }

    /// Where the scanner is: at the end of the last token made, or further.
    pub(super) fn mark(&self) -> Mark {
        self.cursor.mark()
    }

    /// The next token, which stays.
    pub(super) fn peek(&mut self) -> Result<&mut Token<'a>> {
        if !self.is_certain {
            self.fill()?;
            self.is_certain = true;
        }
        if self.tokens.is_empty() {
            // `fill` makes one at least.
            let mark = self.mark();
            self.tokens.push_back(Token { kind: TokenKind::StreamEnd, start: mark, end: mark });
        }
        Ok(&mut self.tokens[0])
    }

    /// Takes the next token away. The end of the text stays for ever.
    pub(super) fn skip(&mut self) {
        if self.tokens.front().is_some_and(|token| !matches!(token.kind, TokenKind::StreamEnd)) {
            self.tokens.pop_front();
            self.taken += 1;
            self.is_certain = false;
        }
    }

    /// Makes tokens until it is certain what the next one is.
    fn fill(&mut self) -> Result<()> {
        loop {
            if !self.tokens.is_empty() {
                self.forget_stale_keys()?;
                let undecided = |key: &SimpleKey| key.possible && key.token == self.taken;
                if !self.simple_keys.iter().any(undecided) {
                    return Ok(());
                }
            }
            self.fetch()?;
        }
    }

    /// Makes at least one token.
    fn fetch(&mut self) -> Result<()> {
        self.skip_to_token();
        self.forget_stale_keys()?;
        self.close_blocks(to_column(self.cursor.column()));
        if self.cursor.is_end() {
            return self.fetch_end();
        }
        if self.cursor.is_document_indicator() {
            let kind =
                if self.cursor.byte() == b'-' { TokenKind::DocumentStart } else { TokenKind::DocumentEnd };
            return self.fetch_document_indicator(kind);
        }
        let blank_follows = self.cursor.is_blank_or_end(1);
        let in_flow = self.in_flow();
        match self.cursor.byte() {
            b'%' if self.cursor.column() == 0 => self.fetch_directive(),
            b'[' => self.open_flow(TokenKind::FlowSequenceStart),
            b'{' => self.open_flow(TokenKind::FlowMappingStart),
            b']' => self.close_flow(TokenKind::FlowSequenceEnd),
            b'}' => self.close_flow(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if blank_follows => self.fetch_block_entry(),
            b'?' if in_flow || blank_follows => self.fetch_key(),
            b':' if in_flow || blank_follows => self.fetch_value(),
            b'*' => self.fetch_anchor(true),
            b'&' => self.fetch_anchor(false),
            b'!' => self.fetch_tag(),
            b'|' if !in_flow => self.fetch_block_scalar(true),
            b'>' if !in_flow => self.fetch_block_scalar(false),
            b'\'' => self.fetch_quoted(true),
            b'"' => self.fetch_quoted(false),
            b'\t' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => {
                Err(self.error("while scanning for the next token", self.mark(), UNFIT))
            }
            _ => self.fetch_plain(),
        }
    }

    fn in_flow(&self) -> bool {
        self.simple_keys.len() > 1
    }

    /// An error here, in what began elsewhere.
    fn error(&self, context: &'static str, context_at: Mark, problem: &'static str) -> Fault {
        let (context, context_at) = (Some(context), Some(context_at));
        SyntaxError { problem, at: self.mark(), context, context_at }.into()
    }

    /// An error here, of this place alone.
    fn misplaced(&self, problem: &'static str) -> Fault {
        let at = self.mark();
        SyntaxError { problem, at, context: None, context_at: Some(at) }.into()
    }

    /// Puts a token behind the others, from a place to here.
    fn push(&mut self, kind: TokenKind<'a>, start: Mark) {
        let end = self.mark();
        self.tokens.push_back(Token { kind, start, end });
    }

    /// Puts a token of so many ASCII characters, which lie ahead, behind the others.
    fn push_ahead(&mut self, kind: TokenKind<'a>, length: usize) {
        let start = self.mark();
        self.cursor.advance_to(self.cursor.at() + length);
        self.push(kind, start);
    }

    /// Passes spaces, comments and line breaks. A tab counts as space where it cannot be indentation.
    fn skip_to_token(&mut self) {
        loop {
            if self.cursor.byte() == 0xef && self.cursor.column() == 0 && self.cursor.is_byte_order_mark() {
                self.cursor.skip();
            }
            let tabs = self.in_flow() || !self.simple_key_allowed;
            while self.cursor.byte() == b' ' || tabs && self.cursor.byte() == b'\t' {
                self.cursor.skip();
            }
            if self.cursor.byte() == b'#' {
                let end = self.cursor.line_end();
                self.cursor.advance_to(end);
            }
            if self.cursor.take_break().is_empty() {
                return;
            }
            if !self.in_flow() {
                self.simple_key_allowed = true;
            }
        }
    }

    fn fetch_end(&mut self) -> Result<()> {
        self.cursor.end_line();
        self.close_blocks(-1);
        self.forget_key()?;
        self.simple_key_allowed = false;
        self.push(TokenKind::StreamEnd, self.mark());
        Ok(())
    }

    fn fetch_document_indicator(&mut self, kind: TokenKind<'a>) -> Result<()> {
        self.close_blocks(-1);
        self.forget_key()?;
        self.simple_key_allowed = false;
        self.push_ahead(kind, 3);
        Ok(())
    }

    fn open_flow(&mut self, kind: TokenKind<'a>) -> Result<()> {
        self.expect_key()?;
        self.simple_keys.push(SimpleKey::default());
        self.check_depth(self.mark())?;
        self.simple_key_allowed = true;
        self.push_ahead(kind, 1);
        Ok(())
    }

    fn close_flow(&mut self, kind: TokenKind<'a>) -> Result<()> {
        self.forget_key()?;
        if self.in_flow() {
            self.simple_keys.pop();
        }
        self.simple_key_allowed = false;
        self.push_ahead(kind, 1);
        Ok(())
    }

    fn fetch_flow_entry(&mut self) -> Result<()> {
        self.forget_key()?;
        self.simple_key_allowed = true;
        self.push_ahead(TokenKind::FlowEntry, 1);
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<()> {
        self.open_block_here(
            TokenKind::BlockSequenceStart,
            "block sequence entries are not allowed in this context",
        )?;
        self.forget_key()?;
        self.simple_key_allowed = true;
        self.push_ahead(TokenKind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<()> {
        self.open_block_here(TokenKind::BlockMappingStart, "mapping keys are not allowed in this context")?;
        self.forget_key()?;
        self.simple_key_allowed = !self.in_flow();
        self.push_ahead(TokenKind::Key, 1);
        Ok(())
    }

    /// At a `:`, which makes what came before it a key.
    fn fetch_value(&mut self) -> Result<()> {
        let key = self.simple_keys.last().copied().unwrap_or_default();
        if key.possible {
            let place = key.token.saturating_sub(self.taken).min(self.tokens.len());
            self.tokens.insert(place, Token { kind: TokenKind::Key, start: key.mark, end: key.mark });
            let column = i64::from(key.mark.column);
            self.open_block(column, Some(key.token), TokenKind::BlockMappingStart, key.mark)?;
            if let Some(key) = self.simple_keys.last_mut() {
                key.possible = false;
            }
            self.simple_key_allowed = false;
        } else {
            self.open_block_here(
                TokenKind::BlockMappingStart,
                "mapping values are not allowed in this context",
            )?;
            self.simple_key_allowed = !self.in_flow();
        }
        self.push_ahead(TokenKind::Value, 1);
        Ok(())
    }

    fn fetch_block_scalar(&mut self, literal: bool) -> Result<()> {
        self.forget_key()?;
        self.simple_key_allowed = true;
        let token = self.scan_block(literal)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_quoted(&mut self, single: bool) -> Result<()> {
        self.expect_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_quoted(single)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_plain(&mut self) -> Result<()> {
        self.expect_key()?;
        self.simple_key_allowed = false;
        let token = self.scan_plain()?;
        self.tokens.push_back(token);
        Ok(())
    }
}

const UNFIT: &str = "found character that cannot start any token";

fn to_column(column: usize) -> i64 {
    i64::try_from(column).unwrap_or(i64::MAX)
}
