//! Finds out which command of a script was running when the script failed.
//!
//! A generated script echoes each command before it runs it. The watch sits in the way of the script's
//! standard output and looks for these lines one after another, so the script itself stays untouched.

use super::Echo;
use executor::{Output, Stream};
use memchr::memmem;
use std::sync::{Arc, Mutex, PoisonError};

/// Hands output on and keeps track of the echoes in it.
pub(crate) struct EchoWatch {
    inner: Arc<dyn Output>,
    progress: Mutex<Progress>,
}

struct Progress {
    echoes: Vec<Echo>,
    /// How many echoes were seen.
    seen: usize,
    /// The end of what came before, where an echo cut by a write may begin.
    tail: Vec<u8>,
}

impl EchoWatch {
    pub(crate) fn new(inner: Arc<dyn Output>, echoes: Vec<Echo>) -> Arc<Self> {
        Arc::new(Self { inner, progress: Mutex::new(Progress { echoes, seen: 0, tail: Vec::new() }) })
    }

    /// The command whose echo was seen last.
    pub(crate) fn last(&self) -> Option<Echo> {
        let progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        progress.seen.checked_sub(1).map(|index| progress.echoes[index].clone())
    }
}

impl Output for EchoWatch {
    fn write(&self, stream: Stream, bytes: &[u8]) {
        if stream == Stream::Stdout {
            self.progress.lock().unwrap_or_else(PoisonError::into_inner).look(bytes);
        }
        self.inner.write(stream, bytes);
    }
}

impl Progress {
    fn look(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(echo) = self.echoes.get(self.seen) {
            match find_across(&self.tail, rest, &echo.line) {
                Some(end) => {
                    self.seen += 1;
                    self.tail.clear();
                    rest = &rest[end..];
                }
                None => {
                    let keep = echo.line.len().saturating_sub(1);
                    keep_tail(&mut self.tail, rest, keep);
                    return;
                }
            }
        }
    }
}

/// Looks for `needle` in `tail` followed by `bytes`; gives the offset in `bytes` where it ends.
fn find_across(tail: &[u8], bytes: &[u8], needle: &[u8]) -> Option<usize> {
    if !tail.is_empty() {
        let joint = [tail, &bytes[..bytes.len().min(needle.len())]].concat();
        if let Some(at) = memmem::find(&joint, needle) {
            return Some((at + needle.len()).saturating_sub(tail.len()));
        }
    }
    memmem::find(bytes, needle).map(|at| at + needle.len())
}

/// Makes `tail` the last `keep` bytes of itself and `bytes`.
fn keep_tail(tail: &mut Vec<u8>, bytes: &[u8], keep: usize) {
    if bytes.len() >= keep {
        tail.clear();
        tail.extend_from_slice(&bytes[bytes.len() - keep..]);
    } else {
        tail.extend_from_slice(bytes);
        let excess = tail.len().saturating_sub(keep);
        tail.drain(..excess);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Nowhere;

    impl Output for Nowhere {
        fn write(&self, _: Stream, _: &[u8]) {}
    }

    fn echo(number: usize, line: &str) -> Echo {
        Echo { line: line.into(), command: line.to_owned(), number, of: 3, origin: None }
    }

    fn watch() -> Arc<EchoWatch> {
        EchoWatch::new(Arc::new(Nowhere), vec![echo(1, "$ one"), echo(2, "$ two"), echo(3, "$ two")])
    }

    #[test]
    fn nothing_seen_means_no_command() {
        let watch = watch();
        watch.write(Stream::Stdout, b"$ on");
        watch.write(Stream::Stderr, b"$ one");
        assert_eq!(watch.last(), None);
    }

    #[test]
    fn equal_commands_are_counted_one_by_one() {
        let watch = watch();
        watch.write(Stream::Stdout, b"$ one\nx\n$ two\n");
        assert_eq!(watch.last().unwrap().number, 2);
        watch.write(Stream::Stdout, b"$ two\n");
        assert_eq!(watch.last().unwrap().number, 3);
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(cuts in proptest::collection::vec(1..6usize, 1..30)) {
            let text = b"noise $ on $ one\nout\n$ tw$ two\nmore";
            let watch = watch();
            let mut rest: &[u8] = text;
            for cut in cuts.iter().cycle() {
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                watch.write(Stream::Stdout, now);
                rest = later;
                if rest.is_empty() { break; }
            }
            prop_assert_eq!(watch.last().unwrap().number, 2);
        }
    }
}
