//! `if`, `changes` and `exists` of one rule (`Gitlab::Ci::Build::Rules::Rule::Clause`).

use super::comparisons::How;
use super::error::RuleError;
use super::world::World;
use crate::config::{ChangesClause, ExistsClause, PathMatch};
use crate::matching::changes::Verdict;
use crate::matching::pattern;
use crate::variables::{Scope, Undefined};
use crate::{Changed, Found, Tree};
use std::sync::Arc;

/// How long a `regexp` may be, before and after its variables are expanded, in characters.
const MAX_REGEXP: usize = 255;

/// What a clause about paths came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathsVerdict {
    /// Nobody knows what changed, so `changes` holds.
    Unknown,
    /// A pattern, after expansion, matches a path.
    Match {
        /// The pattern.
        pattern: Arc<str>,
        /// The path; the first one below, if the pattern is a directory.
        path: String,
    },
    /// There are too many paths and patterns to compare; GitLab takes the clause for true then.
    TooMuch,
    /// No pattern matches any of so many paths.
    None {
        /// How many paths there are.
        paths: usize,
        /// The patterns, after expansion.
        patterns: Vec<Arc<str>>,
    },
}

impl PathsVerdict {
    /// Whether the clause holds.
    pub fn holds(&self) -> bool {
        !matches!(self, Self::None { .. })
    }

    pub(super) fn new(verdict: Verdict, patterns: Vec<Arc<str>>, paths: &[String]) -> Self {
        match verdict {
            Verdict::Match { pattern, path } => Self::Match {
                pattern: patterns.get(pattern).cloned().unwrap_or_default(),
                path: paths.get(path).cloned().unwrap_or_default(),
            },
            Verdict::TooMuch => Self::TooMuch,
            Verdict::None => Self::None { paths: paths.len(), patterns },
        }
    }
}

/// `changes` of a rule.
pub(super) fn changes(
    world: &World<'_>,
    clause: &ChangesClause,
    scope: &Scope<'_>,
) -> Result<PathsVerdict, RuleError> {
    let paths = match (&clause.compare_to, &world.context.changed) {
        (Some(compare_to), _) => world.changed_since(&expand(scope, compare_to)?)?,
        (None, Changed::Paths(paths)) => paths.clone(),
        (None, Changed::Unknown) => return Ok(PathsVerdict::Unknown),
    };
    if let PathMatch::Regexp(regexp) = &clause.paths {
        return search(world, regexp, "rules:changes:regexp", scope, &paths);
    }
    let patterns = expand_all(&clause.paths, scope)?;
    let verdict = world.comparisons.patterns(How::Changes, &patterns, &paths)?;
    Ok(PathsVerdict::new(verdict, patterns, &paths))
}

/// `exists` of a rule.
pub(super) fn exists(
    world: &World<'_>,
    clause: &ExistsClause,
    scope: &Scope<'_>,
) -> Result<PathsVerdict, RuleError> {
    if matches!(&clause.paths, PathMatch::Globs(globs) if globs.is_empty()) {
        return Ok(PathsVerdict::None { paths: 0, patterns: Vec::new() });
    }
    let paths = world.paths(&tree(world, clause, scope)?)?;
    if let PathMatch::Regexp(regexp) = &clause.paths {
        return search(world, regexp, "rules:exists:regexp", scope, &paths);
    }
    let patterns = expand_all(&clause.paths, scope)?;
    let verdict = world.comparisons.patterns(How::Exists, &patterns, &paths)?;
    Ok(PathsVerdict::new(verdict, patterns, &paths))
}

/// The tree that `exists` looks at: that of the pipeline, or of another project.
fn tree(world: &World<'_>, clause: &ExistsClause, scope: &Scope<'_>) -> Result<Tree, RuleError> {
    let Some(project) = &clause.project else { return Ok(world.context.tree.clone()) };
    let project = expand(scope, project)?;
    let reference = clause.reference.as_deref().map(|reference| expand(scope, reference)).transpose()?;
    match (world.sources.project(&project, reference.as_deref())?, reference) {
        (Found::Tree(tree), _) => Ok(tree),
        (Found::NoProject, _) => {
            Err(RuleError::Refused(format!("rules:exists:project `{project}` not found or access denied")))
        }
        (Found::NoRevision, reference) => Err(RuleError::Refused(format!(
            "rules:exists:ref `{}` is not a valid ref in project `{project}`",
            reference.unwrap_or_default()
        ))),
    }
}

fn search(
    world: &World<'_>,
    regexp: &str,
    keyword: &str,
    scope: &Scope<'_>,
    paths: &[String],
) -> Result<PathsVerdict, RuleError> {
    let expanded = expand(scope, regexp)?;
    if expanded.chars().count() > MAX_REGEXP {
        let text =
            format!("{keyword} is too long (maximum is {MAX_REGEXP} characters after variable expansion)");
        return Err(RuleError::Refused(text));
    }
    let regex = pattern::ruby(&expanded).map_err(|error| {
        RuleError::Refused(format!("{keyword} is not a valid regular expression: {error}"))
    })?;
    Ok(PathsVerdict::new(world.comparisons.regexp(&regex, paths)?, vec![expanded.into()], paths))
}

fn expand_all(paths: &PathMatch, scope: &Scope<'_>) -> Result<Vec<Arc<str>>, RuleError> {
    let PathMatch::Globs(globs) = paths else { return Ok(Vec::new()) };
    globs.iter().map(|glob| expand_shared(scope, &glob.value)).collect()
}

fn expand_shared(scope: &Scope<'_>, text: &Arc<str>) -> Result<Arc<str>, RuleError> {
    if memchr::memchr2(b'$', b'%', text.as_bytes()).is_none() {
        return Ok(text.clone());
    }
    Ok(expand(scope, text)?.into())
}

/// References to variables that are not defined stay as they are.
fn expand(scope: &Scope<'_>, text: &str) -> Result<String, RuleError> {
    Ok(scope.expand_nested(text, Undefined::Keep)?)
}
