//! The coordinator's pages in a real browser: what they do by themselves, what their buttons and forms do, how they look
//! everywhere, and what they make of what wants to be markup.

mod forms;
mod hostile;
mod live;
mod long_log;
mod looks;
mod site;
mod waiting;
