//! Trying again what may pass.

use super::failure::Failure;
use std::time::Duration;

/// Pauses before the second try and before the third, which is the last. A connection that was cut is there again
/// at once; a registry that restarts is given a moment.
const PAUSES: [Duration; 2] = [Duration::ZERO, Duration::from_millis(500)];

/// Counts the tries of one pull.
#[derive(Debug, Default)]
pub(super) struct Tries {
    failed: usize,
}

impl Tries {
    /// Takes note of a failure. Says which try it was, from 1, and after what pause the next one comes; nothing if
    /// there is none. A pull that got stuck is tried once more at most: it has cost enough.
    pub(super) fn after(&mut self, failure: &Failure) -> Option<(usize, Duration)> {
        let pause = PAUSES.get(self.failed).copied();
        self.failed += 1;
        let again = failure.may_pass && (failure.answered || self.failed == 1);
        pause.filter(|_| again).map(|pause| (self.failed, pause))
    }
}

#[cfg(test)]
mod tests {
    use super::super::failure::Class;
    use super::*;

    fn tries(failures: &[Failure]) -> Vec<Option<(usize, Duration)>> {
        let mut tries = Tries::default();
        failures.iter().map(|failure| tries.after(failure)).collect()
    }

    #[test]
    fn three_tries() {
        let answer = "dial tcp".to_owned();
        let passing =
            Failure { class: Class::External, answer, may_pass: true, answered: true, access: None };
        let pauses = [Some((1, Duration::ZERO)), Some((2, Duration::from_millis(500))), None, None];
        assert_eq!(tries(&vec![passing.clone(); 4]), pauses);
        let for_good = Failure { may_pass: false, ..passing.clone() };
        assert_eq!(tries(&[passing, for_good]), [Some((1, Duration::ZERO)), None]);
    }

    #[test]
    fn what_got_stuck_is_tried_once_more() {
        assert_eq!(tries(&vec![Failure::stalled(60, true); 2]), [Some((1, Duration::ZERO)), None]);
        assert_eq!(tries(&[Failure::stalled(60, false)]), [None]);
        assert_eq!(tries(&[Failure::configuration("no")]), [None]);
    }
}
