//! A real browser without a window: Chromium, spoken to over a pipe in the DevTools protocol.
//!
//! ```no_run
//! # use kit::browser::Browser;
//! # async fn test() {
//! let Some(browser) = Browser::start().await else { return };
//! let page = browser.page().await;
//! page.open("http://127.0.0.1:1234/").await;
//! page.fill("#login", "root").await;
//! page.follow("form button").await;
//! page.wait_for("document.querySelector('h1')?.innerText === 'Projects'").await;
//! assert_eq!(page.complaints(), Vec::<String>::new());
//! # }
//! ```
//!
//! Tests that run at once share one process; each [`Browser`] has cookies and storage of its own. The process ends
//! with the last of them, and by itself where the test's process is killed.

mod accessibility;
mod complaints;
mod evaluate;
mod input;
mod keys;
mod look;
mod page;
mod process;
mod seen;
mod wire;

pub use accessibility::Control;
pub use page::Page;

use process::Process;
use serde_json::json;
use std::sync::Arc;

/// Set to anything, it makes a missing browser a failure instead of a reason to skip a test.
const NEED: &str = "RUNNER_TESTS_NEED_BROWSER";

/// Cookies, storage and pages of one user of a browser.
#[derive(Debug)]
pub struct Browser {
    process: Arc<Process>,
    context: String,
}

impl Browser {
    /// Starts one, or joins the one that runs. Nothing, and said so, where the machine has none.
    ///
    /// # Panics
    /// Where there has to be one, and when it does not start.
    pub async fn start() -> Option<Self> {
        let Some(process) = Process::shared() else {
            let reason = "there is no Chromium (RUNNER_TESTS_BROWSER may name one)";
            assert!(std::env::var_os(NEED).is_none(), "{NEED} is set, but: {reason}");
            eprintln!("skipped: {reason}");
            return None;
        };
        let made = process.wire.call(None, "Target.createBrowserContext", json!({})).await;
        let made = made.unwrap_or_else(|error| panic!("the browser: {error}\n{}", process.said()));
        let context = made["browserContextId"].as_str().expect("a context").to_owned();
        Some(Self { process, context })
    }

    /// A new page: empty, 1280 x 800, light.
    ///
    /// # Panics
    /// When the browser does not make one.
    pub async fn page(&self) -> Page {
        Page::new(&self.process, &self.context).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let context = json!({ "browserContextId": self.context });
        self.process.wire.tell(None, "Target.disposeBrowserContext", context);
    }
}
