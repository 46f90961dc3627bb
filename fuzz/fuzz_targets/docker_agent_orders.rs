//! The agent hears the same orders however its input is cut, takes them to the first nonsense, and makes no more of
//! them than they hold.
//!
//! The first two bytes say how the input is cut; for the rest see `frames`.

#![no_main]

mod frames;

use executor_docker::agent::orders_told;
use frames::{Cut, TO_AGENT, compose, cuts};
use libfuzzer_sys::fuzz_target;
use std::io::{self, Read};

/// The least that an order takes, in bytes.
const HEADER: usize = 24;

fuzz_target!(|input: &[u8]| {
    let [one, other, rest @ ..] = input else { return };
    let bytes = compose(TO_AGENT, rest);
    let [whole, cut @ ..] = cuts(*one, *other).map(|cut| orders_told(Pieces::of(&bytes, &cut)));
    cut.iter().for_each(|cut| assert_eq!(cut, &whole));

    let (orders, _) = whole;
    assert!(orders.len() * HEADER <= bytes.len());
    // As `Debug` shows it, an empty text takes four bytes as in a frame, and any other byte at most four.
    let told: usize = orders.iter().map(|order| order.len().saturating_sub(200)).sum();
    assert!(told <= 16 * bytes.len(), "{told} of {}", bytes.len());
    // What came before stays as it is when more comes.
    let (longer, _) = orders_told((&bytes[..]).chain(&b"nonsense"[..]));
    assert!(longer.starts_with(&orders), "{longer:?}");
});

/// Reads pieces one by one, as a pipe may.
struct Pieces<'a> {
    pieces: Cut<'a>,
    rest: &'a [u8],
}

impl<'a> Pieces<'a> {
    fn of(bytes: &'a [u8], lengths: &[usize]) -> Self {
        Self { pieces: Cut::new(bytes, lengths), rest: &[] }
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest.is_empty() {
            self.rest = self.pieces.next().unwrap_or_default();
        }
        self.rest.read(buffer)
    }
}
