//! The coverage is the same however the trace is cut, and found in bounded time.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pipeline::coverage::Finder;

fuzz_target!(|input: (&str, &[u8], u8)| {
    let (expression, trace, cut) = input;
    let Ok(mut whole) = Finder::new(expression) else { return };
    let mut pieces = whole.clone();
    whole.feed(trace);
    trace.chunks(usize::from(cut).max(1)).for_each(|piece| pieces.feed(piece));
    let (whole, pieces) = (whole.finish(), pieces.finish());
    assert_eq!(whole.map(f64::to_bits), pieces.map(f64::to_bits));
});
