//! `.gitlab-ci.yml` as GitLab decides it: recorded answers of GitLab's own classes, asked of `runner ci plan`.
//!
//! One case is a small repository, a context and the expected answer; the format is described in
//! `tests/conformance/ci-yaml/README.md`. The answers for real files of public projects are not part of this
//! repository: they are read from where `REAL_WORLD_CI_FILES` says, or from beside the checkout.

mod answer;
mod cases;
mod deviations;
mod real_world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Asks all questions on all cores; gives how many were asked and what was answered otherwise than expected.
fn ask_all<T: Sync>(questions: &[T], ask: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let faults = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(question) = questions.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = ask(question);
                    faults.lock().expect("no other thread panicked").extend(found);
                }
            });
        }
    });
    let mut faults = faults.into_inner().expect("no thread panicked");
    faults.sort();
    faults
}
