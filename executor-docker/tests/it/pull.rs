//! Images from registries, by a real engine.

mod image;
mod policies;
mod real;
mod requests;
mod scripted;
mod server;
mod site;
mod turns;
