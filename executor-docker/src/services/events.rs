//! What the engine tells of the containers of one job while it runs.

use crate::connect::answer;
use crate::names::label;
use bollard::Docker;
use bollard::models::EventMessage;
use bollard::query_parameters::EventsOptionsBuilder;
use futures_util::StreamExt;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

/// How far back the engine is asked for what it still knows: nothing is missed between the request and its
/// arrival, unless the clocks of runner and engine differ by more than this.
const LOOK_BACK: Duration = Duration::from_secs(15 * 60);
/// How often in a row the stream is opened anew when it breaks, before it is given up.
const TRIES: u32 = 10;
/// Pause before the first of these; each one is longer by as much.
const PAUSE: Duration = Duration::from_millis(100);
/// A stream that lasted this long was a good one.
const GOOD: Duration = Duration::from_secs(30);

/// What has become of a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// It ended, with this exit code.
    pub ended: Option<i64>,
    /// Something in it was killed for lack of memory.
    pub out_of_memory: bool,
    /// What its `HEALTHCHECK` said last.
    pub healthy: Option<bool>,
}

type Known = HashMap<String, Seen>;

/// One subscription for all containers of a job, found by the job's trail. Clones share it; it ends with the last.
#[derive(Clone)]
pub struct Events {
    known: watch::Receiver<Known>,
    told: Arc<watch::Sender<Known>>,
    _reader: Arc<Reader>,
}

struct Reader(AbortHandle);

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Events {
    /// Subscribes. What happens from now on is seen, containers need not be there yet.
    pub fn subscribe(docker: &Docker, trail: &str) -> Self {
        let (told, known) = watch::channel(Known::new());
        let told = Arc::new(told);
        let reader = tokio::spawn(read(docker.clone(), trail.to_owned(), Arc::clone(&told)));
        Self { known, told, _reader: Arc::new(Reader(reader.abort_handle())) }
    }

    /// What is known of a container, by its full id.
    pub fn of(&self, id: &str) -> Seen {
        self.known.borrow().get(id).copied().unwrap_or_default()
    }

    /// Waits for a container's end and returns its exit code.
    pub async fn ended(&self, id: &str) -> i64 {
        self.wait(id, |seen| seen.ended).await
    }

    /// Waits until a container's `HEALTHCHECK` passes.
    pub async fn healthy(&self, id: &str) {
        self.wait(id, |seen| (seen.healthy == Some(true)).then_some(())).await;
    }

    /// Notes an end that was learnt in another way, such as by looking at the container.
    pub(super) fn note_end(&self, id: &str, code: i64) {
        self.told.send_modify(|known| {
            known.entry(id.to_owned()).or_default().ended.get_or_insert(code);
        });
    }

    async fn wait<T>(&self, id: &str, what: impl Fn(&Seen) -> Option<T>) -> T {
        let mut known = self.known.clone();
        let seen = known.wait_for(|known| known.get(id).is_some_and(|seen| what(seen).is_some())).await;
        match seen.ok().and_then(|known| known.get(id).and_then(&what)) {
            Some(value) => value,
            // Nobody will tell any more.
            None => std::future::pending().await,
        }
    }
}

/// Reads the engine's events, anew when the connection is lost. What is told twice changes nothing.
async fn read(docker: Docker, trail: String, told: Arc<watch::Sender<Known>>) {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(LOOK_BACK);
    let filters = HashMap::from([
        ("type", vec!["container".to_owned()]),
        ("label", vec![format!("{}={trail}", label("trail"))]),
    ]);
    let mut attempt = 0;
    while attempt < TRIES {
        attempt += 1;
        let opened = Instant::now();
        let options =
            EventsOptionsBuilder::new().since(&since.as_secs().to_string()).filters(&filters).build();
        let mut events = Box::pin(docker.events(Some(options)));
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => told.send_if_modified(|known| apply(known, event).is_some()),
                Err(error) => {
                    tracing::debug!(error = answer(&error), attempt, "the engine's events broke off");
                    break;
                }
            };
        }
        if opened.elapsed() > GOOD {
            attempt = 1;
        }
        sleep(PAUSE * attempt).await;
    }
}

/// Notes an event; `None` where it says nothing of interest.
fn apply(known: &mut Known, event: EventMessage) -> Option<()> {
    let actor = event.actor?;
    let action = event.action?;
    let attribute = |name: &str| actor.attributes.as_ref().and_then(|all| all.get(name));
    let change: fn(&mut Seen, i64) = match action.as_str() {
        // Podman's word is the second.
        "die" | "died" => |seen, code| seen.ended = Some(code),
        "oom" => |seen, _| seen.out_of_memory = true,
        "health_status: healthy" => |seen, _| seen.healthy = Some(true),
        "health_status: unhealthy" => |seen, _| seen.healthy = Some(false),
        _ => return None,
    };
    let code = ["exitCode", "containerExitCode"].iter().find_map(|name| attribute(name)?.parse().ok());
    let before = known.entry(actor.id?).or_default();
    let mut seen = *before;
    change(&mut seen, code.unwrap_or(-1));
    let changed = seen != *before;
    *before = seen;
    changed.then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::models::EventActor;

    fn event(action: &str, attributes: &[(&str, &str)]) -> EventMessage {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        EventMessage {
            action: Some(action.to_owned()),
            actor: Some(EventActor { id: Some("c1".to_owned()), attributes: Some(attributes.collect()) }),
            ..EventMessage::default()
        }
    }

    #[test]
    fn what_events_tell() {
        let mut known = Known::new();
        assert_eq!(apply(&mut known, event("exec_die", &[("exitCode", "1")])), None);
        assert_eq!(apply(&mut known, event("start", &[])), None);
        assert_eq!(apply(&mut known, EventMessage::default()), None);
        assert!(known.is_empty(), "what says nothing of interest takes no room");
        assert_eq!(apply(&mut known, event("health_status: healthy", &[])), Some(()));
        assert_eq!(apply(&mut known, event("health_status: healthy", &[])), None, "nothing new");
        assert_eq!(apply(&mut known, event("health_status: unhealthy", &[])), Some(()));
        assert_eq!(apply(&mut known, event("oom", &[])), Some(()));
        assert_eq!(apply(&mut known, event("die", &[("exitCode", "137")])), Some(()));
        assert_eq!(known["c1"], Seen { ended: Some(137), out_of_memory: true, healthy: Some(false) });
        assert_eq!(apply(&mut known, event("died", &[("containerExitCode", "3")])), Some(()));
        assert_eq!(known["c1"].ended, Some(3));
    }
}
