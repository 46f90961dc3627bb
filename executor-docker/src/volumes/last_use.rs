//! When a reusable volume was used last.
//!
//! An engine never changes the labels of a volume, and has no other place for a note. So beside a volume that is
//! used stands an empty one, its *marker*, which nothing mounts: its labels name the volume and the day. Each day
//! has one of its own, so a job makes it without asking whether it is there; the service removes older ones once a
//! day.

use super::VolumeSpec;
use crate::names::label;
use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `type` of markers.
const KIND: &str = "last-use";

const DAY: u64 = 24 * 60 * 60;

/// The marker of a volume for the day of `now` (UTC). It has the volume's labels, but for its type.
pub fn marker(volume: &VolumeSpec, now: SystemTime) -> VolumeSpec {
    let day = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / DAY;
    let mut labels = volume.labels.clone();
    labels.extend([
        (label("type"), KIND.to_owned()),
        (label("volume"), volume.name.clone()),
        (label("last_use"), day.to_string()),
    ]);
    VolumeSpec {
        name: format!("{}-used-{day}", volume.name),
        destination: String::new(),
        driver: String::new(),
        driver_options: BTreeMap::new(),
        labels,
    }
}

/// What a marker tells: the volume and the time.
fn read(labels: &HashMap<String, String>) -> Option<(&str, SystemTime)> {
    if labels.get(&label("type"))? != KIND {
        return None;
    }
    let day: u64 = labels.get(&label("last_use"))?.parse().ok()?;
    let time = UNIX_EPOCH.checked_add(Duration::from_secs(day.checked_mul(DAY)?))?;
    Some((labels.get(&label("volume"))?, time))
}

/// By the labels of volumes, the day of the last use of each volume that has a marker, as the time it began.
pub fn last_uses<'a>(
    volumes: impl IntoIterator<Item = &'a HashMap<String, String>>,
) -> BTreeMap<String, SystemTime> {
    let mut uses = BTreeMap::new();
    for (volume, time) in volumes.into_iter().filter_map(read) {
        let latest = uses.entry(volume.to_owned()).or_insert(time);
        *latest = time.max(*latest);
    }
    uses
}

/// Of all volumes, by name and labels, the names of markers that say nothing any more: a later one is there, or the
/// volume is not.
pub fn outdated_markers<'a>(volumes: &[(&'a str, &'a HashMap<String, String>)]) -> Vec<&'a str> {
    let latest = last_uses(volumes.iter().map(|(_, labels)| *labels));
    let is_outdated = |labels: &HashMap<String, String>| {
        read(labels).is_some_and(|(volume, time)| {
            latest.get(volume).is_some_and(|latest| time < *latest)
                || !volumes.iter().any(|(name, _)| *name == volume)
        })
    };
    volumes.iter().filter(|(_, labels)| is_outdated(labels)).map(|(name, _)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume() -> VolumeSpec {
        VolumeSpec {
            name: "runner-abc-cache-1".into(),
            destination: "/cache".into(),
            driver: "local".into(),
            driver_options: BTreeMap::from([("o".into(), "x".into())]),
            labels: HashMap::from([
                (label("type"), "cache".into()),
                (label("project.id"), "42".into()),
                (label("reusable"), "true".into()),
            ]),
        }
    }

    fn day(number: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(number * DAY)
    }

    #[test]
    fn a_marker_names_its_volume_and_the_day() {
        let marker = marker(&volume(), day(20_000) + Duration::from_secs(DAY - 1));
        assert_eq!(marker.name, "runner-abc-cache-1-used-20000");
        assert_eq!(marker.labels[&label("type")], "last-use");
        assert_eq!(marker.labels[&label("project.id")], "42");
        assert_eq!(marker.labels[&label("reusable")], "true");
        assert!(marker.driver.is_empty() && marker.driver_options.is_empty());
        assert_eq!(last_uses([&marker.labels]), BTreeMap::from([("runner-abc-cache-1".into(), day(20_000))]));
    }

    #[test]
    fn the_latest_marker_counts() {
        let volume = volume();
        let [old, new] = [3, 5].map(|number| marker(&volume, day(number)));
        let mut gone = marker(&volume, day(9));
        gone.labels.insert(label("volume"), "gone".into());
        gone.name = "gone-used-9".into();
        let mut broken = old.labels.clone();
        broken.insert(label("last_use"), "yesterday".into());
        let all = [
            (old.name.as_str(), &old.labels),
            (new.name.as_str(), &new.labels),
            (gone.name.as_str(), &gone.labels),
            (volume.name.as_str(), &volume.labels),
            ("broken", &broken),
        ];
        assert_eq!(outdated_markers(&all), ["runner-abc-cache-1-used-3", "gone-used-9"]);
        assert_eq!(last_uses(all.iter().map(|(_, labels)| *labels))[&volume.name], day(5));
    }
}
