//! The DevTools protocol: JSON messages that end with NUL; answers are told apart by numbers, pages by sessions.

use super::seen::Watch;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, Write as _};
use std::process::ChildStdin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Longer than anything takes that works, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(90);

type Answer = Result<Value, String>;

/// One connection to a browser.
#[derive(Debug)]
pub(super) struct Wire {
    out: Mutex<ChildStdin>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: u64,
    waiting: HashMap<u64, oneshot::Sender<Answer>>,
    sessions: HashMap<String, Arc<Watch>>,
    gone: bool,
}

impl Wire {
    pub(super) fn new(out: ChildStdin) -> Self {
        Self { out: Mutex::new(out), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the browser is no more.
    pub(super) fn is_gone(&self) -> bool {
        self.state().gone
    }

    /// Asks, and waits for the answer.
    pub(super) async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Answer {
        let (answer, answered) = oneshot::channel();
        let id = {
            let mut state = self.state();
            if state.gone {
                return Err("the browser is gone".to_owned());
            }
            state.last += 1;
            let id = state.last;
            state.waiting.insert(id, answer);
            id
        };
        self.send(id, session, method, params);
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(answer)) => answer.map_err(|error| format!("{method}: {error}")),
            Ok(Err(_)) => Err(format!("{method}: the browser is gone")),
            Err(_) => Err(format!("{method}: no answer within {PATIENCE:?}")),
        }
    }

    /// Asks, and does not care for the answer.
    pub(super) fn tell(&self, session: Option<&str>, method: &str, params: Value) {
        let id = {
            let mut state = self.state();
            state.last += 1;
            state.last
        };
        self.send(id, session, method, params);
    }

    fn send(&self, id: u64, session: Option<&str>, method: &str, params: Value) {
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // Who waits for an answer of a browser that is gone learns of it from the reader.
        let _ = out.write_all(&bytes).and_then(|()| out.flush());
    }

    /// From now on, what happens in a session is told to `watch`.
    pub(super) fn listen(&self, session: &str, watch: Arc<Watch>) {
        self.state().sessions.insert(session.to_owned(), watch);
    }

    /// What happens in a session is of no interest any more.
    pub(super) fn forget(&self, session: &str) {
        self.state().sessions.remove(session);
    }

    /// Reads until the browser is gone.
    pub(super) fn read(&self, mut input: impl BufRead) {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            match input.read_until(0, &mut bytes) {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
            bytes.pop_if(|last| *last == 0);
            if let Ok(message) = serde_json::from_slice::<Value>(&bytes) {
                self.take(message);
            }
        }
        let mut state = self.state();
        state.gone = true;
        state.waiting.clear();
    }

    fn take(&self, mut message: Value) {
        if let Some(id) = message["id"].as_u64() {
            let Some(waiting) = self.state().waiting.remove(&id) else { return };
            let error = message["error"]["message"].as_str().map(str::to_owned);
            let answer = error.map_or_else(|| Ok(message["result"].take()), Err);
            let _ = waiting.send(answer);
            return;
        }
        let Some(session) = message["sessionId"].as_str().map(str::to_owned) else { return };
        let Some(watch) = self.state().sessions.get(&session).cloned() else { return };
        let method = message["method"].as_str().unwrap_or_default();
        if method == "Page.javascriptDialogOpening" {
            // A page that asks would wait for ever.
            self.tell(Some(&session), "Page.handleJavaScriptDialog", json!({ "accept": false }));
        }
        watch.happened(method, &message["params"]);
    }
}
