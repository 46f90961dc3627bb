//! What names and patterns of caches and artifacts are expanded with.

use crate::StageError;
use crate::files::FileQuery;
use crate::notice::{self, Level};
use crate::variables::JobView;
use crate::variables::gitlab_env::{self, Environment};
use executor::{Executor, Output};
use std::ffi::{OsStr, OsString};

/// The environment that gitlab-runner's helper commands would have: what the executor's place has, the job's
/// variables, and what scripts left in `GITLAB_ENV`. Git runs with it, too.
pub(crate) struct HelperEnvironment {
    map: Environment,
    list: Vec<(OsString, OsString)>,
}

impl HelperEnvironment {
    /// The environment as it is now.
    ///
    /// # Errors
    /// `GITLAB_ENV` holds a line that no shell would take; the stage fails as its script would.
    pub(crate) fn of<E: Executor>(view: JobView<'_>, executor: &E) -> Result<Self, StageError> {
        let mut map = Environment::new();
        for (key, value) in view.variables.exports() {
            map.insert(key.into(), value.into());
        }
        gitlab_env::apply(view.workspace, &mut map).map_err(|_| StageError::helper())?;
        let list = map.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        for (key, value) in executor.helper_environment() {
            map.entry(key).or_insert(value);
        }
        Ok(Self { map, list })
    }

    /// What is added to the environment of commands.
    pub(crate) fn as_slice(&self) -> &[(OsString, OsString)] {
        &self.list
    }

    /// Expands a text as a shell would inside double quotes.
    pub(crate) fn expand(&self, text: &str) -> Result<String, String> {
        let lookup = |name: &str| self.map.get(OsStr::new(name)).map(|v| v.to_string_lossy().into_owned());
        Ok(crate::variables::expand::expand(text, |name| lookup(name).unwrap_or_default()).into_owned())
    }

    /// Expands patterns of files. One that cannot be expanded is named and taken as it stands.
    pub(crate) fn query(
        &self,
        paths: &[String],
        exclude: &[String],
        untracked: bool,
        output: &dyn Output,
    ) -> FileQuery {
        let all = |patterns: &[String]| {
            patterns.iter().map(|pattern| self.expand_pattern(pattern, output)).collect()
        };
        FileQuery { paths: all(paths), exclude: all(exclude), untracked }
    }

    fn expand_pattern(&self, pattern: &str, output: &dyn Output) -> String {
        self.expand(pattern).unwrap_or_else(|error| {
            let text = format!("invalid path {pattern:?}: {error}");
            notice::helper(output, Level::Warning, &text, &[]);
            pattern.to_owned()
        })
    }
}
