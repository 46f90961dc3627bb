//! Runs that are killed leave nothing for long.

use super::Checkout;
use nix::sys::signal::Signal;
use std::fs;

/// What is left of a checkout's runs: processes that were started below its home, mounts, and trees of jobs.
pub(super) fn left_of(checkout: &Checkout) -> Vec<String> {
    let home = checkout.home().to_string_lossy().into_owned();
    let mounts = fs::read_to_string("/proc/self/mounts").expect("the mounts");
    let mut left: Vec<String> =
        mounts.lines().filter(|line| line.contains(&home)).map(str::to_owned).collect();
    for entry in fs::read_dir("/proc").expect("the processes").flatten() {
        let Ok(directory) = fs::read_link(entry.path().join("cwd")) else { continue };
        let is_ours = entry.file_name().to_string_lossy() == std::process::id().to_string();
        if directory.to_string_lossy().starts_with(&home) && !is_ours {
            let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            left.push(format!(
                "{}: {}",
                entry.file_name().to_string_lossy(),
                String::from_utf8_lossy(&command)
            ));
        }
    }
    left
}

#[test]
fn the_next_run_removes_what_a_killed_one_has_left() {
    let checkout = Checkout::with(
        "long:\n  script: ['test -e \"$FIFO\" || exit 0', 'setsid sleep 1000 &', 'echo ready > \"$FIFO\"', sleep 1000]\n",
    );
    let fifo = checkout.home().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
    let variable = format!("FIFO={}", fifo.display());
    for _ in 0..3 {
        let mut running = checkout.begin(&["--variable", &variable]);
        running.wait("job_started", "long");
        assert_eq!(fs::read_to_string(&fifo).expect("the script's word"), "ready\n");
        running.signal(Signal::SIGKILL);
        running.end();
    }
    fs::remove_file(&fifo).expect("removed");
    checkout.run(&["--variable", &variable]).succeeded();
    assert_eq!(left_of(&checkout), Vec::<String>::new());
}
