//! The kernel as its callers see it.

mod bridges;
mod jobs;
mod leases;
mod pipelines;
mod random;
mod restart;
mod runners;
mod scale;
mod settings;
