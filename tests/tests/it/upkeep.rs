//! What a service gathers over many jobs: nothing.

use crate::support::{LONG, TOKEN, finish, pair};
use kit::coordinator::Verdict;
use kit::payload::Payload;
use kit::runner::Service;
use std::fs;
use std::time::{Duration, Instant};

/// Open descriptors, threads, and children of the service, running or waiting to be collected.
fn held(service: &Service) -> (usize, usize, usize) {
    let base = format!("/proc/{}", service.pid());
    let count = |folder: &str| fs::read_dir(format!("{base}/{folder}")).map_or(0, Iterator::count);
    let children = fs::read_to_string(format!("{base}/task/{}/children", service.pid())).unwrap_or_default();
    (count("fd"), count("task"), children.split_whitespace().count())
}

#[test]
fn descriptors_threads_and_processes_do_not_grow() {
    let (coordinator, mut service) = pair(4);
    let run = |number: usize| {
        let payload = Payload::new("one", &["true"]);
        let jobs: Vec<_> = (0..number).map(|_| coordinator.enqueue(TOKEN, &payload)).collect();
        for job in jobs {
            assert_eq!(job.wait_finished(LONG), Verdict::Success);
        }
        coordinator.wait_polling(TOKEN, LONG);
    };
    run(4);
    let before = held(&service);
    run(40);
    // Idle threads and connections of the last jobs go in their own time.
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let (descriptors, threads, children) = held(&service);
        if descriptors <= before.0 + 2 && threads <= before.1 + 1 && children == 0 {
            break;
        }
        let now = (descriptors, threads, children);
        assert!(Instant::now() < deadline, "descriptors, threads, children: {before:?}, now {now:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
    finish(&coordinator, &mut service);
}
