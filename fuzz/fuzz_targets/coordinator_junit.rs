//! A JUnit report is read or refused; what is kept is bounded, and counts are right.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| coordinator::fuzzing::junit(bytes));
