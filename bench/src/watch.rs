//! Watches what the processes of jobs use, from outside.

use crate::procfs;
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often it looks: seldom enough to cost nothing, often enough to see a process near its end.
const EVERY: Duration = Duration::from_millis(2);

/// What a process was last seen to use.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Most resident memory so far, KiB.
    pub(crate) peak_kib: u64,
    /// Most resident memory that is its own and no file's, KiB; of the moments that were looked at.
    pub(crate) anonymous_kib: u64,
    /// Processor time so far, its children's not counted.
    pub(crate) cpu: Duration,
}

type Seen = Arc<Mutex<BTreeMap<Pid, Usage>>>;

/// A thread that looks at the children of a service that run its executable: its jobs.
#[derive(Debug)]
pub(crate) struct Watch {
    over: Arc<AtomicBool>,
    seen: Seen,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Begins.
    pub(crate) fn start(service: Pid, executable: PathBuf) -> Self {
        let (over, seen) = (Arc::new(AtomicBool::new(false)), Seen::default());
        let (stop, notes) = (Arc::clone(&over), Arc::clone(&seen));
        let thread = std::thread::spawn(move || {
            let mut known = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                if known.iter().all(|pid| !look(*pid, &notes)) {
                    known = procfs::children_running(service, &executable);
                    known.iter().for_each(|pid| {
                        look(*pid, &notes);
                    });
                }
                std::thread::sleep(EVERY);
            }
        });
        Self { over, seen, thread: Some(thread) }
    }

    /// Looks once more at each job that is still there, ends, and gives the greatest figures and the sum of times.
    pub(crate) fn stop(mut self) -> Usage {
        let pids: Vec<Pid> = lock(&self.seen).keys().copied().collect();
        for pid in pids {
            look(pid, &self.seen);
        }
        self.end();
        lock(&self.seen).values().fold(Usage::default(), |sum, one| Usage {
            peak_kib: sum.peak_kib.max(one.peak_kib),
            anonymous_kib: sum.anonymous_kib.max(one.anonymous_kib),
            cpu: sum.cpu + one.cpu,
        })
    }

    fn end(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It holds nothing that a panic could break.
            let _ = thread.join();
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end();
    }
}

/// Notes what a process uses now; says whether it is there.
fn look(pid: Pid, seen: &Seen) -> bool {
    // A process that has ended and was not waited for yet has no memory, but still its processor time.
    let Some(cpu) = procfs::cpu_time(pid) else { return false };
    let kib = |key| procfs::status_kib(pid, key).unwrap_or(0);
    let mut seen = lock(seen);
    let usage = seen.entry(pid).or_default();
    usage.cpu = usage.cpu.max(cpu);
    usage.peak_kib = usage.peak_kib.max(kib("VmHWM"));
    usage.anonymous_kib = usage.anonymous_kib.max(kib("RssAnon"));
    true
}

fn lock(seen: &Seen) -> std::sync::MutexGuard<'_, BTreeMap<Pid, Usage>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
