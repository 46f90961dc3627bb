//! What an engine tells of containers and volumes while it happens.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// One line of `docker events`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Event {
    #[serde(rename = "Type")]
    kind: String,
    action: String,
    actor: Actor,
}

#[derive(Debug, Deserialize)]
struct Actor {
    #[serde(rename = "ID")]
    id: String,
    /// A container's labels are among them.
    #[serde(rename = "Attributes", default)]
    attributes: BTreeMap<String, String>,
}

/// What is known from all events so far.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Containers by id, with their labels; they are kept when they are removed.
    containers: BTreeMap<String, BTreeMap<String, String>>,
    /// Volumes that were mounted and not removed, with the containers that had them.
    volumes: BTreeMap<String, BTreeSet<String>>,
    /// Grows with each event.
    pub(super) count: u64,
}

impl History {
    pub(super) fn add(&mut self, event: Event) {
        self.count += 1;
        let Actor { id, attributes } = event.actor;
        match (event.kind.as_str(), event.action.as_str()) {
            ("container", "create") => {
                self.containers.insert(id, attributes);
            }
            ("volume", "mount") => {
                self.volumes.entry(id).or_default().extend(attributes.get("container").cloned());
            }
            ("volume", "destroy") => {
                self.volumes.remove(&id);
            }
            _ => {}
        }
    }

    /// The ids of all containers that had a label, removed or not.
    pub(super) fn containers(&self, label: &str) -> BTreeSet<String> {
        let (key, value) = label.split_once('=').unwrap_or((label, ""));
        let has = |labels: &BTreeMap<String, String>| {
            labels.get(key).is_some_and(|found| found == value || !label.contains('='))
        };
        self.containers.iter().filter(|(_, labels)| has(labels)).map(|(id, _)| id.clone()).collect()
    }

    /// The volumes without a name of their own that containers with a label had, and that are still there.
    pub(super) fn anonymous_volumes(&self, label: &str) -> Vec<String> {
        let owners = self.containers(label);
        let volumes = self.volumes.iter().filter(|(name, _)| is_anonymous(name));
        volumes.filter(|(_, had)| !had.is_disjoint(&owners)).map(|(name, _)| name.clone()).collect()
    }
}

/// Engines name a volume that nobody named by 64 hexadecimal digits.
fn is_anonymous(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(lines: &[&str]) -> History {
        let mut history = History::default();
        lines.iter().for_each(|line| history.add(serde_json::from_str(line).unwrap()));
        history
    }

    const CREATE: &str = r#"{"Type":"container","Action":"create","Actor":{"ID":"c1","Attributes":
        {"image":"rig/busybox","name":"x","job":"7"}},"scope":"local","time":1}"#;

    #[test]
    fn containers_are_known_by_label() {
        let history = history(&[CREATE, r#"{"Type":"container","Action":"destroy","Actor":{"ID":"c1"}}"#]);
        assert_eq!(history.containers("job=7").len(), 1);
        assert_eq!(history.containers("job").len(), 1);
        assert!(history.containers("job=").is_empty());
        assert!(history.containers("job=70").is_empty());
        assert_eq!(history.count, 2);
    }

    #[test]
    fn volumes_belong_to_who_mounted_them() {
        let name = "a".repeat(64);
        let mount = |volume: &str, container: &str| {
            format!(
                r#"{{"Type":"volume","Action":"mount","Actor":{{"ID":"{volume}","Attributes":{{"container":"{container}"}}}}}}"#
            )
        };
        let destroy = format!(r#"{{"Type":"volume","Action":"destroy","Actor":{{"ID":"{name}"}}}}"#);
        let (anonymous, named, other) =
            (mount(&name, "c1"), mount("cache", "c1"), mount(&"b".repeat(64), "c2"));
        let mut lines = vec![CREATE, &anonymous, &named, &other];
        assert_eq!(history(&lines).anonymous_volumes("job=7"), std::slice::from_ref(&name));
        lines.push(&destroy);
        assert!(history(&lines).anonymous_volumes("job=7").is_empty());
    }
}
