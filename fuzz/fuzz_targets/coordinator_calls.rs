//! Parameters of calls, forms with files: read or refused, bounded, and nothing of a refused one stays.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [kind, bytes @ ..] = bytes else { return };
    match kind % 6 {
        0 => coordinator::fuzzing::call(bytes, false),
        1 => coordinator::fuzzing::call(bytes, true),
        2 => coordinator::fuzzing::upload(bytes),
        kind => coordinator::fuzzing::params(bytes, kind - 3),
    }
});
