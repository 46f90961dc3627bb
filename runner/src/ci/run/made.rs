//! From flags to the pipeline that is to run: the configuration is evaluated as `ci plan` does it.

use super::RunArgs;
use crate::ci::session::{Evaluated, Flags, Session};
use crate::ci::{World, main_must_exist, plan, report, single, values};
use crate::error::{CliError, exit_code, harmless};
use crate::terminal::Style;
use ci_yaml::{Diagnostic, SourceMap};
use std::io::Write as _;

/// What became of the configuration.
pub(super) enum Outcome {
    /// There is something to run.
    Made(Box<Made>),
    /// There is no pipeline, for good reasons, which were said.
    Nothing,
    /// The configuration is refused, as was said.
    Refused,
}

/// A pipeline that can run.
pub(super) struct Made {
    /// The project it is of.
    pub(super) session: Session,
    /// The pipeline and its context.
    pub(super) evaluated: Evaluated,
}

impl Outcome {
    /// The status to exit with where there is nothing to run.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Made(_) | Self::Nothing => exit_code::SUCCESS,
            Self::Refused => exit_code::TROUBLE,
        }
    }
}

/// Tells people something, on stderr.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", harmless(text));
}

/// Warns people of something, on stderr.
pub(super) fn warn(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "warning: {}", harmless(text.trim_end()));
}

/// Evaluates the configuration for the work tree, or for what the flags say. What is to be said of it goes to stderr,
/// since stdout may be read by programs.
pub(super) fn make(args: &RunArgs, world: &World<'_>) -> Result<Outcome, CliError> {
    let flags = Flags { place: &args.place, sources: &args.sources, context: &args.context };
    let (mut session, scenes) = Session::open(flags, world.environment, &world.current)?;
    let mut scene = single(scenes, "run")?;
    let files = values::give(&args.values, &session.project, world, std::slice::from_mut(&mut scene))?;
    let evaluated = session.evaluate(scene)?;
    if let Some(checked) = &evaluated.checked {
        main_must_exist(checked, &session, &args.place)?;
    }
    let mut warnings = session.sources.web.warnings();
    warnings.extend(files.warnings);
    warnings.extend(evaluated.scene.assumed.clone());
    warnings.iter().for_each(|warning| warn(warning));
    let complaints = complaints(&evaluated, world.complaints);
    let _ = std::io::stderr().lock().write_all(complaints.as_bytes());
    Ok(match () {
        () if evaluated.is_refused() => Outcome::Refused,
        () if evaluated.pipeline().is_none() => Outcome::Nothing,
        () => Outcome::Made(Box::new(Made { session, evaluated })),
    })
}

/// What is wrong with the configuration as `ci lint` prints it, or why there is no pipeline.
fn complaints(evaluated: &Evaluated, style: Style) -> String {
    let mut out = String::new();
    if evaluated.is_refused() {
        plan::write_failure(&mut out, evaluated, style);
        return out;
    }
    let found: Vec<Diagnostic> = evaluated.diagnostics().cloned().collect();
    let nothing = SourceMap::default();
    let files = evaluated.checked.as_ref().map_or(&nothing, |checked| &checked.files);
    report::write(&mut out, &found, files, style);
    if evaluated.pipeline().is_none() {
        plan::write_header(&mut out, evaluated, style);
    }
    out
}
