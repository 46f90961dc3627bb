//! Validation: keywords, the shapes of their values, GitLab's messages; makes the typed configuration.

mod report;

pub(crate) use report::Report;
