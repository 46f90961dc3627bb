//! Whole coordinators, asked over real connections.

mod access;
mod api;
#[cfg(feature = "fuzzing")]
mod hostile;
mod kit;
mod lifetime;
mod lists;
mod pipelines;
#[cfg(feature = "fuzzing")]
mod routes;
mod secrets;
mod tls;
