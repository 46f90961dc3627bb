//! Scripts in a page.

use super::complaints;
use super::page::{PATIENCE, Page};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Waits in the page for a condition: it is looked at again whenever something in the document changes.
const WAIT: &str = r#"new Promise((done) => {
  const holds = () => { try { return Boolean(CONDITION); } catch { return false; } };
  if (holds()) return done(true);
  const events = ["load", "readystatechange", "scroll", "scrollend", "resize", "hashchange", "popstate", "focusin", "focusout", "input", "change", "toggle", "transitionend", "message"];
  const end = (was) => {
    changes.disconnect();
    for (const name of events) removeEventListener(name, look, true);
    done(was);
  };
  const look = () => holds() && end(true);
  const changes = new MutationObserver(look);
  changes.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  for (const name of events) addEventListener(name, look, true);
  setTimeout(() => end(holds()), PATIENCE);
})"#;

impl Page {
    /// The value of an expression in the page; of a promise, what it becomes.
    ///
    /// # Panics
    /// When it throws, or the page goes elsewhere meanwhile.
    pub async fn eval(&self, js: &str) -> Value {
        self.evaluate(js).await.unwrap_or_else(|error| panic!("{js}: {error}"))
    }

    /// Waits until a condition (an expression; what throws is not fulfilled) holds in the page, or in one that it
    /// goes to meanwhile.
    ///
    /// # Panics
    /// When it does not within half a minute.
    pub async fn wait_for(&self, js_condition: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let contexts = self.watch.look(|seen| seen.contexts);
            let left = until.saturating_duration_since(Instant::now());
            let wait = WAIT.replace("CONDITION", js_condition);
            let wait = wait.replace("PATIENCE", &left.as_millis().to_string());
            match self.evaluate(&wait).await {
                Ok(Value::Bool(true)) => return,
                Ok(_) => {}
                Err(error) if error.starts_with("uncaught") => panic!("{js_condition}: {error}"),
                // The document went away; the next one comes.
                Err(_) if !left.is_zero() => {
                    self.watch.until(Duration::from_secs(1), |seen| seen.contexts > contexts).await;
                    continue;
                }
                Err(_) => {}
            }
            panic!("not within {PATIENCE:?}: {js_condition}\n{}", self.told().await);
        }
    }

    /// As [`Self::eval`]; an error that begins with `uncaught` was thrown, others come of a page that is no more.
    pub(super) async fn evaluate(&self, js: &str) -> Result<Value, String> {
        let order = json!({
            "expression": js, "awaitPromise": true, "returnByValue": true, "userGesture": true,
        });
        let mut answer = self.ask("Runtime.evaluate", order).await?;
        if answer["exceptionDetails"].is_object() {
            return Err(format!("uncaught: {}", complaints::exception(&answer["exceptionDetails"])));
        }
        Ok(answer["result"]["value"].take())
    }
}

/// A text as an expression of a script.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
