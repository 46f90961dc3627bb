//! What names and patterns of caches and artifacts are expanded with.

use crate::StageError;
use crate::files::FileQuery;
use crate::notice::{self, Level};
use crate::variables::gitlab_env::{self, Environment};
use crate::variables::shell_expand::{ExpandError, expand};
use crate::variables::{JobView, go};
use executor::{Executor, Output, Stream};
use std::borrow::Cow;
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
    /// `GITLAB_ENV` holds a line that no shell would take; the output says so, and the stage fails as its
    /// script would.
    pub(crate) fn of<E: Executor>(
        view: JobView<'_>,
        executor: &E,
        output: &dyn Output,
    ) -> Result<Self, StageError> {
        // What is inherited comes first: a line such as `PATH+=:/opt` adds to it.
        let inherited: Environment = executor.helper_environment().into_iter().collect();
        let mut map = inherited.clone();
        for (key, value) in view.variables.exports() {
            map.insert(key.into(), value.into());
        }
        gitlab_env::apply(view.workspace, &mut map).map_err(|error| {
            output.write(Stream::Stderr, format!("{error}\n").as_bytes());
            StageError::helper()
        })?;
        let own = map.iter().filter(|(key, value)| inherited.get(*key) != Some(*value));
        let list = own.map(|(key, value)| (key.clone(), value.clone())).collect();
        Ok(Self { map, list })
    }

    /// What is added to the environment of commands.
    pub(crate) fn as_slice(&self) -> &[(OsString, OsString)] {
        &self.list
    }

    /// The value of a variable; empty where there is none.
    pub(crate) fn get(&self, name: &str) -> Cow<'_, str> {
        self.map.get(OsStr::new(name)).map_or(Cow::Borrowed(""), |value| value.to_string_lossy())
    }

    /// Expands a text as a shell would inside double quotes.
    pub(crate) fn expand(&self, text: &str) -> Result<String, ExpandError> {
        let lookup = |name: &str| self.map.get(OsStr::new(name)).map(|v| v.to_string_lossy().into_owned());
        expand(text, &lookup)
    }

    /// Expands patterns of files. One that cannot be expanded is named and taken as it stands.
    pub(crate) fn query(
        &self,
        paths: &[String],
        exclude: &[String],
        untracked: bool,
        output: &dyn Output,
    ) -> FileQuery {
        FileQuery { paths: self.patterns(paths, output), exclude: self.patterns(exclude, output), untracked }
    }

    /// As [`Self::query`], for patterns alone.
    pub(crate) fn patterns(&self, patterns: &[String], output: &dyn Output) -> Vec<String> {
        patterns.iter().map(|pattern| self.pattern(pattern, output)).collect()
    }

    fn pattern(&self, pattern: &str, output: &dyn Output) -> String {
        self.expand(pattern).unwrap_or_else(|error| {
            let text = format!("invalid path {}: {error}", go::quote(pattern));
            notice::helper(output, Level::Warning, &text, &[]);
            pattern.to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Idle, Kept};
    use crate::variables::testing::{Resolved, order};

    fn environment(content: &str) -> (Result<HelperEnvironment, StageError>, String) {
        let root = tempfile::tempdir().unwrap();
        let resolved = Resolved::new(order(&[("NAME", "from the job"), ("SHARED", "job's")]), root.path());
        std::fs::create_dir_all(&resolved.workspace.temp_dir).unwrap();
        std::fs::write(resolved.workspace.temp_dir.join("gitlab_runner_env"), content).unwrap();
        let executor = Idle::inheriting(&[("PATH", "/bin"), ("SHARED", "inherited")]);
        let kept = Kept::default();
        (HelperEnvironment::of(resolved.view(), &executor, &kept), kept.text())
    }

    #[test]
    fn the_three_sources_in_their_order() {
        let (environment, _) = environment("PATH+=:/opt\nNAME=from a script\n");
        let environment = environment.unwrap();
        assert_eq!(environment.expand("$PATH ${NAME} $SHARED").unwrap(), "/bin:/opt from a script job's");
        assert_eq!(environment.get("NONE"), "");
        let added = |name: &str| environment.as_slice().iter().any(|(key, _)| key == name);
        assert!(added("PATH") && added("SHARED"));
    }

    #[test]
    fn what_is_inherited_is_not_added_again() {
        let environment = environment("").0.unwrap();
        assert!(environment.as_slice().iter().all(|(key, _)| key != "PATH"));
    }

    #[test]
    fn a_line_that_no_shell_takes_is_said() {
        let (result, said) = environment("A=b\nnot a name\n");
        assert!(matches!(result, Err(StageError::Exit(_))));
        assert!(said.contains("GITLAB_ENV, line 2"), "{said}");
    }

    #[test]
    fn patterns_that_cannot_be_expanded_stay() {
        let environment = environment("").0.unwrap();
        let kept = Kept::default();
        let query = environment.query(&["${NAME:5}".into(), "$(id)".into()], &[], false, &kept);
        assert_eq!(query.paths, ["the job", "$(id)"]);
        assert!(
            kept.text().contains("WARNING: invalid path \"$(id)\": unexpected command"),
            "{}",
            kept.text()
        );
    }
}
