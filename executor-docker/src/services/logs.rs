//! What a container wrote last.

use crate::connect::answer;
use bollard::Docker;
use bollard::query_parameters::LogsOptionsBuilder;
use futures_util::StreamExt;
use std::time::Duration;
use tokio::time::timeout;

/// Most bytes that are shown of a container's log.
const MOST: usize = 64 * 1024;
/// How long the engine may take to tell them.
const PATIENCE: Duration = Duration::from_secs(10);

/// The last lines of both outputs with their times, [`MOST`] bytes at most. What keeps the engine from telling
/// them stands in their place.
pub(super) async fn last_lines(docker: &Docker, id: &str, lines: usize) -> String {
    let options =
        LogsOptionsBuilder::new().stdout(true).stderr(true).timestamps(true).tail(&lines.to_string()).build();
    let mut log = Box::pin(docker.logs(id, Some(options)));
    let mut tail = Tail::new(MOST);
    let read = async {
        while let Some(piece) = log.next().await {
            match piece {
                Ok(piece) => tail.push(piece.as_ref()),
                Err(error) => return Some(answer(&error)),
            }
        }
        None
    };
    let trouble =
        timeout(PATIENCE, read).await.unwrap_or_else(|_| Some("the engine does not tell them".to_owned()));
    let text = tail.text();
    match trouble {
        Some(reason) if text.is_empty() => format!("(no logs: {reason})"),
        _ => text,
    }
}

/// The end of a text of any length.
#[derive(Clone, Debug)]
pub(super) struct Tail {
    bytes: Vec<u8>,
    most: usize,
    cut: bool,
}

impl Tail {
    /// Keeps the last `most` bytes.
    pub(super) fn new(most: usize) -> Self {
        Self { bytes: Vec::new(), most, cut: false }
    }

    /// Takes the next bytes. Half of the room is given up at once, so that this costs little.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let skip = bytes.len().saturating_sub(self.most);
        self.cut |= skip > 0;
        let bytes = bytes.get(skip..).unwrap_or_default();
        if self.bytes.len() + bytes.len() > 2 * self.most {
            let keep = self.most.saturating_sub(bytes.len());
            self.bytes.drain(..self.bytes.len().saturating_sub(keep));
            self.cut = true;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The text, from the beginning of a line where something was left out. Bytes that are no UTF-8 are replaced.
    pub(super) fn text(&self) -> String {
        let cut = self.cut || self.bytes.len() > self.most;
        let mut kept = self.bytes.get(self.bytes.len().saturating_sub(self.most)..).unwrap_or_default();
        if cut && let Some(feed) = kept.iter().position(|byte| *byte == b'\n') {
            kept = kept.get(feed + 1..).unwrap_or_default();
        }
        String::from_utf8_lossy(kept).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::Tail;
    use proptest::prelude::*;

    #[test]
    fn the_end_begins_with_a_line() {
        let mut tail = Tail::new(10);
        tail.push(b"first\nsecond\nthird\n");
        assert_eq!(tail.text(), "third\n");
        let mut short = Tail::new(100);
        short.push(b"a");
        short.push(b"\xffb");
        assert_eq!(short.text(), "a\u{fffd}b");
        let mut endless = Tail::new(4);
        endless.push(b"abcdefgh");
        assert_eq!(endless.text(), "efgh", "a line that is too long is cut");
    }

    proptest! {
        #[test]
        fn whatever_the_pieces(pieces in prop::collection::vec("[a-z]{0,40}", 0..20), most in 1usize..60) {
            let mut tail = Tail::new(most);
            for piece in &pieces {
                tail.push(piece.as_bytes());
                prop_assert!(tail.bytes.len() <= 2 * most);
            }
            let whole = pieces.concat();
            let expected = &whole[whole.len().saturating_sub(most)..];
            prop_assert_eq!(tail.text(), expected);
        }
    }
}
