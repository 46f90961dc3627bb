//! Ranges of downloads lie within the file.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u64, &str)| coordinator::fuzzing::range(input.1, input.0));
