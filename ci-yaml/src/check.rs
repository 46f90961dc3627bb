//! All phases up to a checked configuration, one after another.

use crate::config::Config;
use crate::extend::Extended;
use crate::include::{self, IncludeRecord, Included, Loading, Main};
use crate::{Context, Diagnostic, Map, SourceMap, Sources, entry, extend, normalize, yaml};
use std::sync::Arc;

/// A configuration that was read, resolved and validated; or as far as it got.
#[derive(Clone, Debug)]
pub struct Checked {
    /// All files that were read, the main one first.
    pub files: SourceMap,
    /// What was included, what was not, and why.
    pub includes: Vec<IncludeRecord>,
    /// What the reader of YAML noticed.
    pub notes: Vec<yaml::Note>,
    /// Errors and GitLab's warnings, the error that GitLab shows first at the front.
    pub diagnostics: Vec<Diagnostic>,
    /// One map out of all files, with `extends` and `!reference` resolved; nothing where that failed.
    pub expanded: Option<Arc<Map>>,
    /// The typed configuration with parallel jobs expanded. There are jobs missing in it where there are errors.
    pub config: Option<Config>,
}

impl Checked {
    /// Whether GitLab would accept it.
    pub fn is_valid(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// The configuration, if GitLab would accept it.
    pub fn valid_config(&self) -> Option<&Config> {
        self.config.as_ref().filter(|_| self.is_valid())
    }
}

/// Reads and checks a configuration. The context decides which files are included.
///
/// What GitLab would only tell of after an earlier error is mended is found as well where it does not depend on that
/// error, and marked as [`Diagnostic::later`].
pub fn check(context: &Context, main: Main, sources: &dyn Sources, limits: &yaml::Limits) -> Checked {
    let Loading { files, notes, includes, warnings, result } = include::load(context, main, sources, limits);
    let mut checked = Checked { files, includes, notes, diagnostics: warnings, expanded: None, config: None };
    match result {
        Ok(included) => resolve(&included, &mut checked),
        Err(diagnostics) => checked.diagnostics.extend(diagnostics),
    }
    checked
}

fn resolve(included: &Included, checked: &mut Checked) {
    match extend::resolve(included) {
        Ok(Extended { root }) => {
            validate(&root, checked);
            checked.expanded = Some(root);
        }
        Err(diagnostics) => checked.diagnostics.extend(diagnostics),
    }
}

fn validate(root: &Map, checked: &mut Checked) {
    let entry::Validated { config, mut diagnostics } = entry::validate(root);
    let refused = diagnostics.iter().any(Diagnostic::is_error);
    let normalized = normalize::into_normalized(config);
    diagnostics.extend(
        normalized.diagnostics.into_iter().map(|found| Diagnostic { later: found.later || refused, ..found }),
    );
    checked.diagnostics.extend(diagnostics);
    checked.config = Some(normalized.config);
}
