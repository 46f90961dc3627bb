//! When artifacts expire.

use ci_yaml::matching::duration;
use pipeline::Moment;

/// When artifacts expire that were stored now. `usual` is the number of seconds where nothing is said, or nothing that
/// makes sense; a number alone counts seconds.
pub(super) fn expire_at(said: Option<&str>, usual: Option<u64>, now: Moment) -> Option<Moment> {
    let said = said.map(str::trim).filter(|said| !said.is_empty());
    let seconds = match said {
        Some(said) if said.eq_ignore_ascii_case("never") || said.parse() == Ok(0.0) => None,
        Some(said) => match duration::seconds(said) {
            Some(seconds) => Some(seconds),
            None => usual.map(in_float),
        },
        None => usual.map(in_float),
    }?;
    let milliseconds =
        std::time::Duration::try_from_secs_f64(seconds).map_or(u128::MAX, |wait| wait.as_millis());
    let milliseconds = u64::try_from(milliseconds).unwrap_or(u64::MAX);
    // Beyond the end of what dates can tell is never.
    now.0.checked_add(milliseconds).filter(|at| *at < LAST).map(Moment)
}

/// The end of the year 9999, in milliseconds.
const LAST: u64 = 253_402_300_799_000;

#[expect(clippy::cast_precision_loss, reason = "durations of millions of years may be off by a second")]
fn in_float(seconds: u64) -> f64 {
    seconds as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_natural_text() {
        let now = Moment(1000);
        let of = |said: &str| expire_at(Some(said), Some(60), now).map(|at| at.0);
        assert_eq!(of("1 week"), Some(1000 + 7 * 24 * 3600 * 1000));
        assert_eq!(of("3 mins 4 sec"), Some(1000 + 184_000));
        assert_eq!(of("90"), Some(91_000));
        for never in ["never", "Never", "0", "99999999999999 years"] {
            assert_eq!(of(never), None, "{never}");
        }
        for usual in ["", "soon", " "] {
            assert_eq!(of(usual), Some(61_000), "{usual}");
        }
        assert_eq!(expire_at(None, Some(60), now), Some(Moment(61_000)));
        assert_eq!(expire_at(None, None, now), None);
    }
}
