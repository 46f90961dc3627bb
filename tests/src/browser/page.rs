//! A page: where it is, and what it did.

use super::process::Process;
use super::seen::Watch;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// So long is waited for what has to come, on a busy machine too.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A page of a browser; closed when it goes.
#[derive(Debug)]
pub struct Page {
    process: Arc<Process>,
    target: String,
    session: String,
    pub(super) watch: Arc<Watch>,
}

impl Page {
    pub(super) async fn new(process: &Arc<Process>, context: &str) -> Self {
        let wire = &process.wire;
        let order = json!({ "url": "about:blank", "browserContextId": context, "newWindow": true });
        let made = wire.call(None, "Target.createTarget", order).await.expect("a page");
        let target = made["targetId"].as_str().expect("a page").to_owned();
        let order = json!({ "targetId": target, "flatten": true });
        let attached = wire.call(None, "Target.attachToTarget", order).await.expect("a session");
        let session = attached["sessionId"].as_str().expect("a session").to_owned();
        let watch = Arc::new(Watch::new(&target));
        wire.listen(&session, Arc::clone(&watch));
        let page = Self { process: Arc::clone(process), target, session, watch };
        for domain in ["Page", "Runtime", "Network", "Log"] {
            page.call(&format!("{domain}.enable"), json!({})).await;
        }
        page.call("Page.setLifecycleEventsEnabled", json!({ "enabled": true })).await;
        // The page takes itself for the one that is looked at, whatever other tests open.
        page.call("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await;
        page.size(1280, 800).await;
        page.dark(false).await;
        page
    }

    /// Asks the browser something about this page.
    pub(super) async fn ask(&self, method: &str, params: Value) -> Result<Value, String> {
        self.process.wire.call(Some(&self.session), method, params).await
    }

    /// As [`Self::ask`], of what cannot fail.
    pub(super) async fn call(&self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params).await;
        answer.unwrap_or_else(|error| panic!("{error}; the browser said: {}", self.process.said()))
    }

    /// Goes to an address, and waits until all of it is loaded.
    ///
    /// # Panics
    /// When nobody answers there, or not in time.
    pub async fn open(&self, url: &str) {
        let went = self.call("Page.navigate", json!({ "url": url })).await;
        if let Some(error) = went["errorText"].as_str() {
            panic!("{url}: {error}");
        }
        // Without a loader the document stays, and only its fragment is another.
        if let Some(loader) = went["loaderId"].as_str() {
            let loaded = self.watch.until(PATIENCE, |seen| seen.loaded.contains(loader)).await;
            assert!(loaded, "{url} was not loaded within {PATIENCE:?}; {:?}", self.complaints());
        }
    }

    /// Clicks on what leads to another document (a link, the button of a form), and waits until that is loaded.
    ///
    /// # Panics
    /// As [`Self::click`], and when no document comes.
    pub async fn follow(&self, css: &str) {
        let before = self.watch.look(|seen| seen.loaded.len());
        self.click(css).await;
        let loaded = self.watch.until(PATIENCE, |seen| seen.loaded.len() > before).await;
        assert!(loaded, "{css} led nowhere within {PATIENCE:?}: {}", self.told().await);
    }

    /// Console errors and warnings, failed loads, uncaught exceptions and dialogs, since the page was made.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        self.watch.look(|seen| seen.complaints.clone())
    }

    /// Takes the complaints so far away: those that a test meant to cause.
    pub fn forgive(&self) -> Vec<String> {
        self.watch.forgive()
    }

    /// What a failing test says of the page.
    pub(super) async fn told(&self) -> String {
        let about = "`at ${location.href}: ${document.body?.innerText.slice(0, 2000)}`";
        let text = self.evaluate(about).await.unwrap_or_default();
        format!("{}\ncomplaints: {:?}", text.as_str().unwrap_or_default(), self.complaints())
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let wire = &self.process.wire;
        wire.forget(&self.session);
        wire.tell(None, "Target.closeTarget", json!({ "targetId": self.target }));
    }
}
