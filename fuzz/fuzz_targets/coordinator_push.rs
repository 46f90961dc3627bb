//! The beginning of a push: the same comes of it however it is cut, nothing is lost, and it is bounded.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [cut, bytes @ ..] = bytes else { return };
    coordinator::fuzzing::push(bytes, usize::from(*cut) + 1);
});
