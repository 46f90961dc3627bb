//! Whether the rules of an include let it in (`External::Rules`).

use super::place::{Place, Variables};
use crate::config::{ChangesClause, ExistsClause, PathMatch, Rule, When};
use crate::matching::{changes, exists, pattern};
use crate::{Changed, Context, Diagnostic, Found, Kind, Sources, Span, Spanned};
use std::sync::Arc;

/// The most characters of a `regexp` once its variables are replaced.
const LONGEST_REGEXP: usize = 255;

/// What the rules say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is included.
    In,
    /// It is not: for this rule, or because none holds.
    Out(Option<Span>),
}

/// What rules look at.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) context: &'a Context,
    pub(super) sources: &'a dyn Sources,
    pub(super) place: &'a Place,
    pub(super) variables: Variables<'a>,
}

/// Finds the first rule that holds.
///
/// # Errors
/// Where a clause cannot be evaluated.
pub(super) fn decide(rules: &[Rule], facts: Facts<'_>) -> Result<Decision, Diagnostic> {
    for rule in rules {
        if facts.holds(rule)? {
            let left_out = rule.when.as_ref().is_some_and(|when| when.value == When::Never);
            return Ok(if left_out { Decision::Out(Some(rule.span)) } else { Decision::In });
        }
    }
    Ok(Decision::Out(None))
}

impl Facts<'_> {
    fn holds(&self, rule: &Rule) -> Result<bool, Diagnostic> {
        let by_condition =
            rule.condition.as_ref().is_none_or(|condition| condition.value.evaluate(&self.variables));
        Ok(by_condition
            && rule.changes.as_ref().map_or(Ok(true), |clause| self.changed(clause))?
            && rule.exists.as_ref().map_or(Ok(true), |clause| self.exist(clause))?)
    }

    fn changed(&self, clause: &Spanned<ChangesClause>) -> Result<bool, Diagnostic> {
        let paths = match (&clause.value.compare_to, &self.context.changed) {
            (None, Changed::Unknown) => return Ok(true),
            (None, Changed::Paths(paths)) => paths.clone(),
            (Some(name), _) => self.changed_since(name, clause.span)?,
        };
        self.matches(&clause.value.paths, &paths, "changes", clause.span)
    }

    fn changed_since(&self, name: &str, span: Span) -> Result<Arc<[String]>, Diagnostic> {
        let name = self.expand(name, span)?;
        let found = self.sources.changed_since(&self.context.tree, &name);
        let found = found.map_err(|error| super::failure::of_source(&error, "what changed").at(span))?;
        found.ok_or_else(|| {
            fault("rules:changes:compare_to is not a valid ref").at(span).note(format!("`{name}`"))
        })
    }

    fn exist(&self, clause: &Spanned<ExistsClause>) -> Result<bool, Diagnostic> {
        let tree = match &clause.value.project {
            None => self.place.tree.clone(),
            Some(project) => {
                let project = self.expand(project, clause.span)?;
                let reference = clause.value.reference.as_deref();
                let reference = reference.map(|name| self.expand(name, clause.span)).transpose()?;
                Some(self.tree_of(&project, reference.as_deref(), clause.span)?)
            }
        };
        let paths = match tree {
            None => [].into(),
            Some(tree) => self.sources.paths(&tree).map_err(|error| {
                super::failure::of_source(&error, "the files of the project").at(clause.span)
            })?,
        };
        self.matches(&clause.value.paths, &paths, "exists", clause.span)
    }

    fn tree_of(&self, project: &str, reference: Option<&str>, span: Span) -> Result<crate::Tree, Diagnostic> {
        let found = self.sources.project(project, reference);
        let found = found.map_err(|error| super::failure::of_source(&error, project).at(span))?;
        Err(match found {
            Found::Tree(tree) => return Ok(tree),
            Found::NoProject => {
                fault(&format!("rules:exists:project `{project}` not found or access denied")).at(span)
            }
            Found::NoRevision => {
                let reference = reference.unwrap_or("HEAD");
                fault(&format!("rules:exists:ref `{reference}` is not a valid ref in project `{project}`"))
                    .at(span)
            }
        })
    }

    fn matches(
        &self,
        wanted: &PathMatch,
        paths: &[String],
        clause: &str,
        span: Span,
    ) -> Result<bool, Diagnostic> {
        match wanted {
            PathMatch::Globs(globs) => {
                let globs: Vec<String> =
                    globs.iter().map(|glob| self.expand(&glob.value, glob.span)).collect::<Result<_, _>>()?;
                Ok(match clause {
                    "changes" => changes::matches(&globs, paths),
                    _ => exists::matches(&globs, paths),
                }
                .holds())
            }
            PathMatch::Regexp(body) => {
                let body = self.expand(body, span)?;
                if body.chars().count() > LONGEST_REGEXP {
                    let text = format!(
                        "rules:{clause}:regexp is too long (maximum is {LONGEST_REGEXP} characters after variable \
                         expansion)"
                    );
                    return Err(fault(&text).at(span));
                }
                let regex = pattern::ruby(&body).map_err(|error| {
                    fault(&format!("rules:{clause}:regexp is not valid: {error}")).ours().at(span)
                })?;
                Ok(changes::regexp(&regex, paths).holds())
            }
        }
    }

    fn expand(&self, text: &str, span: Span) -> Result<String, Diagnostic> {
        self.variables.expand_pattern(text).map_err(|error| fault(&error.to_string()).ours().at(span))
    }
}

fn fault(text: &str) -> Diagnostic {
    Diagnostic::error(Kind::Include, "include-rule", format!("include:{text}"))
}
