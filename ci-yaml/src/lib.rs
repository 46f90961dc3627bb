//! Evaluates `.gitlab-ci.yml` as GitLab does, without a GitLab.
//!
//! Text goes in; the expanded configuration, the jobs of one pipeline, or diagnostics come out. Each phase is a
//! pure function from one type to the next, so that a half-resolved job cannot be mistaken for a whole one:
//!
//! | Phase | Module | Makes |
//! |---|---|---|
//! | read | [`yaml`] | a [`Node`] tree of YAML 1.1, each node with its place |
//! | fill in | [`inputs`] | the same, with `$[[ inputs.x ]]` replaced |
//! | include | [`mod@include`] | [`include::Included`]: one map out of all files |
//! | extend | [`extend`] | [`extend::Extended`]: `extends` and `!reference` resolved |
//! | validate | [`entry`] | [`config::Config`]: typed, defaults applied |
//! | normalise | [`normalize`] | the same with parallel jobs expanded, and checked as a whole |
//! | evaluate | [`evaluate`] | [`pipeline::Pipeline`] for one [`Context`] |
//!
//! Files, git data and remote includes come through [`Sources`]. Nothing here reads a file, a clock or the
//! environment.

mod check;
mod clause;
pub mod config;
mod context;
mod diagnostic;
pub mod entry;
pub mod evaluate;
pub mod expression;
pub mod extend;
mod failure;
pub mod faults;
pub mod include;
pub mod inputs;
pub mod lint;
pub mod matching;
mod memory;
mod nearby;
mod node;
pub mod normalize;
pub mod pipeline;
pub mod plan;
mod source;
mod span;
pub mod variables;
pub mod yaml;

pub use check::{Checked, check};
pub use context::{
    Changed, Commit, Context, GivenVariable, MergeRequest, MergeRequestEvent, Parent, Project, Ref,
    SettingVariable, Source, User,
};
pub use diagnostic::{Diagnostic, Kind, Label, Severity};
pub use failure::FAILURE_REASONS;
pub use memory::MemorySources;
pub use node::{Entry, Key, Map, Node, Reference, Value};
pub use source::{Component, ComponentAddress, ComponentFacts, FileIssue, Found, SourceError, Sources, Tree};
pub use span::{FileId, Position, SourceFile, SourceMap, Span, Spanned};
