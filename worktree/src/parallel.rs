//! Many small pieces of file work on all cores.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// More threads than this only wait for one another in the file system.
const MOST: usize = 8;

/// Calls `work` for every number below `count`, with something of each thread's own, and gives the results in order.
/// The first error ends it.
pub(crate) fn map<W, R: Send, E: Send>(
    count: usize,
    own: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, usize) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(MOST).min(count);
    if threads <= 1 {
        let mut own = own();
        return (0..count).map(|number| work(&mut own, number)).collect();
    }
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(None);
    let turn = || {
        let mut own = own();
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return done;
            }
            match work(&mut own, number) {
                Ok(result) => done.push((number, result)),
                Err(error) => {
                    next.store(count, Ordering::Relaxed);
                    failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert(error);
                    return done;
                }
            }
        }
    };
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(turn)).collect();
        let mut done = turn();
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        return Err(error);
    }
    done.sort_unstable_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order() {
        let result: Result<Vec<usize>, ()> = map(1000, || (), |(), number| Ok(number * 2));
        assert_eq!(result, Ok((0..1000).map(|number| number * 2).collect()));
    }

    #[test]
    fn an_error_ends_it() {
        let result = map(1000, || (), |(), number| if number == 500 { Err(number) } else { Ok(()) });
        assert_eq!(result, Err(500));
    }
}
