//! `--template-config`: a section that fills in what flags have not said.

use crate::config::{Draft, load_template};
use crate::context::Context;
use crate::error::CliError;
use std::path::Path;

/// Merges the template's only section into the draft.
pub(super) fn merge(path: &Path, draft: &mut Draft, context: &Context) -> Result<(), CliError> {
    tracing::info!("Merging configuration from template file \"{}\"", path.display());
    let failed = || CliError::usage("Could not handle configuration merging from template file");
    let template = load_template(path, &context.environment)
        .map_err(|error| failed().because(CliError::from(error).one_line()))?;
    for warning in &template.warnings {
        tracing::warn!("{warning}");
    }
    let [section] = template.sections.as_slice() else {
        return Err(failed().because("configuration template must contain exactly one [[runners]] entry"));
    };
    draft.fill_from(section);
    Ok(())
}
