//! `runner coordinator`: what it holds when nothing happens, how fast it hands jobs out, takes traces and shows pages,
//! and how soon a push is a job that runs.

mod crowd;
mod handout;
mod http;
mod idle;
mod log;
mod page;
mod push;
mod server;
mod trace;

pub(super) use handout::many as handout;
pub(super) use idle::at_rest as idle;
pub(super) use log::in_browser as log;
pub(super) use page::of_pipeline as page;
pub(super) use push::first_line as push;
pub(super) use trace::intake as trace;
