//! The repositories of the conformance cases keep all promises.

use crate::case;
use crate::invariants::{Tally, hold};
use crate::repository::Repository;

#[test]
fn the_conformance_cases_keep_all_promises() {
    let cases = case::all();
    assert!(cases.len() >= 646, "there are only {} cases", cases.len());
    let mut all = Tally::default();
    for case in cases {
        eprintln!("{}", case.name);
        let Tally { refused, empty, created } = hold(&Repository::parse(&case.text()));
        all.refused += refused;
        all.empty += empty;
        all.created += created;
    }
    assert!(all.created > 1000 && all.refused > 500 && all.empty > 50, "{all:?}");
}
