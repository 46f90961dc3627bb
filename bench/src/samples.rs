//! Repeated measurements of a time.

use crate::Result;
use std::time::Duration;

/// Times of the same thing, shortest first. At least one.
#[derive(Clone, Debug)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    /// Puts times in order.
    pub(crate) fn new(mut times: Vec<Duration>) -> Result<Self> {
        if times.is_empty() {
            return Err("nothing was measured".into());
        }
        times.sort_unstable();
        Ok(Self(times))
    }

    /// The middle one; the lower of two.
    pub(crate) fn median(&self) -> Duration {
        self.at(50)
    }

    /// The one that so many percent are not above.
    pub(crate) fn at(&self, percent: usize) -> Duration {
        let last = self.0.len() - 1;
        self.0[last * percent.min(100) / 100]
    }

    /// How many.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Shortest, middle, nine tenths and longest, for a note.
    pub(crate) fn spread(&self) -> String {
        let ms = |percent| self.at(percent).as_secs_f64() * 1e3;
        let (n, least, middle) = (self.count(), ms(0), ms(50));
        format!("{n} times: least {least:.1}, median {middle:.1}, 90 % {:.1}, most {:.1} ms", ms(90), ms(100))
    }
}

/// Does several things by turns, so that whatever else the machine does falls on all of them: one round that does
/// not count, then as many as asked for.
pub(crate) fn by_turns<const N: usize>(
    rounds: usize,
    mut things: [&mut dyn FnMut() -> Result<Duration>; N],
) -> Result<[Samples; N]> {
    let mut times = [const { Vec::new() }; N];
    for round in 0..=rounds {
        for (thing, times) in things.iter_mut().zip(&mut times) {
            let time = thing()?;
            if round > 0 {
                times.push(time);
            }
        }
    }
    let samples: Vec<Samples> = times.into_iter().map(Samples::new).collect::<Result<_>>()?;
    samples.try_into().map_err(|_| "as many as there were".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(times: &[u64]) -> Samples {
        Samples::new(times.iter().map(|t| Duration::from_millis(*t)).collect()).unwrap()
    }

    #[test]
    fn quantiles() {
        let samples = milliseconds(&[5, 1, 3]);
        assert_eq!(samples.median(), Duration::from_millis(3));
        assert_eq!((samples.at(0), samples.at(100)), (Duration::from_millis(1), Duration::from_millis(5)));
        assert_eq!(milliseconds(&[4, 2]).median(), Duration::from_millis(2));
        assert!(Samples::new(Vec::new()).is_err());
    }

    #[test]
    fn turns_alternate_and_the_first_does_not_count() {
        let order = std::cell::RefCell::new(String::new());
        let mut first = || {
            order.borrow_mut().push('a');
            Ok(Duration::from_millis(order.borrow().len() as u64))
        };
        let mut second = || {
            order.borrow_mut().push('b');
            Ok(Duration::ZERO)
        };
        let [a, b] = by_turns(2, [&mut first, &mut second]).unwrap();
        assert_eq!(*order.borrow(), "ababab");
        assert_eq!((a.at(0), a.count(), b.count()), (Duration::from_millis(3), 2, 2));
    }
}
