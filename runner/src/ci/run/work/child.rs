//! The pipeline that a bridge starts.

use super::orders::pipeline;
use super::{Line, Shared, in_words};
use crate::ci::context::{Changes, Scene};
use crate::ci::report;
use crate::ci::run::RunArgs;
use crate::ci::run::drive::{Plan, Refusal, Ticket};
use crate::ci::run::news::News;
use crate::ci::session::{Flags, Session};
use crate::environment::Environment;
use crate::error::CliError;
use crate::terminal::Style;
use archive::{Limits, UnpackOptions, unpack};
use ci_yaml::pipeline::Outcome;
use ci_yaml::{Diagnostic, SourceMap};
use pipeline::{BridgeFacts, ChildContext, Work};
use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// GitLab's word for a pipeline that could not be made of its configuration.
const NOT_CREATED: &str = "downstream_pipeline_creation_failed";

/// Evaluates configurations as the flags say, on any thread.
#[derive(Clone, Debug)]
pub(in crate::ci::run) struct Evaluator {
    /// The flags.
    pub(in crate::ci::run) args: RunArgs,
    /// The environment.
    pub(in crate::ci::run) environment: Environment,
    /// The folder that paths are relative to.
    pub(in crate::ci::run) current: PathBuf,
}

/// What a child pipeline came to.
enum Made {
    Line(Box<Line>),
    Refused(String),
}

impl Shared {
    /// Makes the pipeline that a bridge starts. Files are read and fetched beside the loop.
    pub(super) async fn child(&self, ticket: Ticket, tell: &dyn Fn(News)) -> Result<Plan, Refusal> {
        let name = ticket.job.pipeline.iter().chain([&ticket.job.name]).map(String::as_str);
        let name = name.collect::<Vec<_>>().join("/");
        let refuse = |reason, text: String| Refusal { reason, message: format!("`{name}`: {text}") };
        let broken = || refuse("data_integrity_failure", "its plan is lost".to_owned());
        let line = self.line(ticket.key).ok_or_else(broken)?;
        let Some(Work::Bridge(bridge)) = line.work(ticket.planned) else { return Err(broken()) };
        let dotenv = self.variables_of(&ticket.dependencies);
        let facts = BridgeFacts {
            job: ticket.job.id,
            pipeline: pipeline(&line, &ticket),
            depth: u32::try_from(ticket.depth).unwrap_or(u32::MAX),
            user: None,
            dotenv: &dotenv,
            job_variables: &[],
        };
        let child = bridge.child(&line.context, &facts);
        let child = child.map_err(|error| refuse(error.failure_reason(), in_words(&error)))?;
        let archives = self.included(&child, &ticket);
        let (evaluator, changes) = (self.evaluator.clone(), line.changes.clone());
        let work = move || evaluator.child(child, changes, &archives);
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok((Made::Line(line), warnings))) => {
                warnings.into_iter().for_each(|warning| tell(News::Warning(warning)));
                Ok(self.take(*line))
            }
            Ok(Ok((Made::Refused(text), _))) => {
                Err(refuse(NOT_CREATED, format!("its pipeline is not created\n{}", text.trim_end())))
            }
            Ok(Err(error)) => Err(refuse(NOT_CREATED, error.one_line())),
            Err(error) => Err(refuse(NOT_CREATED, error.to_string())),
        }
    }

    /// The archives of the jobs whose files are included.
    fn included(&self, child: &ChildContext, ticket: &Ticket) -> HashMap<String, PathBuf> {
        let archives = self.archives.borrow();
        let siblings = ticket.family.first().map(|family| family.jobs.as_slice()).unwrap_or_default();
        let archive = |job: &str| {
            let (_, id) = siblings.iter().find(|(name, _)| name == job)?;
            archives.get(id).cloned()
        };
        child.artifacts.iter().filter_map(|file| Some((file.job.clone(), archive(&file.job)?))).collect()
    }
}

impl Evaluator {
    fn child(
        &self,
        child: ChildContext,
        changes: Changes,
        archives: &HashMap<String, PathBuf>,
    ) -> Result<(Made, Vec<String>), CliError> {
        let flags =
            Flags { place: &self.args.place, sources: &self.args.sources, context: &self.args.context };
        let (mut session, _) = Session::open(flags, &self.environment, &self.current)?;
        for file in &child.artifacts {
            let Some(archive) = archives.get(&file.job) else { continue };
            if let Some(text) = file_of(archive, &file.path)? {
                session.sources.artifacts.insert((file.job.clone(), file.path.clone()), text);
            }
        }
        let scene = Scene {
            label: "child".to_owned(),
            context: child.context,
            changes,
            assumed: None,
            has_commit: true,
        };
        let evaluated = session.evaluate_main(scene, &child.main)?;
        let found: Vec<Diagnostic> = evaluated.diagnostics().cloned().collect();
        let nothing = SourceMap::default();
        let files = evaluated.checked.as_ref().map_or(&nothing, |checked| &checked.files);
        let mut text = String::new();
        report::write(&mut text, &found, files, Style::plain(80));
        let mut warnings = session.sources.web.warnings();
        match &evaluated.evaluation.outcome {
            Outcome::Created(pipeline) => {
                if !text.is_empty() {
                    warnings.push(text.trim_end().to_owned());
                }
                let line = Line::of(pipeline, evaluated.scene)
                    .map_err(|error| CliError::usage("the pipeline cannot be made").caused_by(&error))?;
                Ok((Made::Line(Box::new(line)), warnings))
            }
            Outcome::Empty(diagnostic) => Ok((Made::Refused(diagnostic.message.clone()), warnings)),
            Outcome::Skipped => Ok((Made::Refused("it is skipped".to_owned()), warnings)),
            Outcome::Invalid => Ok((Made::Refused(text), warnings)),
        }
    }
}

/// A file in the archive of a job, if it has it.
fn file_of(archive: &Path, path: &str) -> Result<Option<Arc<str>>, CliError> {
    let cannot = |error: &dyn std::error::Error| {
        CliError::operation(format!("cannot read {path} of {}", archive.display())).caused_by(error)
    };
    let folder = tempfile::tempdir().map_err(|error| cannot(&error))?;
    let file = File::open(archive).map_err(|error| cannot(&error))?;
    let cancel = AtomicBool::new(false);
    let options = UnpackOptions { threads: 1, limits: Limits::default(), cancel: &cancel };
    unpack(&file, folder.path(), &options).map_err(|error| cannot(&error))?;
    // A link in the archive may lead anywhere.
    let Ok(place) = folder.path().join(path).canonicalize() else { return Ok(None) };
    let inside = folder.path().canonicalize().is_ok_and(|root| place.starts_with(root));
    if !inside || !place.is_file() {
        return Ok(None);
    }
    let mut text = String::new();
    let read = File::open(&place)
        .and_then(|file| file.take(crate::ci::sources::FILE_LIMIT + 1).read_to_string(&mut text));
    read.map_err(|error| cannot(&error))?;
    Ok(Some(text.into()))
}
