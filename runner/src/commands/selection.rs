//! Which sections a command is about.

use crate::config::{Loaded, RunnerSection, SectionId, load};
use crate::context::Context;
use crate::error::CliError;
use std::path::Path;

/// Reads the file. Its `log_level` and `log_format` are for the service: a list is of no use below `info`.
pub(super) fn loaded(path: &Path, context: &Context) -> Result<Loaded, CliError> {
    let loaded = load(path, &context.environment)?;
    context.log.hide_tokens(&loaded.config);
    Ok(loaded)
}

/// How edits of the file find a section again.
pub(super) fn id_of(section: &RunnerSection) -> SectionId {
    SectionId { name: section.name.clone(), token: section.token.clone() }
}

/// What to say when nothing has that name.
pub(super) fn nothing_named(name: &str, sections: &[RunnerSection]) -> CliError {
    let mut error = CliError::usage(format!("could not find a runner with the name '{name}'"));
    let names = sections.iter().map(|section| section.name.as_str()).filter(|name| !name.is_empty());
    if let Some(hint) = crate::config::nearest(name, names) {
        error = error.hint(hint);
    }
    error
}
