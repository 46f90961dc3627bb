//! Pages over HTTP, with made-up data.
#![allow(clippy::unwrap_used, reason = "tests may")]

#[path = "pages/account.rs"]
mod account;
#[path = "pages/client.rs"]
mod client;
#[path = "pages/forms.rs"]
mod forms;
#[path = "pages/hostile.rs"]
mod hostile;
#[path = "pages/log.rs"]
mod log;
#[path = "pages/looks.rs"]
mod looks;
#[path = "../examples/pages/made_up/mod.rs"]
#[allow(dead_code, reason = "the example has use for more of it")]
mod made_up;
#[path = "pages/whole.rs"]
mod whole;
