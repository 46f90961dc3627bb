//! Whole coordinators, asked over real connections.

mod access;
mod api;
mod artifacts;
mod confined;
mod hostile;
mod kit;
mod lifetime;
mod lists;
mod pipelines;
mod routes;
mod secrets;
mod tls;
