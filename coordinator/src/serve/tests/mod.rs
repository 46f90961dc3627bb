//! Whole coordinators, asked over real connections.

mod access;
mod api;
mod kit;
mod lifetime;
mod pipelines;
mod secrets;
mod tls;
