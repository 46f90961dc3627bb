//! Whatever is written in the files of a repository, it is checked, evaluated, explained and planned for every event,
//! in bounded time; and what must hold of every configuration holds.
//!
//! The text is taken apart, and what must hold is written down, in the tests of `ci-yaml`.

#![no_main]

#[path = "../../ci-yaml/tests/properties/again.rs"]
mod again;
#[path = "../../ci-yaml/tests/properties/invariants.rs"]
mod invariants;
#[path = "../../ci-yaml/tests/properties/repository.rs"]
mod repository;

use libfuzzer_sys::fuzz_target;
use std::time::{Duration, Instant};

/// Far beyond what all events of a few kilobytes take together on a slow machine.
const PATIENCE: Duration = Duration::from_secs(6);

fuzz_target!(|text: &str| {
    let start = Instant::now();
    invariants::hold(&repository::Repository::parse(text));
    assert!(start.elapsed() < PATIENCE, "takes {:?}", start.elapsed());
});
