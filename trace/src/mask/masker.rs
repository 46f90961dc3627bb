//! One stream's masker.

use super::phrase::Phrase;
use super::token::Token;
use super::url::Url;
use super::{MASK, Mark, MaskSet};

/// How much output is gathered before it is handed on, in bytes.
const GATHERED: usize = 4096;

/// Masks one stream of bytes, however it is cut into writes.
///
/// Bytes that may begin a secret are held back until the next ones decide; [`Masker::close`] gives what is left. In
/// memory: the held bytes, never more than the longest phrase. Text that cannot touch a secret is passed on as it lies
/// in the input, without a copy.
pub struct Masker {
    set: MaskSet,
    phrase: Phrase,
    layers: Layers,
}

/// What comes behind the phrases.
#[derive(Default)]
struct Layers {
    url: Url,
    token: Token,
    out: Vec<u8>,
}

impl Masker {
    /// A masker at the beginning of a stream.
    pub fn new(set: MaskSet) -> Self {
        Self { set, phrase: Phrase::default(), layers: Layers::default() }
    }

    /// Masks the next bytes; what is decided goes to `sink`, in pieces.
    pub fn write(&mut self, input: &[u8], mut sink: impl FnMut(&[u8])) {
        let mut at = 0;
        while at < input.len() {
            if self.is_outside() {
                let next = self.set.0.skip.find(input, at);
                if next > at {
                    sink(&input[at..next]);
                    at = next;
                    continue;
                }
            }
            at += self.step(&input[at..]);
            self.layers.hand_on(&mut sink);
        }
    }

    /// Ends the stream: nothing is held back any more. What is written then begins another one.
    pub fn close(&mut self, mut sink: impl FnMut(&[u8])) {
        let (set, layers) = (&self.set.0, &mut self.layers);
        self.phrase.close(|byte, mark| layers.push(&set.prefixes, byte, mark));
        layers.hand_on(&mut sink);
        (layers.url, layers.token) = (Url::default(), Token::default());
    }

    /// Whether no byte before here has anything to do with those that follow.
    fn is_outside(&self) -> bool {
        self.phrase.is_outside() && self.layers.url.is_outside() && self.layers.token.is_outside()
    }

    /// Goes byte by byte until nothing is open; returns how far it came.
    fn step(&mut self, input: &[u8]) -> usize {
        for (at, &byte) in input.iter().enumerate() {
            let (set, layers) = (&self.set.0, &mut self.layers);
            self.phrase.push(&set.phrases, byte, |byte, mark| layers.push(&set.prefixes, byte, mark));
            if self.is_outside() || self.layers.out.len() >= GATHERED {
                return at + 1;
            }
        }
        input.len()
    }
}

impl Layers {
    fn push(&mut self, prefixes: &super::Automaton, byte: u8, mark: Mark) {
        let mark = self.url.push(byte, mark);
        match self.token.push(prefixes, byte, mark) {
            Mark::Plain => self.out.push(byte),
            Mark::Start => self.out.extend_from_slice(MASK.as_bytes()),
            Mark::Inside => {}
        }
    }

    fn hand_on(&mut self, sink: &mut impl FnMut(&[u8])) {
        if !self.out.is_empty() {
            sink(&self.out);
            self.out.clear();
        }
    }
}
