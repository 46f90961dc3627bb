//! `include`: one configuration out of all files (`Gitlab::Ci::Config::External`).
//!
//! For each file in turn: read it, fill in its inputs, and do the same for all that it includes. What is included is
//! merged in the order written, the including file last and over all of it.

mod failure;
mod fetch;
mod header;
mod ignored;
mod integrity;
mod level;
mod loader;
mod location;
mod main_file;
mod merge;
mod place;
mod record;
mod rules;
mod suggest;
#[cfg(test)]
mod tests;
mod weight;
mod wildcard;

pub use loader::{MOST_BYTES, MOST_INCLUDES, MOST_MEMORY};
pub use merge::merge;
pub(crate) use merge::merge_into;
pub use record::{IncludeKind, IncludeOutcome, IncludeRecord};

use crate::variables::Builder;
use crate::yaml::{Limits, Note};
use crate::{Context, Diagnostic, Map, SourceMap, Sources};
use std::sync::Arc;

/// Where the main file comes from.
#[derive(Clone, Debug)]
pub enum Main {
    /// The path of the project's settings ([`crate::Project::config_path`]) in the context's tree. It may name a file of
    /// another project (`path@group/project[:ref]`) or on the web as well.
    Path,
    /// This text.
    Text {
        /// What to call it in messages.
        name: String,
        /// What it says.
        text: Arc<str>,
    },
}

/// A configuration whose files are all read: one map.
#[derive(Clone, Debug)]
pub struct Included {
    /// It has no `include` any more.
    pub root: Arc<Map>,
}

/// What reading came to.
#[derive(Clone, Debug)]
pub struct Loading {
    /// All files that were read, the main one first.
    pub files: SourceMap,
    /// What the reader of YAML noticed.
    pub notes: Vec<Note>,
    /// What became of each include.
    pub includes: Vec<IncludeRecord>,
    /// Warnings of ours: what GitLab ignores in silence.
    pub warnings: Vec<Diagnostic>,
    /// The configuration, or what is wrong, the error first that GitLab shows.
    pub result: Result<Included, Vec<Diagnostic>>,
}

/// Reads the main file and all that it includes in this context.
pub fn load(context: &Context, main: Main, sources: &dyn Sources, limits: &Limits) -> Loading {
    let builder = Builder::new(context);
    let variables = builder.for_include();
    let mut loader = loader::Loader::new(context, sources, limits, &variables);
    let result = loader.main(main);
    loader.finish(result)
}
