//! What a worker's answer comes to, in words, for a fuzz target: nothing else takes one without a job.

use super::link::Link;
use super::shelf::Shelf;
use crate::store::Keep;
use executor::{CancellationToken, Exit, Output, Stream};
use std::path::Path;
use std::sync::Arc;

/// Takes the pieces of what a worker writes to its standard output, whose archives go to `folder`. Tells how the stage
/// ends, whether the worker was stopped for what it wrote, and the most bytes that were held back.
#[doc(hidden)]
pub fn answer_told<'a>(
    pieces: impl Iterator<Item = &'a [u8]>,
    folder: &Path,
    output: Arc<dyn Output>,
) -> (String, bool, usize) {
    let stop = CancellationToken::new();
    let shelf = Shelf::new(Keep::Folder(folder.to_owned()), Vec::new());
    let link = Link::new(output, Some(Box::new(shelf)), stop.clone());
    let mut most = 0;
    for piece in pieces {
        link.write(Stream::Stdout, piece);
        most = most.max(link.held_back());
    }
    let done = link.conclude(Ok(Exit::Code(0)), false, |exit| exit.to_string());
    (format!("{done:?}"), stop.is_cancelled(), most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Kept;

    #[test]
    fn answers_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Arc::new(Kept::default());
        let told = |pieces: &[&[u8]]| answer_told(pieces.iter().copied(), folder.path(), kept.clone());
        let report = br#"{"end":"well","echo":null}"#;
        let (end, stopped, most) = told(&[&[1, 0, 0, 0, 2], b"hi", &[6, 0, 0, 0, 26], report]);
        assert!(end.contains("Ok(())") && !stopped && most == 0, "{end}");
        let (end, stopped, most) = told(&[&[6, 0, 0, 0, 26], &report[..20]]);
        assert!(end.contains("ended too early") && !stopped && most == 20, "{end}");
        let (end, stopped, _) = told(&[&[9, 0, 0, 0, 0]]);
        assert!(end.contains("a frame of kind 9") && stopped, "{end}");
        assert_eq!(kept.text(), "hi");
    }
}
