//! One call of a `ci` command: the project, where files come from, and the contexts that are asked for.

use super::args::{ContextArgs, PlaceArgs, SourceArgs};
use super::context::{Changes, Project, Scene, scenes};
use super::sources::DiskSources;
use crate::environment::Environment;
use crate::error::CliError;
use ci_yaml::evaluate::{Evaluation, early, evaluate};
use ci_yaml::include::Main;
use ci_yaml::pipeline::{Outcome, Pipeline};
use ci_yaml::{Checked, Diagnostic, SourceMap, check, lint, yaml};
use std::path::Path;

/// The flags that all commands have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flags<'a> {
    pub(super) place: &'a PlaceArgs,
    pub(super) sources: &'a SourceArgs,
    pub(super) context: &'a ContextArgs,
}

/// A project that is being evaluated.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) project: Project,
    pub(super) sources: DiskSources,
    limits: yaml::Limits,
    lint: lint::Options,
}

impl Session {
    /// The project that the flags name, or the one that `current` is in, and the contexts asked for: one at least.
    pub(super) fn open(
        flags: Flags<'_>,
        environment: &Environment,
        current: &Path,
    ) -> Result<(Self, Vec<Scene>), CliError> {
        let project = Project::open(flags.place, flags.context, current)?;
        let scenes = scenes(flags.context, &flags.place.file, &project)?;
        Ok((Self::of(project, flags, environment)?, scenes))
    }

    /// The same project at another revision; nothing is the work tree.
    pub(super) fn at(
        &self,
        revision: Option<&str>,
        flags: Flags<'_>,
        environment: &Environment,
    ) -> Result<Self, CliError> {
        Self::of(self.project.at(revision, flags.context)?, flags, environment)
    }

    fn of(project: Project, flags: Flags<'_>, environment: &Environment) -> Result<Self, CliError> {
        let sources = project.sources(flags.sources, environment)?;
        let runners = flags.context.runner_tags.as_ref();
        let tags = |text: &String| {
            text.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
        };
        let runner_tags = runners.map(|runners| runners.iter().map(tags).collect());
        Ok(Self { project, sources, limits: yaml::Limits::default(), lint: lint::Options { runner_tags } })
    }

    /// Reads and checks the configuration of a scene. What was changed is asked of git only if a file of the
    /// configuration has `changes` in it.
    pub(super) fn check(&mut self, scene: &mut Scene, main: &Main) -> Result<Checked, CliError> {
        scene.context.reference.name().clone_into(&mut self.sources.own.reference);
        let checked = check(&scene.context, main.clone(), &self.sources, &self.limits);
        if !matches!(scene.changes, Changes::Since(..)) || !mention_changes(&checked.files) {
            return Ok(checked);
        }
        scene.context.changed = scene.changes.settle(&self.project)?;
        let again = !checked.includes.is_empty();
        Ok(if again { check(&scene.context, main.clone(), &self.sources, &self.limits) } else { checked })
    }

    /// Makes the pipeline of a scene.
    pub(super) fn evaluate(&mut self, scene: Scene) -> Result<Evaluated, CliError> {
        self.evaluate_main(scene, &Main::Path)
    }

    /// The same of another configuration.
    pub(super) fn evaluate_main(&mut self, mut scene: Scene, main: &Main) -> Result<Evaluated, CliError> {
        if let Some(early) = early(&scene.context) {
            return Ok(Evaluated {
                scene,
                checked: None,
                evaluation: early.into_evaluation(),
                lint_only: false,
            });
        }
        let checked = self.check(&mut scene, main)?;
        let evaluation = match checked.valid_config() {
            Some(config) => evaluate(config, &scene.context, &self.sources),
            None => Evaluation { outcome: Outcome::Invalid, diagnostics: Vec::new() },
        };
        Ok(Evaluated { scene, checked: Some(checked), evaluation, lint_only: false })
    }

    /// Only validates the configuration of a scene.
    pub(super) fn validate(&mut self, mut scene: Scene) -> Result<Evaluated, CliError> {
        let checked = self.check(&mut scene, &Main::Path)?;
        let outcome = if checked.is_valid() { Outcome::Skipped } else { Outcome::Invalid };
        let evaluation = Evaluation { outcome, diagnostics: Vec::new() };
        Ok(Evaluated { scene, checked: Some(checked), evaluation, lint_only: true })
    }

    /// Our own warnings.
    pub(super) fn lint(&self, checked: &Checked, scene: &Scene) -> Vec<Diagnostic> {
        lint::lint(checked, &scene.context, &self.lint)
    }
}

/// What became of a configuration in one context.
#[derive(Debug)]
pub(super) struct Evaluated {
    pub(super) scene: Scene,
    /// Nothing where it was decided before the configuration was read.
    pub(super) checked: Option<Checked>,
    pub(super) evaluation: Evaluation,
    /// Whether it was only validated: there is no pipeline then, and nobody asked for one.
    pub(super) lint_only: bool,
}

impl Evaluated {
    /// The pipeline, if there is one with jobs.
    pub(super) fn pipeline(&self) -> Option<&Pipeline> {
        match &self.evaluation.outcome {
            Outcome::Created(pipeline) => Some(pipeline),
            _ => None,
        }
    }

    /// Whether the configuration or the pipeline is refused.
    pub(super) fn is_refused(&self) -> bool {
        matches!(self.evaluation.outcome, Outcome::Invalid)
    }

    /// All that was found: of the configuration, then of the pipeline.
    pub(super) fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        let of_config = self.checked.iter().flat_map(|checked| &checked.diagnostics);
        of_config.chain(&self.evaluation.diagnostics)
    }
}

fn mention_changes(files: &SourceMap) -> bool {
    files.iter().any(|(_, file)| file.text.contains("changes"))
}
