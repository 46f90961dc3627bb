//! What goes between the runner and its agent in a container, composed so that what is in frames is reached.

/// What a host sends begins so.
#[allow(dead_code, reason = "each target needs one of the two")]
pub const TO_AGENT: [u8; 4] = *b"\xfbrQ\x02";

/// What an agent sends begins so.
#[allow(dead_code, reason = "each target needs one of the two")]
pub const TO_HOST: [u8; 4] = *b"\xfcrA\x03";

/// Bytes as they are (the first is even), or composed of pieces: how, kind, detail, id and size, then so many bytes.
pub fn compose(mark: [u8; 4], input: &[u8]) -> Vec<u8> {
    let Some((&form, mut rest)) = input.split_first() else { return Vec::new() };
    if form % 2 == 0 {
        return rest.to_vec();
    }
    let (mut bytes, mut sequence) = (Vec::new(), 0_u32);
    while let [how, kind, detail, id, size, after @ ..] = rest {
        let (content, after) = after.split_at(usize::from(*size).min(after.len()));
        let payload = content.repeat(if how & 4 == 0 { 1 } else { 32 });
        if how & 1 == 0 {
            // A number that is out of order, at times.
            sequence ^= u32::from(how & 2);
            bytes.extend(frame(mark, sequence, [*kind, *detail], u32::from(*id), &payload));
            sequence = sequence.checked_add(1).unwrap_or(1);
        } else {
            bytes.extend(payload);
        }
        rest = after;
    }
    bytes
}

fn frame(mark: [u8; 4], sequence: u32, [kind, detail]: [u8; 2], id: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = mark.to_vec();
    frame.extend(sequence.to_be_bytes());
    frame.extend([kind, detail, 0, 0]);
    frame.extend((payload.len() as u32).to_be_bytes());
    frame.extend(id.to_be_bytes());
    let sum =
        frame.iter().fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    frame.extend(sum.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Cuts bytes into pieces whose lengths take turns.
pub struct Cut<'a> {
    rest: &'a [u8],
    lengths: Vec<usize>,
    turn: usize,
}

impl<'a> Cut<'a> {
    pub fn new(rest: &'a [u8], lengths: &[usize]) -> Self {
        Self { rest, lengths: lengths.to_vec(), turn: 0 }
    }
}

impl<'a> Iterator for Cut<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let length = self.lengths[self.turn % self.lengths.len()].clamp(1, self.rest.len().max(1));
        self.turn += 1;
        let (piece, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(piece)
    }
}

/// Ways to cut: not at all, everywhere, and as two bytes of the input say.
pub fn cuts(one: u8, other: u8) -> [Vec<usize>; 3] {
    [vec![usize::MAX], vec![1], vec![usize::from(one) + 1, usize::from(other) * 16 + 1]]
}
