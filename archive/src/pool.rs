//! Work on several threads whose results are used in order, with bounded memory.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

/// The stack of a worker; compression needs little.
const STACK: usize = 512 * 1024;

/// Something to do, or something already done that only waits for its turn.
pub(crate) enum Job<T, R> {
    Work(T),
    Done(R),
}

/// Runs `work` on each task on up to `threads` threads and hands the results to `sink` in the order of the tasks.
///
/// Tasks are drawn, and the sink is called, on the calling thread. At most `window` results exist at any time. The first
/// error of a task or of the sink ends it; all threads have ended when this returns. With one thread, or where none can
/// be started, everything happens on the calling thread.
pub(crate) fn ordered<T, R, S, E>(
    threads: usize,
    window: usize,
    mut tasks: impl Iterator<Item = Result<Job<T, R>, E>>,
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, T) -> R + Sync,
    mut sink: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E>
where
    T: Send,
    R: Send,
{
    let queue = Queue::default();
    let (queue, state, work) = (&queue, &state, &work);
    thread::scope(|scope| {
        // Dropped on every way out, so that the threads end before the scope waits for them.
        let _closer = Closer(queue);
        let (sender, results) = mpsc::channel();
        let mut started = 0;
        for _ in 0..if threads > 1 { threads } else { 0 } {
            let sender = sender.clone();
            let body = move || {
                let mut state = state();
                while let Some((turn, task)) = queue.take() {
                    let result = catch_unwind(AssertUnwindSafe(|| work(&mut state, task)));
                    if sender.send((turn, result)).is_err() {
                        return;
                    }
                }
            };
            match thread::Builder::new()
                .name("archive".to_owned())
                .stack_size(STACK)
                .spawn_scoped(scope, body)
            {
                Ok(_) => started += 1,
                Err(error) => {
                    tracing::warn!(%error, "cannot start another thread for an archive");
                    break;
                }
            }
        }
        drop(sender);
        if started == 0 {
            return alone(tasks, state(), work, sink);
        }
        let mut order = Order::new();
        let mut more = true;
        loop {
            while more && order.waiting.len() < window.max(1) {
                match tasks.next().transpose()? {
                    None => more = false,
                    Some(Job::Done(result)) => order.done(result),
                    Some(Job::Work(task)) => queue.put((order.expect(), task)),
                }
            }
            while let Some(result) = order.next() {
                sink(result)?;
            }
            if order.waiting.is_empty() {
                if !more {
                    return Ok(());
                }
            } else if order.waiting.len() >= window.max(1) || !more {
                match results.recv() {
                    Ok((turn, Ok(result))) => order.arrived(turn, result),
                    Ok((_, Err(panic))) => fail(panic),
                    // Unreachable while something is awaited: threads end only when the queue is closed.
                    Err(mpsc::RecvError) => return Ok(()),
                }
            }
        }
    })
}

fn alone<T, R, S, E>(
    tasks: impl Iterator<Item = Result<Job<T, R>, E>>,
    mut state: S,
    work: &impl Fn(&mut S, T) -> R,
    mut sink: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    for job in tasks {
        sink(match job? {
            Job::Done(result) => result,
            Job::Work(task) => work(&mut state, task),
        })?;
    }
    Ok(())
}

fn fail(panic: Box<dyn Any + Send>) -> ! {
    resume_unwind(panic)
}

/// Results that are awaited, the next one first.
struct Order<R> {
    waiting: VecDeque<Option<R>>,
    first: u64,
}

impl<R> Order<R> {
    fn new() -> Self {
        Self { waiting: VecDeque::new(), first: 0 }
    }

    fn expect(&mut self) -> u64 {
        self.waiting.push_back(None);
        self.first + self.waiting.len() as u64 - 1
    }

    fn done(&mut self, result: R) {
        self.waiting.push_back(Some(result));
    }

    fn arrived(&mut self, turn: u64, result: R) {
        if let Some(place) = self.waiting.get_mut((turn - self.first) as usize) {
            *place = Some(result);
        }
    }

    fn next(&mut self) -> Option<R> {
        let result = self.waiting.front_mut()?.take()?;
        self.waiting.pop_front();
        self.first += 1;
        Some(result)
    }
}

struct Queue<T> {
    state: Mutex<(VecDeque<T>, bool)>,
    filled: Condvar,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { state: Mutex::new((VecDeque::new(), false)), filled: Condvar::new() }
    }
}

impl<T> Queue<T> {
    fn lock(&self) -> MutexGuard<'_, (VecDeque<T>, bool)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, item: T) {
        self.lock().0.push_back(item);
        self.filled.notify_one();
    }

    fn take(&self) -> Option<T> {
        let mut state = self.lock();
        loop {
            if state.1 {
                return None;
            }
            if let Some(item) = state.0.pop_front() {
                return Some(item);
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

struct Closer<'a, T>(&'a Queue<T>);

impl<T> Drop for Closer<'_, T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.0.clear();
        state.1 = true;
        drop(state);
        self.0.filled.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn numbers(count: usize) -> impl Iterator<Item = Result<Job<usize, usize>, &'static str>> {
        (0..count).map(|number| Ok(if number % 7 == 3 { Job::Done(number) } else { Job::Work(number) }))
    }

    #[test]
    fn results_come_in_order_and_never_too_many() {
        for (threads, window) in [(1, 1), (2, 1), (2, 4), (8, 3), (3, 100)] {
            let alive = AtomicUsize::new(0);
            let mut got = Vec::new();
            let tasks = numbers(500).inspect(|_| {
                assert!(alive.fetch_add(1, Ordering::SeqCst) < window);
            });
            let sink = |number| {
                alive.fetch_sub(1, Ordering::SeqCst);
                got.push(number);
                Ok(())
            };
            let result = ordered(threads, window, tasks, || (), |(), number| number, sink);
            assert_eq!(result, Ok(()));
            assert_eq!(got, (0..500).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_error_of_the_sink_or_of_a_task_ends_it() {
        for threads in [1, 4] {
            let sink = |number| if number == 50 { Err("full") } else { Ok(()) };
            assert_eq!(ordered(threads, 4, numbers(1000), || (), |(), number| number, sink), Err("full"));
            let tasks = numbers(10).chain([Err("gone")]);
            assert_eq!(ordered(threads, 4, tasks, || (), |(), number| number, |_| Ok(())), Err("gone"));
        }
    }

    #[test]
    fn a_panic_of_a_worker_reaches_the_caller() {
        for threads in [1, 3] {
            let run = || {
                let work = |(): &mut (), number| if number == 20 { panic!("bad") } else { number };
                ordered(threads, 4, numbers(100), || (), work, |_| Ok(()))
            };
            assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
        }
    }
}
