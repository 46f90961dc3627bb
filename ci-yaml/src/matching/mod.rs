//! Patterns of all kinds, as GitLab's server takes them: globs, regular expressions, durations, and the clauses that
//! are made of them.

pub mod changes;
pub mod duration;
pub mod exists;
pub mod glob;
pub mod pattern;
pub mod slug;
