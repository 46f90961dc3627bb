//! Runner tokens that end are replaced in time.

use crate::config::RunnerSection;
use std::time::Duration;
use time::OffsetDateTime;

/// The share of a token's life after which it is replaced, in quarters.
const QUARTERS: i32 = 3;

/// When a section's token is to be replaced: after three quarters of its life. Nothing for tokens without end.
pub(super) fn due_at(section: &RunnerSection) -> Option<OffsetDateTime> {
    let expires = section.token_expires_at?;
    let obtained = section.token_obtained_at?;
    (obtained < expires && section.unusable.is_none()).then(|| obtained + (expires - obtained) * QUARTERS / 4)
}

/// Whether the section's owner wants to replace its token himself.
pub(super) fn is_disabled(section: &RunnerSection) -> bool {
    section.feature_flags.get("FF_DISABLE_AUTOMATIC_TOKEN_ROTATION").copied().unwrap_or(false)
}

/// How long until then; zero if it is overdue.
pub(super) fn wait(due: OffsetDateTime, now: OffsetDateTime) -> Duration {
    Duration::try_from(due - now).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(obtained: i64, expires: Option<i64>) -> RunnerSection {
        let time = |seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap();
        RunnerSection {
            token_obtained_at: Some(time(obtained)),
            token_expires_at: expires.map(time),
            ..RunnerSection::default()
        }
    }

    #[test]
    fn three_quarters_of_its_life() {
        assert_eq!(due_at(&section(1000, Some(2000))).unwrap().unix_timestamp(), 1750);
        assert_eq!(due_at(&section(1000, None)), None);
        assert_eq!(due_at(&section(2000, Some(1000))), None);
    }

    #[test]
    fn what_is_overdue_is_due_now() {
        let now = OffsetDateTime::from_unix_timestamp(5000).unwrap();
        let due = OffsetDateTime::from_unix_timestamp(4000).unwrap();
        assert_eq!(wait(due, now), Duration::ZERO);
        assert_eq!(wait(now, due), Duration::from_secs(1000));
    }
}
