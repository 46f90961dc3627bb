//! Anchors, aliases, tags and directives.

use super::{Result, Scanner};
use crate::yaml::syntax::Mark;
use crate::yaml::syntax::token::{Tag, Token, TokenKind};
use std::borrow::Cow;

/// The digits that a number of `%YAML` may have.
const VERSION_DIGITS: usize = 9;

impl<'a> Scanner<'a> {
    /// `*name` or `&name`.
    pub(super) fn fetch_anchor(&mut self, alias: bool) -> Result<()> {
        self.expect_key()?;
        self.simple_key_allowed = false;
        let start = self.mark();
        self.cursor.skip();
        let name = self.take_word();
        let ended = self.cursor.is_blank_or_end(0) || b"?:,]}%@`".contains(&self.cursor.byte());
        if name.is_empty() || !ended {
            let context = if alias { "while scanning an alias" } else { "while scanning an anchor" };
            return Err(self.error(context, start, "did not find expected alphabetic or numeric character"));
        }
        let kind = if alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) };
        self.push(kind, start);
        Ok(())
    }

    /// `!`, `!name`, `!handle!name` or `!<name>`.
    pub(super) fn fetch_tag(&mut self) -> Result<()> {
        self.expect_key()?;
        self.simple_key_allowed = false;
        let start = self.mark();
        let kind = if self.cursor.ahead(1) == b'<' {
            self.cursor.advance_to(self.cursor.at() + 2);
            let name = self.take_uri(true, false, start)?;
            if self.cursor.byte() != b'>' {
                return Err(self.error("while scanning a tag", start, "did not find the expected '>'"));
            }
            self.cursor.skip();
            tag("", name)
        } else {
            self.scan_short_tag(start)?
        };
        let ended = self.cursor.is_blank_or_end(0) || self.in_flow() && self.cursor.byte() == b',';
        if !ended {
            let problem = "did not find expected whitespace or line break";
            return Err(self.error("while scanning a tag", start, problem));
        }
        self.push(kind, start);
        Ok(())
    }

    fn scan_short_tag(&mut self, start: Mark) -> Result<TokenKind<'a>> {
        let from = self.cursor.at();
        let handle = self.take_handle();
        if handle.len() > 1 && handle.ends_with('!') {
            let suffix = self.take_uri(false, false, start)?;
            return Ok(tag(handle, suffix));
        }
        let name = match self.take_uri_or_nothing(false, false, start)? {
            Cow::Borrowed(_) => Cow::Borrowed(self.cursor.slice(from + 1, self.cursor.at())),
            Cow::Owned(rest) => Cow::Owned(handle.get(1..).unwrap_or_default().to_owned() + &rest),
        };
        if name.is_empty() {
            return Ok(tag("", Cow::Borrowed("!")));
        }
        Ok(tag("!", name))
    }

    /// `!`, letters, and another `!` if there is one.
    fn take_handle(&mut self) -> &'a str {
        let from = self.cursor.at();
        self.cursor.skip();
        self.take_word();
        if self.cursor.byte() == b'!' {
            self.cursor.skip();
        }
        self.cursor.slice(from, self.cursor.at())
    }

    /// Letters, digits, `_` and `-`.
    fn take_word(&mut self) -> &'a str {
        let from = self.cursor.at();
        while matches!(self.cursor.byte(), b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-') {
            self.cursor.skip();
        }
        self.cursor.slice(from, self.cursor.at())
    }

    fn take_uri(&mut self, lists: bool, directive: bool, start: Mark) -> Result<Cow<'a, str>> {
        let uri = self.take_uri_or_nothing(lists, directive, start)?;
        if uri.is_empty() {
            return Err(self.error(context(directive), start, "did not find expected tag URI"));
        }
        Ok(uri)
    }

    /// The characters of a tag, `,`, `[` and `]` among them where they cannot mean a list.
    fn take_uri_or_nothing(&mut self, lists: bool, directive: bool, start: Mark) -> Result<Cow<'a, str>> {
        let mut from = self.cursor.at();
        let mut decoded: Option<Vec<u8>> = None;
        loop {
            match self.cursor.byte() {
                b'%' => {
                    let run = self.cursor.slice(from, self.cursor.at());
                    let bytes = decoded.get_or_insert_default();
                    bytes.extend_from_slice(run.as_bytes());
                    self.take_escaped_character(bytes, directive, start)?;
                    from = self.cursor.at();
                }
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => self.cursor.skip(),
                byte if b"_-;/?:@&=+$.!~*'()".contains(&byte) => self.cursor.skip(),
                b',' | b'[' | b']' if lists => self.cursor.skip(),
                _ => break,
            }
        }
        let rest = self.cursor.slice(from, self.cursor.at());
        Ok(match decoded {
            None => Cow::Borrowed(rest),
            Some(mut bytes) => {
                bytes.extend_from_slice(rest.as_bytes());
                Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
            }
        })
    }

    /// `%C3%A9`: the bytes of one character.
    fn take_escaped_character(&mut self, bytes: &mut Vec<u8>, directive: bool, start: Mark) -> Result<()> {
        let mut left = None;
        loop {
            let digit = |ahead| char::from(self.cursor.ahead(ahead)).to_digit(16);
            let (b'%', Some(high), Some(low)) = (self.cursor.byte(), digit(1), digit(2)) else {
                return Err(self.error(context(directive), start, "did not find URI escaped octet"));
            };
            let octet = u8::try_from(high << 4 | low).unwrap_or(0);
            let more = match (left, octet) {
                (None, 0..0x80) => 0,
                (None, 0xc0..0xe0) => 1,
                (None, 0xe0..0xf0) => 2,
                (None, 0xf0..0xf8) => 3,
                (Some(left), 0x80..0xc0) => left - 1,
                (None, _) => {
                    let problem = "found an incorrect leading UTF-8 octet";
                    return Err(self.error(context(directive), start, problem));
                }
                (Some(_), _) => {
                    let problem = "found an incorrect trailing UTF-8 octet";
                    return Err(self.error(context(directive), start, problem));
                }
            };
            bytes.push(octet);
            self.cursor.advance_to(self.cursor.at() + 3);
            if more == 0 {
                return Ok(());
            }
            left = Some(more);
        }
    }

    /// `%YAML 1.1` or `%TAG handle prefix`.
    pub(super) fn fetch_directive(&mut self) -> Result<()> {
        self.close_blocks(-1);
        self.forget_key()?;
        self.simple_key_allowed = false;
        let start = self.mark();
        self.cursor.skip();
        let name = self.take_word();
        if name.is_empty() {
            return Err(self.error(DIRECTIVE, start, "could not find expected directive name"));
        }
        if !self.cursor.is_blank_or_end(0) {
            return Err(self.error(DIRECTIVE, start, "found unexpected non-alphabetical character"));
        }
        let kind = match name {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_directive(start)?,
            _ => return Err(self.error(DIRECTIVE, start, "found unknown directive name")),
        };
        let end = self.mark();
        self.skip_blanks();
        if self.cursor.byte() == b'#' {
            let end = self.cursor.line_end();
            self.cursor.advance_to(end);
        }
        if !self.cursor.is_end() && self.cursor.take_break().is_empty() {
            return Err(self.error(DIRECTIVE, start, "did not find expected comment or line break"));
        }
        self.tokens.push_back(Token { kind, start, end });
        Ok(())
    }

    fn skip_blanks(&mut self) {
        while self.cursor.is_blank(0) {
            self.cursor.skip();
        }
    }

    fn scan_version(&mut self, start: Mark) -> Result<TokenKind<'a>> {
        self.skip_blanks();
        let major = self.scan_version_number(start)?;
        if self.cursor.byte() != b'.' {
            return Err(self.error(VERSION, start, "did not find expected digit or '.' character"));
        }
        self.cursor.skip();
        Ok(TokenKind::Version(major, self.scan_version_number(start)?))
    }

    fn scan_version_number(&mut self, start: Mark) -> Result<u32> {
        let (mut value, mut length) = (0, 0);
        while let Some(digit) = char::from(self.cursor.byte()).to_digit(10) {
            length += 1;
            if length > VERSION_DIGITS {
                return Err(self.error(VERSION, start, "found extremely long version number"));
            }
            value = value * 10 + digit;
            self.cursor.skip();
        }
        if length == 0 {
            return Err(self.error(VERSION, start, "did not find expected version number"));
        }
        Ok(value)
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Result<TokenKind<'a>> {
        self.skip_blanks();
        if self.cursor.byte() != b'!' {
            return Err(self.error("while scanning a tag directive", start, "did not find expected '!'"));
        }
        let handle = self.take_handle();
        if handle.len() > 1 && !handle.ends_with('!') {
            return Err(self.error("while parsing a tag directive", start, "did not find expected '!'"));
        }
        if !self.cursor.is_blank(0) {
            return Err(self.error(TAG_DIRECTIVE, start, "did not find expected whitespace"));
        }
        self.skip_blanks();
        let prefix = self.take_uri(true, true, start)?;
        if !self.cursor.is_blank_or_end(0) {
            let problem = "did not find expected whitespace or line break";
            return Err(self.error(TAG_DIRECTIVE, start, problem));
        }
        let tag = Tag { handle: Cow::Borrowed(handle), suffix: prefix };
        Ok(TokenKind::TagDirective(Box::new(tag)))
    }
}

const DIRECTIVE: &str = "while scanning a directive";
const VERSION: &str = "while scanning a %YAML directive";
const TAG_DIRECTIVE: &str = "while scanning a %TAG directive";

fn tag<'a>(handle: &'a str, suffix: Cow<'a, str>) -> TokenKind<'a> {
    TokenKind::Tag(Box::new(Tag { handle: Cow::Borrowed(handle), suffix }))
}

fn context(directive: bool) -> &'static str {
    if directive { "while parsing a %TAG directive" } else { "while parsing a tag" }
}
