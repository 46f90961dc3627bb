//! The variables of a job, each once, with what may be seen of it.

use super::super::session::Evaluated;
use super::super::values::Values;
use super::report;
use crate::error::CliError;
use ci_yaml::SourceMap;
use ci_yaml::pipeline::Pipeline;
use ci_yaml::variables::{Builder, Origin, is_run_time_only};
use indexmap::IndexMap;
use pipeline::{Blueprint, Facts, JobId, Moment, PipelineFacts, PipelineId, ProjectFacts, Template, Work};
use protocol::Secret;
use trace::mask::{MaskSet, Masker};

/// A variable as a job gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: Shown,
    /// The job gets the path of a file with the value in it.
    pub(super) file: bool,
    /// References in it stay as they are.
    pub(super) raw: bool,
    /// Where it comes from.
    pub(super) from: String,
}

/// What may be seen of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// It, with secrets in it masked.
    Text(String),
    /// It is a secret.
    Hidden,
    /// It is known only then.
    AtRun,
}

/// The variables of a job; without one, what all jobs have before their own.
pub(super) fn find(
    job: Option<&str>,
    evaluated: &Evaluated,
    files: &Values,
) -> Result<Vec<Variable>, CliError> {
    let context = &evaluated.scene.context;
    let planned = match job {
        Some(name) => Some(planned(name, evaluated)?),
        None => None,
    };
    let template = match planned {
        Some((index, pipeline)) => template(index, pipeline, evaluated)?,
        None => Template::default(),
    };
    let (token, url) = (Secret::new("-"), Secret::new(""));
    let pipeline = PipelineFacts {
        id: PipelineId(0),
        iid: 1,
        name: evaluated.pipeline().and_then(|pipeline| pipeline.name.as_deref()),
        created_at: Moment::default(),
        trigger_short_token: None,
    };
    let facts = Facts::new(JobId(0), &token, pipeline, ProjectFacts::new(&url), Moment::default());
    let payload = template
        .payload(context, &facts)
        .map_err(|error| CliError::usage("the job's variables cannot be made").caused_by(&error))?;

    let builder = Builder::new(context);
    let scope = planned.and_then(|(index, pipeline)| Some(builder.for_planned(pipeline.jobs.get(index)?)));
    let mut origins: IndexMap<String, Origin> = IndexMap::new();
    for item in scope.iter().flat_map(ci_yaml::variables::Scope::iter) {
        origins.insert(item.name.to_string(), item.origin);
    }
    let secrets = payload.variables.iter().filter(|variable| variable.masked).map(|variable| &variable.value);
    let masks = MaskSet::new(secrets, [""; 0])
        .map_err(|error| CliError::usage("the job's secrets cannot be hidden").caused_by(&error))?;
    let nothing = SourceMap::default();
    let sources = evaluated.checked.as_ref().map_or(&nothing, |checked| &checked.files);

    // Of several of a name the last counts, in the place of the first.
    let mut found: IndexMap<&str, Variable> = IndexMap::new();
    for variable in &payload.variables {
        let value = match variable {
            variable if is_run_time_only(&variable.key) && !is_given(&variable.key, files, context) => {
                Shown::AtRun
            }
            variable if variable.masked => Shown::Hidden,
            variable => Shown::Text(masked(&variable.value, &masks)),
        };
        let from = from(&variable.key, &variable.value, origins.get(&variable.key), files, context, sources);
        let variable_found =
            Variable { name: variable.key.clone(), value, file: variable.file, raw: variable.raw, from };
        found.insert(variable.key.as_str(), variable_found);
    }
    let mut found: Vec<Variable> = found.into_values().collect();
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

fn planned<'e>(name: &str, evaluated: &'e Evaluated) -> Result<(usize, &'e Pipeline), CliError> {
    let pipeline = evaluated
        .pipeline()
        .ok_or_else(|| CliError::usage("there is no pipeline").hint("`runner ci plan` says why"))?;
    let at = pipeline.jobs.iter().position(|job| &**job.name() == name);
    let known: Vec<&str> = pipeline.jobs.iter().map(|job| &**job.name()).collect();
    at.map(|at| (at, pipeline)).ok_or_else(|| {
        let config = evaluated.checked.as_ref().and_then(|checked| checked.valid_config());
        match config.is_some_and(|config| config.jobs.contains_key(name)) {
            true => CliError::usage(format!("the job `{name}` is not in the pipeline"))
                .hint(format!("`runner ci why '{name}'` says why")),
            false => super::super::no_such_job(name, &known),
        }
    })
}

fn template(index: usize, pipeline: &Pipeline, evaluated: &Evaluated) -> Result<Template, CliError> {
    let blueprint = Blueprint::of(pipeline, &evaluated.scene.context)
        .map_err(|error| CliError::usage("the pipeline cannot be made").caused_by(&error))?;
    match blueprint.jobs.into_iter().nth(index).map(|planned| planned.work) {
        Some(Work::Build(template)) => Ok(*template),
        Some(Work::Bridge(_)) => {
            Err(CliError::usage("that job starts another pipeline, and runs nothing itself"))
        }
        None => Err(CliError::internal("a job got lost")),
    }
}

/// Whether somebody gave it, so that it does not wait for the run.
fn is_given(name: &str, files: &Values, context: &ci_yaml::Context) -> bool {
    files.list.iter().any(|value| value.variable.name == name)
        || context.project_variables.iter().any(|variable| variable.name == name)
        || context.variables.iter().any(|variable| variable.name == name)
        || context.predefined.contains_key(name)
}

fn from(
    name: &str,
    value: &str,
    origin: Option<&Origin>,
    files: &Values,
    context: &ci_yaml::Context,
    sources: &SourceMap,
) -> String {
    let in_files =
        || files.list.iter().rev().find(|found| found.variable.name == name && found.variable.value == value);
    let of_flags = context.variables.iter().any(|variable| variable.name == name);
    match origin {
        None | Some(Origin::Project) if !of_flags => match in_files() {
            Some(found) => found.place.clone(),
            None if origin.is_some() || context.project_variables.iter().any(|found| found.name == name) => {
                "--project-variable".to_owned()
            }
            None => "predefined".to_owned(),
        },
        None => "--variable".to_owned(),
        Some(Origin::Pipeline) => "--variable".to_owned(),
        Some(origin) => match origin.span() {
            // What a rule adds is not seen from the line.
            Some(span)
                if matches!(
                    origin,
                    Origin::Rule { .. } | Origin::WorkflowRule { .. } | Origin::Matrix(_)
                ) =>
            {
                format!("{} {origin}", report::line_of(sources, span))
            }
            Some(span) => report::line_of(sources, span),
            None => origin.to_string(),
        },
    }
}

fn masked(text: &str, masks: &MaskSet) -> String {
    let (mut masker, mut bytes) = (Masker::new(masks.clone()), Vec::with_capacity(text.len()));
    masker.write(text.as_bytes(), |piece| bytes.extend_from_slice(piece));
    masker.close(|piece| bytes.extend_from_slice(piece));
    String::from_utf8_lossy(&bytes).into_owned()
}
