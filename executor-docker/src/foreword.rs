//! What an image's entrypoint writes: held back until a script's stage shows it.

use executor::{Output, Stream};
use std::sync::{Arc, Mutex, PoisonError};
use trace::Line;

/// The most that is held back, in bytes; what comes after it is left out.
const MOST: usize = 1 << 20;

/// Collects until it is told where to write.
#[derive(Default)]
pub(crate) struct Foreword(Mutex<State>);

#[derive(Default)]
struct State {
    held: Vec<(Stream, Vec<u8>)>,
    size: usize,
    is_cut: bool,
    output: Option<Arc<dyn Output>>,
}

impl Foreword {
    /// Writes what was held back to an output, and what comes later, too.
    pub(crate) fn release(&self, output: &Arc<dyn Output>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (stream, bytes) in state.held.drain(..) {
            output.remark(stream, &bytes);
        }
        if std::mem::take(&mut state.is_cut) {
            let line = Line::Warning.format("what the image's entrypoint wrote after this is left out");
            output.remark(Stream::Stdout, format!("\n{line}").as_bytes());
        }
        state.output = Some(Arc::clone(output));
    }
}

impl Output for Foreword {
    fn write(&self, stream: Stream, bytes: &[u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(output) = &state.output {
            return output.remark(stream, bytes);
        }
        let kept = &bytes[..bytes.len().min(MOST - state.size)];
        state.is_cut |= kept.len() < bytes.len();
        state.size += kept.len();
        match state.held.last_mut() {
            // However small the pieces are, what is kept of them is no larger.
            Some((last, held)) if *last == stream => held.extend_from_slice(kept),
            _ if kept.is_empty() => {}
            _ => state.held.push((stream, kept.to_vec())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Kept(Mutex<Vec<u8>>);

    impl Output for Kept {
        fn write(&self, _: Stream, bytes: &[u8]) {
            self.0.lock().unwrap().extend_from_slice(bytes);
        }
    }

    #[test]
    fn what_was_said_before_comes_first() {
        let foreword = Foreword::default();
        foreword.write(Stream::Stdout, b"one ");
        foreword.write(Stream::Stderr, b"two ");
        let kept = Arc::new(Kept::default());
        foreword.release(&(Arc::clone(&kept) as _));
        foreword.write(Stream::Stdout, b"three");
        assert_eq!(*kept.0.lock().unwrap(), b"one two three");
    }

    #[test]
    fn there_is_a_bound() {
        let foreword = Foreword::default();
        foreword.write(Stream::Stdout, &vec![b'x'; MOST - 1]);
        foreword.write(Stream::Stdout, b"yz");
        let kept = Arc::new(Kept::default());
        foreword.release(&(Arc::clone(&kept) as _));
        let kept = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        assert!(kept[..MOST].ends_with("xy") && kept[MOST..].starts_with('\n'), "{}", &kept[MOST - 9..]);
        assert!(kept.contains("is left out"));
    }

    #[test]
    fn small_pieces_are_kept_together() {
        let foreword = Foreword::default();
        for _ in 0..1000 {
            foreword.write(Stream::Stdout, b"x");
        }
        foreword.write(Stream::Stderr, b"y");
        assert_eq!(foreword.0.lock().unwrap().held.len(), 2);
    }
}
