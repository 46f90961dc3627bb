//! What many jobs make of one status: GitLab's `Gitlab::Ci::Status::Composite`.

use crate::Status;

/// The distinct statuses of some jobs: one bit for each of the thirteen, and two for forgiven ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statuses(u16);

/// Failed or canceled, and forgiven.
const WARN: Statuses = Statuses(1 << 13);
/// Manual, and not in the way of anything.
const IGNORED: Statuses = Statuses(1 << 14);

/// The set of some statuses.
const fn set(members: &[Status]) -> Statuses {
    let (mut bits, mut at) = (0, 0);
    while at < members.len() {
        bits |= 1 << members[at] as u16;
        at += 1;
    }
    Statuses(bits)
}

/// First rules: all that there is lies within a set, forgiven ones aside.
const WITHIN: [(Statuses, Status); 6] = [
    (set(&[Status::Skipped]), Status::Skipped),
    (set(&[Status::Success, Status::Skipped]), Status::Success),
    (set(&[Status::Created]), Status::Created),
    (set(&[Status::Preparing]), Status::Preparing),
    (set(&[Status::Canceled, Status::Success, Status::Skipped]), Status::Canceled),
    (set(&[Status::Pending, Status::Created, Status::Skipped]), Status::Pending),
];

/// Last rules: a status is among those that there are.
const AMONG: [(Statuses, Status); 8] = [
    (set(&[Status::Running, Status::Pending]), Status::Running),
    (set(&[Status::WaitingForResource]), Status::WaitingForResource),
    (set(&[Status::WaitingForCallback]), Status::WaitingForCallback),
    (set(&[Status::Manual]), Status::Manual),
    (set(&[Status::Scheduled]), Status::Scheduled),
    (set(&[Status::Preparing]), Status::Preparing),
    (set(&[Status::Created]), Status::Running),
    (set(&[Status::Canceling]), Status::Canceling),
];

impl Statuses {
    /// Adds a job.
    pub fn add(&mut self, status: Status, allow_failure: bool) {
        let bit = match status {
            Status::Failed | Status::Canceled if allow_failure => WARN,
            Status::Manual if allow_failure => IGNORED,
            plain => set(&[plain]),
        };
        self.join(bit);
    }

    /// Adds all of another set.
    pub fn join(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether a failed or canceled job was forgiven: "passed with warnings", if the composite is success.
    pub fn has_warnings(self) -> bool {
        self.meets(WARN)
    }

    /// The status of a stage, of a pipeline, or of all that comes before a job that waits for stages. Nothing if
    /// there are no jobs.
    pub fn composite(self) -> Option<Status> {
        if self == Self::default() {
            return None;
        }
        Some(self.within().or_else(|| self.among()).unwrap_or(Status::Failed))
    }

    /// The status of what a job `needs`. A skipped one, or a manual one that nobody has to start, decides at once.
    pub fn composite_of_needs(self) -> Option<Status> {
        let mut deciding = set(&[Status::Skipped]);
        deciding.join(IGNORED);
        if self.meets(deciding) { Some(Status::Skipped) } else { self.composite() }
    }

    fn within(self) -> Option<Status> {
        WITHIN.iter().find_map(|&(members, result)| {
            let mut all = members;
            all.join(IGNORED);
            // A forgiven failure is no part of "all skipped".
            if result != Status::Skipped {
                all.join(WARN);
            }
            (self.0 & !all.0 == 0).then_some(result)
        })
    }

    fn among(self) -> Option<Status> {
        AMONG.iter().find_map(|&(members, result)| self.meets(members).then_some(result))
    }

    fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl FromIterator<(Status, bool)> for Statuses {
    fn from_iter<I: IntoIterator<Item = (Status, bool)>>(jobs: I) -> Self {
        let mut all = Self::default();
        jobs.into_iter().for_each(|(status, allow_failure)| all.add(status, allow_failure));
        all
    }
}

#[cfg(test)]
pub(crate) mod tests;
