//! Masks the values of URL parameters that carry credentials.

use super::Mark;

/// Names of the parameters, compared without regard to case.
pub(super) const KEYS: [&[u8]; 6] = [
    b"private_token",
    b"authenticity_token",
    b"rss_token",
    b"x-amz-signature",
    b"x-amz-credential",
    b"x-amz-security-token",
];
const ALL: u8 = (1 << KEYS.len()) - 1;

/// Where the reader stands; nothing is ever held back.
#[derive(Default)]
pub(super) enum Url {
    #[default]
    Outside,
    /// Behind `?` or `&`: `alive` are the keys (bits) that fit so far, `shown` whether any byte since is not masked.
    Key { alive: u8, length: usize, shown: bool },
    /// Behind the `=` of such a key.
    Value { masked: bool },
}

impl Url {
    pub(super) fn is_outside(&self) -> bool {
        matches!(self, Self::Outside)
    }

    /// Takes the next byte with the mark it has got, and says which one it has then.
    ///
    /// Masked bytes take part in recognising a key, so that a masked word inside of one does not uncover the value; but
    /// a key of which nothing is shown belongs to a masked value and begins nothing.
    pub(super) fn push(&mut self, byte: u8, mark: Mark) -> Mark {
        let shown = mark == Mark::Plain;
        match self {
            Self::Value { masked } if !(shown && ends_value(byte)) => {
                return if std::mem::replace(masked, true) { Mark::Inside } else { Mark::Start };
            }
            _ if byte == b'?' || byte == b'&' => *self = Self::Key { alive: ALL, length: 0, shown },
            Self::Key { alive, length, shown: any } => {
                let any = *any || shown;
                *self = match (byte, fitting(*alive, *length, byte)) {
                    (b'=', _) if any && complete(*alive, *length) => Self::Value { masked: false },
                    (_, 0) => Self::Outside,
                    (_, alive) => Self::Key { alive, length: *length + 1, shown: any },
                };
            }
            _ => *self = Self::Outside,
        }
        mark
    }
}

fn ends_value(byte: u8) -> bool {
    matches!(byte, b'?' | b'&' | 0..=b' ' | 0x7f)
}

fn fitting(alive: u8, at: usize, byte: u8) -> u8 {
    let fits = |key: &[u8]| key.get(at).is_some_and(|&wanted| wanted == byte.to_ascii_lowercase());
    (0..KEYS.len()).filter(|&n| alive >> n & 1 == 1 && fits(KEYS[n])).fold(0, |bits, n| bits | 1 << n)
}

fn complete(alive: u8, length: usize) -> bool {
    (0..KEYS.len()).any(|n| alive >> n & 1 == 1 && KEYS[n].len() == length)
}
