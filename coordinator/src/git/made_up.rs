//! What must hold of the beginning of a push, whatever comes.

use super::options::PushOptions;
use super::pktline;
use super::receive::{HeadError, HeadReader};

/// The most bytes before the objects, here.
const MOST: usize = 4096;

/// A push that comes in pieces: the same comes of it however it is cut, nothing of it is lost, and it is bounded.
///
/// # Panics
/// Where that does not hold.
pub fn of_anything(bytes: &[u8], cut: usize) {
    let read = |cut: usize| {
        let mut reader = HeadReader::new(MOST);
        let mut taken = 0;
        for piece in bytes.chunks(cut.max(1)) {
            taken += piece.len();
            match reader.feed(piece) {
                Ok(false) => assert!(taken <= MOST + pktline::MOST + cut, "no more is held than may be"),
                Ok(true) => {
                    let mut head = reader.finish();
                    let whole = [head.raw.as_slice(), bytes.get(taken..).unwrap_or_default()].concat();
                    assert_eq!(whole, bytes, "git gets what came");
                    head.raw.clear();
                    return Ok(Some(head));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    };
    let (whole, pieces) = (read(bytes.len()), read(cut));
    // Too much is noticed earlier or later, depending on how it comes.
    if whole != Err(HeadError::TooBig) && pieces != Err(HeadError::TooBig) {
        assert_eq!(whole, pieces, "it does not matter how a push is cut");
    }
    let Ok(Some(head)) = whole else { return };
    let options = PushOptions::read(head.options.iter().map(String::as_str));
    assert!(options.variables.len() <= head.options.len());
    assert!(head.commands.iter().all(|command| command.before.as_deref() != Some(super::NO_SHA)));
}
