//! Pages over HTTP, with made-up data.

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
mod made_up;
