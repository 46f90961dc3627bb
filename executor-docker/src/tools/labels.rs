//! Labels of what the tools put on an engine, by which it is found and told from everything else.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// Beginning of every label of runners.
const PREFIX: &str = "com.gitlab.gitlab-runner.";

/// What something is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A volume with the runner's executable, perhaps not yet filled.
    Agent,
    /// A volume whose label names a filled volume.
    Sign,
    /// An image or a container that exists to fill a volume or to look into an image.
    Passing,
    /// A helper image.
    HelperImage,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Sign => "agent-sign",
            Self::Passing => "agent-filling",
            Self::HelperImage => "helper-image",
        }
    }
}

/// What every label set says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Labels<'a> {
    pub(super) kind: Kind,
    /// Of the content.
    pub(super) key: &'a str,
    /// Who made it.
    pub(super) owner: &'a str,
    /// What a sign stands for.
    pub(super) holds: Option<&'a str>,
}

impl Labels<'_> {
    pub(super) fn map(&self) -> HashMap<String, String> {
        let version = env!("CARGO_PKG_VERSION");
        let made = now().to_string();
        let kind = self.kind.name();
        let labels = [
            ("managed", Some("true")),
            ("type", Some(kind)),
            ("tools.key", Some(self.key)),
            ("tools.owner", Some(self.owner)),
            ("tools.made", Some(&made)),
            ("tools.version", Some(version)),
            ("tools.holds", self.holds),
        ];
        let labels = labels.into_iter().filter_map(|(name, value)| Some((label(name), value?.to_owned())));
        labels.collect()
    }
}

/// What the labels of something say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) key: String,
    pub(super) owner: String,
    /// Milliseconds since the epoch.
    pub(super) made: u64,
    pub(super) holds: Option<String>,
}

/// Reads the labels of something that is to be of a kind; none if it is not.
pub(super) fn read(labels: &HashMap<String, String>, kind: Kind) -> Option<Read> {
    let get = |name: &str| labels.get(&label(name));
    if get("type")? != kind.name() {
        return None;
    }
    Some(Read {
        key: get("tools.key")?.clone(),
        owner: get("tools.owner")?.clone(),
        made: get("tools.made")?.parse().ok()?,
        holds: get("tools.holds").cloned(),
    })
}

/// A filter for lists of a kind.
pub(super) fn filter(kind: Kind) -> HashMap<&'static str, Vec<String>> {
    HashMap::from([("label", vec![format!("{}={}", label("type"), kind.name())])])
}

/// Now, in milliseconds since the epoch.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn label(name: &str) -> String {
    format!("{PREFIX}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let labels = Labels { kind: Kind::Sign, key: "k", owner: "o", holds: Some("v") };
        let map = labels.map();
        assert_eq!(map["com.gitlab.gitlab-runner.managed"], "true");
        let found = read(&map, Kind::Sign).unwrap();
        assert_eq!((&*found.key, &*found.owner, found.holds.as_deref()), ("k", "o", Some("v")));
        assert!(found.made.abs_diff(now()) < 100_000);
        assert_eq!(read(&map, Kind::Agent), None);
        assert_eq!(read(&HashMap::new(), Kind::Agent), None);
        assert_eq!(filter(Kind::Sign)["label"], ["com.gitlab.gitlab-runner.type=agent-sign"]);
    }
}
