//! Skips the text in which no pattern can begin.
//!
//! Wu and Manber's idea: look at the two bytes at the end of a window as long as the shortest pattern (eight bytes at
//! most). If that pair occurs in no pattern's first bytes the whole window can be passed over; otherwise a table says
//! how far to move. In ordinary text a look-up passes several bytes, which is why this is much faster than feeding an
//! automaton. Where the pair may be a pattern's, a table of hashes of the patterns' first bytes rejects most of what is
//! none. Exact: no pattern begins in what is skipped.

/// The bytes accepted at each of the first places of a pattern.
pub(super) type Head = Vec<Vec<u8>>;

/// Longest window, in bytes: beyond it, longer skips gain nothing.
pub(super) const MAX_WINDOW: usize = 8;
const MIN_WINDOW: usize = 2;
/// How many first bytes are hashed, at most.
const HASHED: usize = 4;

pub(super) struct Skip {
    window: usize,
    /// By the window's last two bytes: how far the window may move; 0: a pattern may begin at its start.
    shift: Box<[u8; 1 << 16]>,
    /// Selects the bytes that are hashed: as many as every pattern has.
    select: u32,
    /// Bits by [`hash`]: whether a pattern begins so.
    begins: Box<[u64; 1 << 10]>,
}

impl Skip {
    /// A head holds the first [`MAX_WINDOW`] places of a pattern, or all of it.
    pub(super) fn new(heads: &[Head]) -> Self {
        let shortest = heads.iter().map(Vec::len).min().unwrap_or(MAX_WINDOW);
        let window = shortest.clamp(MIN_WINDOW, MAX_WINDOW);
        let hashed = shortest.min(HASHED);
        let mut skip = Self {
            window,
            shift: Box::new([(window - 1) as u8; 1 << 16]),
            select: u32::MAX >> (8 * (HASHED - hashed)),
            begins: Box::new([0; 1 << 10]),
        };
        for head in heads {
            skip.add_pairs(head);
            skip.add_beginnings(&head[..hashed], 0, 0);
        }
        skip
    }

    fn add_beginnings(&mut self, places: &[Vec<u8>], at: u32, word: u32) {
        match places.split_first() {
            Some((bytes, rest)) => {
                bytes
                    .iter()
                    .for_each(|&byte| self.add_beginnings(rest, at + 1, word | u32::from(byte) << (8 * at)));
            }
            None => self.begins[hash(word) / 64] |= 1 << (hash(word) % 64),
        }
    }

    fn add_pairs(&mut self, head: &Head) {
        let any: Vec<u8> = (0..=u8::MAX).collect();
        for end in 1..self.window {
            let (first, second) = (&head[end - 1], head.get(end).unwrap_or(&any));
            let distance = (self.window - 1 - end) as u8;
            for (&a, &b) in first.iter().flat_map(|a| second.iter().map(move |b| (a, b))) {
                let shift = &mut self.shift[pair(a, b)];
                *shift = distance.min(*shift);
            }
        }
    }

    /// The first place from `from` on where a pattern may begin. What is left behind it can be shorter than a window:
    /// then nothing is known about it.
    pub(super) fn find(&self, text: &[u8], from: usize) -> usize {
        let mut end = from + self.window - 1;
        while let Some(&last) = text.get(end) {
            let shift = self.shift[pair(text[end - 1], last)];
            if shift == 0 {
                if self.may_begin(&text[end + 1 - self.window..]) {
                    break;
                }
                end += 1;
            }
            end += usize::from(shift);
        }
        end + 1 - self.window
    }

    fn may_begin(&self, text: &[u8]) -> bool {
        let Some(&first) = text.first_chunk::<HASHED>() else { return true };
        let hash = hash(u32::from_le_bytes(first) & self.select);
        self.begins[hash / 64] >> (hash % 64) & 1 == 1
    }
}

/// Sixteen bits.
fn hash(word: u32) -> usize {
    (word.wrapping_mul(0x9e37_79b1) >> 16) as usize
}

fn pair(first: u8, second: u8) -> usize {
    usize::from(first) | usize::from(second) << 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn skips_no_beginning(
            patterns in proptest::collection::vec("[ab]{1,10}|[a-f]{2,4}", 1..6),
            text in "[a-h]{0,60}",
        ) {
            let heads: Vec<Head> =
                patterns.iter().map(|p| p.bytes().take(MAX_WINDOW).map(|b| vec![b]).collect()).collect();
            let skip = Skip::new(&heads);
            let first = (0..text.len()).find(|&at| patterns.iter().any(|p| text[at..].starts_with(p.as_str())));
            let found = skip.find(text.as_bytes(), 0);
            prop_assert!(found <= first.unwrap_or(text.len()));
        }
    }

    #[test]
    fn passes_over_text_without_candidates() {
        let skip = Skip::new(&[b"glpat-".iter().map(|&b| vec![b]).collect()]);
        let text = "nothing to see here, move on; glpat-x";
        assert_eq!(skip.find(text.as_bytes(), 0), 30);
    }
}
