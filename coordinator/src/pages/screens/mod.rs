//! One module a page: data in, markup out.

pub(crate) mod account;
pub(crate) mod artifacts;
pub(crate) mod audit;
pub(crate) mod editor;
pub(crate) mod environment;
pub(crate) mod environments;
pub(crate) mod errors;
pub(crate) mod job;
pub(crate) mod jobs;
pub(crate) mod pipeline;
pub(crate) mod pipelines;
pub(crate) mod project;
pub(crate) mod projects;
pub(crate) mod registration;
pub(crate) mod run_form;
pub(crate) mod runner_form;
pub(crate) mod runner_token;
pub(crate) mod runners;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod tests;
pub(crate) mod variables;
