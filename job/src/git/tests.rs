//! Getting sources with the real git.

mod kit;
mod local;
mod remote;
mod safety;
mod speed;
mod submodule;
