//! `if`, `changes` and `exists` of one rule (`Gitlab::Ci::Build::Rules::Rule::Clause`).

mod comparisons;
mod error;
mod facts;

pub(crate) use comparisons::How;
pub use error::RuleError;
pub(crate) use facts::Facts;

use crate::config::{ChangesClause, ExistsClause, PathMatch};
use crate::matching::changes::Verdict;
use crate::matching::pattern;
use crate::variables::{Scope, Secrets, Undefined};
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

    pub(crate) fn new(verdict: Verdict, patterns: Vec<Arc<str>>, paths: &[String]) -> Self {
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

/// The variables that a clause sees; nothing where there are none.
type Visible<'a> = Option<&'a Scope<'a>>;

/// `changes` of a rule.
pub(crate) fn changes(
    facts: &Facts<'_>,
    clause: &ChangesClause,
    scope: Visible<'_>,
) -> Result<PathsVerdict, RuleError> {
    let paths = match (&clause.compare_to, &facts.context.changed) {
        (Some(compare_to), _) => facts.changed_since(&expand(scope, compare_to)?)?,
        (None, Changed::Paths(paths)) => paths.clone(),
        (None, Changed::Unknown) => return Ok(PathsVerdict::Unknown),
    };
    if let PathMatch::Regexp(regexp) = &clause.paths {
        return search(facts, regexp, "rules:changes:regexp", scope, &paths);
    }
    let patterns = expand_all(&clause.paths, scope)?;
    let verdict = facts.comparisons.patterns(How::Changes, &patterns, &paths)?;
    Ok(PathsVerdict::new(verdict, patterns, &paths))
}

/// `exists` of a rule in a file of a tree. A file from elsewhere has none, and sees no paths.
pub(crate) fn exists(
    facts: &Facts<'_>,
    clause: &ExistsClause,
    own: Option<&Tree>,
    scope: Visible<'_>,
) -> Result<PathsVerdict, RuleError> {
    if matches!(&clause.paths, PathMatch::Globs(globs) if globs.is_empty()) {
        return Ok(PathsVerdict::None { paths: 0, patterns: Vec::new() });
    }
    let paths = match &clause.project {
        Some(project) => facts.paths(&tree(facts, project, clause.reference.as_deref(), scope)?)?,
        None => own.map_or_else(|| Ok([].into()), |tree| facts.paths(tree))?,
    };
    if let PathMatch::Regexp(regexp) = &clause.paths {
        return search(facts, regexp, "rules:exists:regexp", scope, &paths);
    }
    let patterns = expand_all(&clause.paths, scope)?;
    let verdict = facts.comparisons.patterns(How::Exists, &patterns, &paths)?;
    Ok(PathsVerdict::new(verdict, patterns, &paths))
}

/// The tree of another project.
fn tree(
    facts: &Facts<'_>,
    project: &str,
    reference: Option<&str>,
    scope: Visible<'_>,
) -> Result<Tree, RuleError> {
    let project = expand(scope, project)?;
    let reference = reference.map(|reference| expand(scope, reference)).transpose()?;
    let text = match facts.sources.project(&project, reference.as_deref())? {
        Found::Tree(tree) => return Ok(tree),
        Found::NoProject => format!("rules:exists:project `{project}` not found or access denied"),
        Found::NoRevision => format!(
            "rules:exists:ref `{}` is not a valid ref in project `{project}`",
            reference.unwrap_or_default()
        ),
    };
    Err(refused(scope, &text))
}

/// An error that does not show what variables hide.
fn refused(scope: Visible<'_>, text: &str) -> RuleError {
    RuleError::Refused(scope.map(Secrets::of).unwrap_or_default().mask(text))
}

fn search(
    facts: &Facts<'_>,
    regexp: &str,
    keyword: &str,
    scope: Visible<'_>,
    paths: &Arc<[String]>,
) -> Result<PathsVerdict, RuleError> {
    let expanded = expand(scope, regexp)?;
    if expanded.chars().count() > MAX_REGEXP {
        let text =
            format!("{keyword} is too long (maximum is {MAX_REGEXP} characters after variable expansion)");
        return Err(RuleError::Refused(text));
    }
    let regex = pattern::ruby(&expanded)
        .map_err(|error| refused(scope, &format!("{keyword} is not a valid regular expression: {error}")))?;
    let text: Arc<str> = expanded.into();
    Ok(PathsVerdict::new(facts.comparisons.regexp(&text, &regex, paths)?, vec![text], paths))
}

fn expand_all(paths: &PathMatch, scope: Visible<'_>) -> Result<Vec<Arc<str>>, RuleError> {
    let PathMatch::Globs(globs) = paths else { return Ok(Vec::new()) };
    globs.iter().map(|glob| expand_shared(scope, &glob.value)).collect()
}

fn expand_shared(scope: Visible<'_>, text: &Arc<str>) -> Result<Arc<str>, RuleError> {
    if memchr::memchr2(b'$', b'%', text.as_bytes()).is_none() {
        return Ok(text.clone());
    }
    Ok(expand(scope, text)?.into())
}

/// References to variables that are not defined stay as they are.
fn expand(scope: Visible<'_>, text: &str) -> Result<String, RuleError> {
    match scope {
        Some(scope) => Ok(scope.expand_nested(text, Undefined::Keep)?),
        None => Ok(text.to_owned()),
    }
}
