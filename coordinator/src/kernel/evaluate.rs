//! Configurations, evaluated in a thread that may wait.

use super::ports::FindProject;
use super::{Files, NewPipeline, Repositories};
use crate::error::{KernelError, RepositoryError};
use crate::model::{Project, User, Variable};
use crate::store::kept;
use ci_yaml::evaluate::{Early, early, evaluate};
use ci_yaml::include::Main;
use ci_yaml::pipeline::Outcome;
use ci_yaml::yaml::Limits;
use ci_yaml::{
    Changed, Component, ComponentAddress, Context, Diagnostic, FileIssue, Found, SettingVariable, Source,
    SourceError, Sources, Tree, check,
};
use pipeline::Blueprint;
use std::collections::HashMap;
use std::sync::Arc;

/// What a configuration comes to.
pub(crate) enum Evaluated {
    /// No jobs: `[ci skip]`.
    Skipped,
    /// No pipeline.
    None(String),
    /// No configuration at all.
    Missing(String),
    /// It is wrong.
    Invalid(Vec<String>),
    /// A pipeline.
    Ready {
        /// Its jobs.
        blueprint: Box<Blueprint>,
        /// What was noticed.
        warnings: Vec<String>,
    },
}

/// Evaluates a configuration for a context.
pub(crate) fn run(context: &Context, main: Main, sources: &dyn Sources) -> Evaluated {
    match early(context) {
        Some(Early::Skipped(_)) => return Evaluated::Skipped,
        Some(Early::Refused(refused)) => return Evaluated::Invalid(vec![refused.message]),
        None => {}
    }
    let checked = check(context, main, sources, &Limits::default());
    let Some(config) = checked.valid_config() else {
        let missing = checked.diagnostics.iter().find(|found| found.rule == "missing-config");
        return match missing {
            Some(missing) => Evaluated::Missing(missing.message.clone()),
            None => Evaluated::Invalid(errors(&checked.diagnostics)),
        };
    };
    let evaluation = evaluate(config, context, sources);
    match evaluation.outcome {
        Outcome::Created(pipeline) => match Blueprint::of(&pipeline, context) {
            Ok(blueprint) => {
                let all = checked.diagnostics.iter().chain(&evaluation.diagnostics);
                let warnings = all.filter(|found| found.from_gitlab).map(|found| found.message.clone());
                Evaluated::Ready { blueprint: Box::new(blueprint), warnings: warnings.collect() }
            }
            Err(error) => Evaluated::Invalid(vec![in_words(&error)]),
        },
        Outcome::Skipped => Evaluated::Skipped,
        Outcome::Empty(why) => Evaluated::None(why.message),
        Outcome::Invalid => Evaluated::Invalid(errors(&evaluation.diagnostics)),
    }
}

/// What GitLab would show: errors, those left out that it would only find later.
fn errors(found: &[Diagnostic]) -> Vec<String> {
    let errors: Vec<String> = found
        .iter()
        .filter(|found| found.is_error() && !found.later)
        .map(|found| found.message.clone())
        .collect();
    if errors.is_empty() { vec!["the configuration is refused".into()] } else { errors }
}

/// An error and what is behind it, on one line.
pub(crate) fn in_words(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(": ");
        text.push_str(&error.to_string());
        next = error.source();
    }
    text
}

/// Puts into a context what the project and its settings say.
pub(crate) fn settle(
    context: &mut Context,
    project: &Project,
    url: &str,
    (instance, own): (Vec<Variable>, Vec<Variable>),
) {
    context.project = ci_yaml::Project {
        path: project.path.clone(),
        id: u64::try_from(project.id.0).unwrap_or_default(),
        title: Some(project.name.clone()),
        default_branch: project.default_branch.clone(),
        server_url: url.trim_end_matches('/').to_owned(),
        config_path: project.config_path.clone(),
        visibility: project.visibility.clone(),
        registry: None,
    };
    context.instance_variables = instance.into_iter().map(setting).collect();
    context.project_variables = own.into_iter().map(setting).collect();
}

fn setting(variable: Variable) -> SettingVariable {
    SettingVariable {
        name: variable.key,
        value: variable.value,
        raw: variable.raw,
        file: variable.file,
        masked: variable.masked || variable.hidden,
        protected: variable.protected,
        scope: variable.scope,
    }
}

/// The context of a new pipeline, and where its files come from.
pub(crate) struct Scene {
    pub(crate) context: Context,
    pub(crate) sources: Box<dyn Sources>,
    /// Where the ref is now.
    pub(crate) head: Option<String>,
}

/// Asks the repository for what a new pipeline is made of.
pub(crate) fn scene(
    repositories: &dyn Repositories,
    project: &Project,
    user: &User,
    new: &NewPipeline,
    find: FindProject,
) -> Result<Scene, RepositoryError> {
    let before = new.before_sha.as_deref().filter(|sha| sha.bytes().any(|byte| byte != b'0'));
    let facts = repositories.facts(project, &new.reference, &new.sha, before)?;
    let head = repositories.head(project, &new.reference)?;
    let mut context = Context::push(new.reference.name());
    context.source = Source::new(&new.source).unwrap_or_else(Source::push);
    context.reference = kept::reference(&new.reference);
    context.commit = facts.commit;
    context.tree = facts.tree;
    // Only pushes know what they changed.
    context.changed = if new.source == "push" { facts.changed } else { Changed::Unknown };
    context.protected = super::projects::protects(project, &new.reference);
    context.skip = new.skip;
    context.user = kept::user(user);
    context.variables = new.variables.iter().map(kept::given).collect();
    context.inputs = new.inputs.clone();
    let sources = repositories.sources(project, find)?;
    Ok(Scene { context, sources, head })
}

/// Sources of a child pipeline: files of the parent's artifacts as well.
pub(crate) struct WithArtifacts<'a> {
    pub(crate) inner: &'a dyn Sources,
    pub(crate) files: &'a dyn Files,
    /// Archives of the parent's jobs, by their names.
    pub(crate) archives: &'a HashMap<String, String>,
}

impl Sources for WithArtifacts<'_> {
    fn file(&self, tree: &Tree, path: &str) -> Result<Arc<str>, SourceError> {
        self.inner.file(tree, path)
    }

    fn paths(&self, tree: &Tree) -> Result<Arc<[String]>, SourceError> {
        self.inner.paths(tree)
    }

    fn project(&self, path: &str, revision: Option<&str>) -> Result<Found, SourceError> {
        self.inner.project(path, revision)
    }

    fn remote(&self, url: &str) -> Result<Arc<[u8]>, SourceError> {
        self.inner.remote(url)
    }

    fn template(&self, name: &str) -> Result<Arc<str>, SourceError> {
        self.inner.template(name)
    }

    fn component(&self, address: &ComponentAddress) -> Result<Option<Component>, SourceError> {
        self.inner.component(address)
    }

    fn changed_since(&self, tree: &Tree, compare_to: &str) -> Result<Option<Arc<[String]>>, SourceError> {
        self.inner.changed_since(tree, compare_to)
    }

    fn artifact(&self, job: &str, path: &str) -> Result<Arc<str>, SourceError> {
        let Some(archive) = self.archives.get(job) else {
            return Err(SourceError::Failed(format!("job `{job}` has no artifacts")));
        };
        match self.files.text(archive, path) {
            Ok(Some(text)) => Ok(text.into()),
            Ok(None) => Err(FileIssue::Missing.into()),
            Err(message) => Err(SourceError::Failed(message)),
        }
    }

    fn blob_id(&self, tree: &Tree, path: &str) -> Result<Option<String>, SourceError> {
        self.inner.blob_id(tree, path)
    }

    fn last_commit(&self, tree: &Tree, path: &str) -> Result<Option<String>, SourceError> {
        self.inner.last_commit(tree, path)
    }
}

/// Runs something that may wait beside everything else.
pub(crate) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, KernelError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| KernelError::Internal("a thread broke off"))
}
