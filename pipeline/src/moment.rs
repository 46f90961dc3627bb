//! Moments as GitLab writes them.

use crate::Moment;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

impl Moment {
    /// ISO 8601 in UTC, in whole seconds: `2026-01-02T03:04:05Z`. Moments beyond the year 9999 are the last of it.
    pub fn iso8601(self) -> String {
        let last = 253_402_300_799;
        let seconds = i64::try_from(self.0 / 1000).unwrap_or(last).min(last);
        let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        moment.format(&Rfc3339).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use crate::Moment;

    #[test]
    fn moments_are_in_whole_seconds_of_utc() {
        assert_eq!(Moment(1_795_248_000_999).iso8601(), "2026-11-21T08:00:00Z");
        assert_eq!(Moment(0).iso8601(), "1970-01-01T00:00:00Z");
        assert_eq!(Moment(u64::MAX).iso8601(), "9999-12-31T23:59:59Z");
    }
}
