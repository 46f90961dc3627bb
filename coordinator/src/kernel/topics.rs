//! Who wants to know of changes.

use super::Topic;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// All that is watched.
#[derive(Default)]
pub(crate) struct Topics {
    watched: Mutex<HashMap<Topic, watch::Sender<u64>>>,
}

/// Waits for changes of a topic. Changes that come while nobody waits are told of once.
#[derive(Debug)]
pub struct Watcher {
    changes: watch::Receiver<u64>,
}

impl Watcher {
    /// Waits for the next change. False once there will be none: the kernel ends.
    pub async fn changed(&mut self) -> bool {
        self.changes.changed().await.is_ok()
    }
}

impl Topics {
    pub(crate) fn watch(&self, topic: Topic) -> Watcher {
        let mut watched = self.lock();
        if watched.len() > 64 && !watched.contains_key(&topic) {
            watched.retain(|_, sender| sender.receiver_count() > 0);
        }
        let sender = watched.entry(topic).or_insert_with(|| watch::Sender::new(0));
        Watcher { changes: sender.subscribe() }
    }

    pub(crate) fn tell(&self, topic: Topic) {
        let mut watched = self.lock();
        let Some(sender) = watched.get(&topic) else { return };
        if sender.receiver_count() == 0 {
            watched.remove(&topic);
        } else {
            sender.send_modify(|version| *version += 1);
        }
    }

    /// Whether somebody watches.
    pub(crate) fn is_watched(&self, topic: Topic) -> bool {
        self.lock().get(&topic).is_some_and(|sender| sender.receiver_count() > 0)
    }

    /// Nothing changes any more.
    pub(crate) fn close(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Topic, watch::Sender<u64>>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline::PipelineId;

    #[tokio::test]
    async fn changes_are_told_to_those_who_watch() {
        let topics = Topics::default();
        let topic = Topic::Pipeline(PipelineId(1));
        topics.tell(topic);
        assert!(!topics.is_watched(topic));
        let mut watcher = topics.watch(topic);
        topics.tell(Topic::Pipeline(PipelineId(2)));
        topics.tell(topic);
        topics.tell(topic);
        assert!(watcher.changed().await);
        assert!(!watcher.changes.has_changed().unwrap(), "several changes are told of once");
        topics.close();
        assert!(!watcher.changed().await);
    }

    #[test]
    fn what_nobody_watches_is_forgotten() {
        let topics = Topics::default();
        for id in 0..1000 {
            drop(topics.watch(Topic::Pipeline(PipelineId(id))));
        }
        assert!(topics.lock().len() < 100);
    }
}
