//! What was seen of a page.

use super::complaints;
use serde_json::Value;
use std::collections::HashSet;
use std::time::Duration;
use tokio::sync::watch::Sender;

/// What happened to a page so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Documents that were loaded whole.
    pub(super) loaded: HashSet<String>,
    /// Documents that scripts could run in.
    pub(super) contexts: u64,
    /// What went wrong.
    pub(super) complaints: Vec<String>,
}

/// Takes what happens to a page, and wakes who waits for it.
#[derive(Debug)]
pub(super) struct Watch {
    /// The page's outermost frame.
    frame: String,
    seen: Sender<Seen>,
}

impl Watch {
    pub(super) fn new(frame: &str) -> Self {
        Self { frame: frame.to_owned(), seen: Sender::default() }
    }

    /// Something of the past.
    pub(super) fn look<T>(&self, at: impl FnOnce(&Seen) -> T) -> T {
        at(&self.seen.borrow())
    }

    /// Waits until it is so; whether it was in time.
    pub(super) async fn until(&self, patience: Duration, so: impl FnMut(&Seen) -> bool) -> bool {
        let mut changes = self.seen.subscribe();
        tokio::time::timeout(patience, changes.wait_for(so)).await.is_ok_and(|seen| seen.is_ok())
    }

    /// Forgets what went wrong so far.
    pub(super) fn forgive(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        self.seen.send_modify(|seen| complaints = std::mem::take(&mut seen.complaints));
        complaints
    }

    pub(super) fn happened(&self, method: &str, params: &Value) {
        match method {
            "Page.lifecycleEvent" if params["name"] == "load" && params["frameId"] == *self.frame => {
                let loader = params["loaderId"].as_str().unwrap_or_default().to_owned();
                self.seen.send_modify(|seen| {
                    seen.loaded.insert(loader);
                });
            }
            "Runtime.executionContextCreated" => self.seen.send_modify(|seen| seen.contexts += 1),
            _ => {
                if let Some(complaint) = complaints::of(method, params) {
                    self.seen.send_modify(|seen| seen.complaints.push(complaint));
                }
            }
        }
    }
}
