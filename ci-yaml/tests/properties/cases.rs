//! The repositories of the conformance cases keep all promises.

use crate::case::{self, Case};
use crate::invariants::{Tally, hold};
use crate::repository::Repository;

#[test]
fn the_conformance_cases_keep_all_promises() {
    let cases = case::all();
    assert!(cases.len() >= 646, "there are only {} cases", cases.len());
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let share = cases.len().div_ceil(cores);
    let tallies = std::thread::scope(|scope| {
        let threads: Vec<_> = cases.chunks(share).map(|cases| scope.spawn(|| tally(cases))).collect();
        threads.into_iter().map(|thread| thread.join().expect("all promises kept")).collect::<Vec<_>>()
    });
    let all = tallies.iter().fold([0; 3], |[created, refused, empty], tally| {
        [created + tally.created, refused + tally.refused, empty + tally.empty]
    });
    assert!(all[0] > 1000 && all[1] > 500 && all[2] > 50, "{all:?}");
}

fn tally(cases: &[Case]) -> Tally {
    let mut all = Tally::default();
    for case in cases {
        let text = case.text();
        let held = std::panic::catch_unwind(|| hold(&Repository::parse(&text)));
        let Tally { refused, empty, created } = held.unwrap_or_else(|_| panic!("in the case {}", case.name));
        all.refused += refused;
        all.empty += empty;
        all.created += created;
    }
    all
}
