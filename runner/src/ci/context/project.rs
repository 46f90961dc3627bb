//! The project, its repository, and what git knows of both.

use super::pairs;
use crate::ci::args::{ContextArgs, PlaceArgs, SourceArgs};
use crate::ci::sources::{Cache, DiskSources, Own, Place, Projects, WORK_TREE, Web};
use crate::environment::Environment;
use crate::error::CliError;
use ci_yaml::Tree;
use client::Proxies;
use gitread::remote::Origin;
use gitread::{CommitFacts, GitError, Head, Repository};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// Hosts of repositories that are no GitLabs.
const NO_GITLAB: &[&str] = &["github.com", "bitbucket.org", "codeberg.org"];

/// A project and the files of it that are evaluated.
#[derive(Debug)]
pub(crate) struct Project {
    place: Rc<Place>,
    /// The work tree, or a commit.
    revision: Arc<str>,
    /// Path and GitLab.
    pub(super) origin: Origin,
    pub(super) default_branch: String,
    pub(super) branch: Option<String>,
    pub(super) commit: Option<CommitFacts>,
}

/// Git's failure as the command's.
pub(super) fn trouble(error: &GitError) -> CliError {
    let result = CliError::operation(error.to_string());
    match error.hint() {
        Some(hint) => result.hint(hint),
        None => {
            result.hint("name a folder that is no repository with --repo, or give what is not known by flags")
        }
    }
}

impl Project {
    /// Finds the project: the folder given, or the repository that `current` is in, or `current`.
    pub(crate) fn open(place: &PlaceArgs, context: &ContextArgs, current: &Path) -> Result<Self, CliError> {
        let root = match &place.repo {
            Some(root) => current.join(root),
            None => Repository::discover(current)
                .map_or_else(|| current.to_owned(), |found| found.root().to_owned()),
        };
        let opened = Place::open(&root).map_err(|error| {
            CliError::usage(format!("cannot use {} as a project", root.display()))
                .caused_by(&error)
                .hint("--repo names the folder of a project")
        })?;
        Self::of(Rc::new(opened), place.revision.as_deref(), context)
    }

    /// The same project at another revision.
    pub(crate) fn at(&self, revision: Option<&str>, context: &ContextArgs) -> Result<Self, CliError> {
        Self::of(self.place.clone(), revision, context)
    }

    fn of(place: Rc<Place>, revision: Option<&str>, context: &ContextArgs) -> Result<Self, CliError> {
        let repository = place.repository();
        let revision: Arc<str> = match (revision, repository) {
            (None, _) => WORK_TREE.into(),
            (Some(name), Some(repository)) => commit_of(repository, name)?.into(),
            (Some(name), None) => {
                let root = place.root().display();
                return Err(CliError::usage(format!(
                    "there is no revision `{name}`: {root} is no git repository"
                )));
            }
        };
        if let Some(repository) = repository.filter(|_| asks_origin(context)) {
            repository.ask_for_settings().map_err(|error| trouble(&error))?;
        }
        let mut branch = None;
        let mut detached = false;
        if let Some(repository) = repository {
            match repository.head().map_err(|error| trouble(&error))? {
                Head::Branch(name) => branch = Some(name),
                Head::Detached(_) => detached = true,
            }
        }
        // A repository that comes from nowhere, without `main` and `master`, has called its first branch otherwise.
        let own = |repository: &Repository| {
            let from_nowhere = repository.settings().is_ok_and(|settings| settings.origin.is_none());
            branch.clone().filter(|_| from_nowhere)
        };
        let known = || repository.and_then(|here| here.default_branch().or_else(|| own(here)));
        let default_branch =
            context.default_branch.clone().or_else(known).unwrap_or_else(|| "main".to_owned());
        let settled = context.message.is_some() && context.sha.is_some();
        let tags = detached || context.tag || context.event.contains(&crate::ci::args::Event::Tag);
        let commit = match repository {
            Some(repository) if !settled => {
                let name = if &*revision == WORK_TREE { "HEAD" } else { &revision };
                repository
                    .commit(name, tags && context.reference.is_none())
                    .map_err(|error| trouble(&error))?
            }
            _ => None,
        };
        let origin = origin(repository, context)?;
        Ok(Self { revision, origin, default_branch, branch, commit, place: place.clone() })
    }

    /// Its root.
    pub(crate) fn root(&self) -> &Path {
        self.place.root()
    }

    /// Its repository, if it has one.
    pub(crate) fn repository(&self) -> Option<&Repository> {
        self.place.repository()
    }

    /// Whether the files are those on disk.
    pub(crate) fn is_work_tree(&self) -> bool {
        &*self.revision == WORK_TREE
    }

    /// The files that are evaluated.
    pub(crate) fn tree(&self) -> Tree {
        Tree { project: self.origin.project.as_str().into(), revision: self.revision.clone() }
    }

    /// Paths that differ between the files and where they left a commit or branch.
    pub(super) fn changed_since(&self, base: &str) -> Result<Option<Vec<String>>, GitError> {
        let Some(repository) = self.repository() else { return Ok(None) };
        match self.is_work_tree() {
            true => repository.changed_in_work_tree(base),
            false => repository.changed_in(&self.revision, base),
        }
    }

    /// Where its files and those of others come from.
    pub(crate) fn sources(
        &self,
        args: &SourceArgs,
        environment: &Environment,
    ) -> Result<DiskSources, CliError> {
        let own = Own {
            project: self.origin.project.clone(),
            place: self.place.clone(),
            tree: self.tree(),
            reference: String::new(),
            default_branch: self.default_branch.clone(),
        };
        let projects = Projects::new(pairs::clones(&args.project_dir)?, args.projects_root.clone());
        let templates = match &args.templates {
            Some(folder) => Some(folder.canonicalize().map_err(|error| {
                CliError::usage(format!("cannot use {} as a folder of templates", folder.display()))
                    .caused_by(&error)
            })?),
            None => None,
        };
        let proxies = Proxies::from_env(|name| environment.get(name).map(str::to_owned));
        let web = Web::new(cache_folder(args, environment).map(Cache::new), args.offline, proxies);
        Ok(DiskSources::new(own, projects, templates, web))
    }
}

/// The commit that somebody named on the command line.
pub(super) fn commit_of(repository: &Repository, name: &str) -> Result<String, CliError> {
    let found = repository.resolve_typed(name).map_err(|error| trouble(&error))?;
    found.ok_or_else(|| {
        CliError::usage(format!("there is no commit, branch or tag `{name}` here"))
            .hint("`git fetch` brings what only the server has; a branch of it is origin/NAME then")
    })
}

/// Whether flags leave open which project it is, and of which GitLab.
fn asks_origin(context: &ContextArgs) -> bool {
    context.project.is_none() || context.server.is_none()
}

fn origin(repository: Option<&Repository>, context: &ContextArgs) -> Result<Origin, CliError> {
    let mut origin = Origin { server: "https://gitlab.com".to_owned(), project: "g/p".to_owned() };
    if let Some(repository) = repository.filter(|_| asks_origin(context)) {
        let settings = repository.settings().map_err(|error| trouble(&error))?;
        if let Some(found) = &settings.origin {
            origin.project.clone_from(&found.project);
            if !NO_GITLAB.iter().any(|host| found.server.ends_with(&format!("//{host}"))) {
                origin.server.clone_from(&found.server);
            }
        }
    }
    if let Some(given) = &context.project {
        let project = given.trim_matches('/');
        if project.is_empty() || project.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(CliError::usage(format!("--project wants GROUP/NAME, not `{given}`")));
        }
        project.clone_into(&mut origin.project);
    }
    if let Some(server) = &context.server {
        let server = server.trim_end_matches('/');
        if !server.starts_with("http://") && !server.starts_with("https://") {
            return Err(CliError::usage(format!("--server wants an http or https address, not `{server}`")));
        }
        server.clone_into(&mut origin.server);
    }
    Ok(origin)
}

fn cache_folder(args: &SourceArgs, environment: &Environment) -> Option<PathBuf> {
    if let Some(folder) = &args.cache_dir {
        return Some(folder.clone());
    }
    let absolute = |text: &str| Some(PathBuf::from(text)).filter(|path| path.is_absolute());
    let caches = environment.non_empty("XDG_CACHE_HOME").and_then(absolute);
    Some(caches.or_else(|| environment.home().map(|home| home.join(".cache")))?.join("runner/ci"))
}
