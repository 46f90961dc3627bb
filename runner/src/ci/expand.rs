//! `ci expand`: the configuration with includes, extends and references resolved.

use super::args::ExpandArgs;
use super::session::{Flags, Session};
use super::{Done, World, report};
use crate::error::CliError;
use ci_yaml::include::Main;
use ci_yaml::{Checked, Map, Span, yaml};
use std::fmt::Write as _;
use std::sync::Arc;

pub(super) fn run(args: &ExpandArgs, world: &World<'_>) -> Result<Done, CliError> {
    let flags = Flags { place: &args.place, sources: &args.sources, context: &args.context };
    let (mut session, scenes) = Session::open(flags, world.environment, &world.current)?;
    let mut scene = super::single(scenes, "expand")?;
    let checked = session.check(&mut scene, &Main::Path)?;
    super::main_must_exist(&checked, &session, &args.place)?;
    let warnings = session.sources.web.warnings();
    let Some(root) = &checked.expanded else {
        let mut complaints = String::new();
        report::write(&mut complaints, &checked.diagnostics, &checked.files, world.complaints);
        return Ok(Done { out: String::new(), refused: true, warnings: vec![complaints] });
    };
    let root = match &args.job {
        Some(name) => only(&checked, root, name)?,
        None => root.clone(),
    };
    let origin = |span: Span| (span.start.line > 0).then(|| report::line_of(&checked.files, span));
    let mut out = if args.origins { yaml::emit(&root, Some(&origin)) } else { yaml::emit(&root, None) };
    if out.is_empty() {
        let _ = writeln!(out, "{{}}");
    }
    let refused = !checked.is_valid();
    let mut warnings = warnings;
    if refused {
        let mut complaints = String::new();
        report::write(&mut complaints, &checked.diagnostics, &checked.files, world.complaints);
        warnings.push(complaints);
    }
    Ok(Done { out, refused, warnings })
}

/// The map with one job in it. An instance of a parallel job is shown as the job that it is made of.
fn only(checked: &Checked, root: &Arc<Map>, name: &str) -> Result<Arc<Map>, CliError> {
    let job = checked.config.as_ref().and_then(|config| config.jobs.get(name));
    let base = job.and_then(|job| job.instance.as_ref()).map_or(name, |instance| &*instance.base);
    let found = root.iter().find(|(key, _)| key.as_str() == Some(base));
    let Some((key, entry)) = found else {
        let names: Vec<&str> = root.iter().filter_map(|(key, _)| key.as_str()).collect();
        return Err(super::no_such_job(name, &names));
    };
    Ok(Arc::new(std::iter::once((key.clone(), entry.clone())).collect()))
}
