//! Which answers ask for a repeat, and when (gitlab-runner's `network/retry_requester.go`).

use crate::{Backoff, answer::text_header};
use http::{HeaderMap, StatusCode};
use std::time::{Duration, SystemTime};

/// How often one call is sent at most.
pub(super) const ATTEMPTS: u32 = 5;
/// The first pause, and the shortest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause that no header asked for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Whether the coordinator is only busy. Answers from 505 to 511 are not among them.
pub(super) fn is_retriable(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504 | 512..)
}

/// The attempts of one call.
pub(super) struct Repeats {
    left: u32,
    backoff: Backoff,
}

impl Repeats {
    pub(super) fn new(attempts: u32) -> Self {
        Self { left: attempts.saturating_sub(1), backoff: Backoff::new(FIRST_PAUSE, LONGEST_PAUSE) }
    }

    /// The pause before the next attempt, or nothing if the answer stands.
    pub(super) fn next(&mut self, status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
        if !is_retriable(status) || self.left == 0 {
            return None;
        }
        self.left -= 1;
        let own = self.backoff.pause();
        Some(asked_for(headers, SystemTime::now()).unwrap_or(own))
    }
}

/// The pause that the coordinator names: a date in the future, else whole seconds.
pub(crate) fn asked_for(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let until = text_header(headers, "ratelimit-resettime")
        .and_then(|date| httpdate::parse_http_date(date.trim()).ok());
    if let Some(pause) =
        until.and_then(|until| until.duration_since(now).ok()).filter(|pause| !pause.is_zero())
    {
        return Some(pause);
    }
    text_header(headers, "retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[test]
    fn only_busy_answers_are_repeated() {
        let retriable = [408, 429, 500, 502, 503, 504, 512, 520, 599];
        for code in 100..=599_u16 {
            let status = StatusCode::from_u16(code).unwrap();
            assert_eq!(is_retriable(status), retriable.contains(&code) || code >= 512, "{code}");
        }
    }

    #[test]
    fn five_attempts_in_all() {
        let mut repeats = Repeats::new(ATTEMPTS);
        let pauses: Vec<_> =
            std::iter::from_fn(|| repeats.next(StatusCode::BAD_GATEWAY, &HeaderMap::new())).collect();
        assert_eq!(pauses.len(), 4);
        assert_eq!(pauses[0], Duration::from_millis(100));
        assert!(Repeats::new(ATTEMPTS).next(StatusCode::NOT_FOUND, &HeaderMap::new()).is_none());
        assert!(Repeats::new(1).next(StatusCode::BAD_GATEWAY, &HeaderMap::new()).is_none());
    }

    #[test]
    fn headers_name_the_pause() {
        let now = SystemTime::now();
        assert_eq!(asked_for(&headers("retry-after", "7"), now), Some(Duration::from_secs(7)));
        assert_eq!(asked_for(&headers("retry-after", "Wed, 21 Oct 2065 07:28:00 GMT"), now), None);
        assert_eq!(asked_for(&headers("retry-after", "-1"), now), None);
        let soon = httpdate::fmt_http_date(now + Duration::from_secs(90));
        let pause = asked_for(&headers("ratelimit-resettime", &soon), now).unwrap();
        assert!(pause > Duration::from_secs(88) && pause <= Duration::from_secs(90));
        let past = httpdate::fmt_http_date(now - Duration::from_secs(90));
        assert_eq!(asked_for(&headers("ratelimit-resettime", &past), now), None);
    }
}
