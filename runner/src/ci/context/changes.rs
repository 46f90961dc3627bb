//! What was changed, asked of git only where a configuration wants to know.

use super::Project;
use super::project::{commit_of, trouble};
use crate::ci::args::ContextArgs;
use crate::error::CliError;
use ci_yaml::Changed;

/// Where the changed paths come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Changes {
    /// They were given, or nobody can tell.
    Settled(Changed),
    /// Since the files left this commit; the second is its name for people.
    Since(String, String),
}

impl Changes {
    /// As the flags say; nothing where they say nothing.
    pub(super) fn given(args: &ContextArgs, project: &Project) -> Result<Option<Self>, CliError> {
        if args.no_changes || !args.changed.is_empty() {
            let paths = args.changed.iter().map(|path| path.trim_start_matches("./").to_owned());
            return Ok(Some(Self::Settled(Changed::Paths(paths.collect()))));
        }
        let Some(name) = &args.changed_since else { return Ok(None) };
        let Some(repository) = project.repository() else {
            return Err(CliError::usage("--changed-since needs a git repository"));
        };
        Ok(Some(Self::Since(commit_of(repository, name)?, name.clone())))
    }

    /// Of a push: since the branch that this one follows, else since it left the default branch.
    pub(super) fn of_push(project: &Project) -> Result<Self, CliError> {
        let Some(repository) = project.repository().filter(|_| project.commit.is_some()) else {
            return Ok(Self::Settled(Changed::Unknown));
        };
        let branch = project.branch.as_deref().filter(|_| project.is_work_tree());
        let settings = repository.settings().map_err(|error| trouble(&error))?;
        let upstream = branch.and_then(|branch| settings.upstream(branch));
        let default = &project.default_branch;
        let candidates = [
            upstream,
            Some(format!("refs/remotes/origin/{default}")),
            Some(format!("refs/heads/{default}")).filter(|_| branch != Some(default)),
        ];
        let found = candidates.into_iter().flatten().find(|name| repository.has_ref(name));
        // What was committed and never pushed anywhere: nobody can say since when.
        let name = found.unwrap_or_else(|| "HEAD".to_owned());
        let shown = short(&name).to_owned();
        Ok(Self::Since(name, shown))
    }

    /// Of a merge request: since the files left its target.
    pub(super) fn of_merge_request(project: &Project, target: &str) -> Self {
        let places = ["refs/remotes/origin/", "refs/heads/"];
        let known = |name: &String| project.repository().is_some_and(|repository| repository.has_ref(name));
        match places.iter().map(|place| format!("{place}{target}")).find(known) {
            Some(name) if project.commit.is_some() => {
                let shown = short(&name).to_owned();
                Self::Since(name, shown)
            }
            _ => Self::Settled(Changed::Unknown),
        }
    }

    /// The paths. Unknown where the two have nothing in common.
    pub(crate) fn settle(&self, project: &Project) -> Result<Changed, CliError> {
        match self {
            Self::Settled(changed) => Ok(changed.clone()),
            Self::Since(base, _) => {
                let paths = project.changed_since(base).map_err(|error| trouble(&error))?;
                Ok(paths.map_or(Changed::Unknown, |paths| Changed::Paths(paths.into())))
            }
        }
    }
}

fn short(name: &str) -> &str {
    ["refs/heads/", "refs/remotes/", "refs/"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name)
}
