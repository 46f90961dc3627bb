//! The log of a job as HTML has no markup but ours, however it is cut.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [lines, bytes @ ..] = bytes else { return };
    coordinator::fuzzing::log(bytes, u64::from(*lines));
});
