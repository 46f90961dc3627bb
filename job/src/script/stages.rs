//! Which commands make up which script.

use super::body::{Body, Commands};
use super::{Dialect, Script};
use crate::StageError;
use crate::variables::JobView;
use protocol::Step;
use std::path::Path;

const PRE_BUILD: &str = "pre_build_script";
const POST_BUILD: &str = "post_build_script";
const PRE_GET_SOURCES: &str = "pre_get_sources_script";
const POST_GET_SOURCES: &str = "post_get_sources_script";

/// The script of a step: the runner's `pre_build_script`, the step's commands, `post_build_script`.
///
/// # Errors
/// The configured shell is not supported.
pub fn user_step(view: JobView<'_>, step: &Step) -> Result<Script, StageError> {
    let mut body = exporting(view)?;
    body.enter(&view.workspace.project_dir);
    let settings = &view.order.settings;
    configured(&mut body, &settings.pre_build_script, PRE_BUILD, PRE_BUILD);
    let expanded: Vec<String>;
    let items = if step.name == "release" {
        // The one step that may come with references that only the runner can resolve.
        expanded = step.script.iter().map(|command| view.variables.expand(command)).collect();
        &expanded
    } else {
        &step.script
    };
    body.commands(&Commands { items, origin: None, section: "script_step" });
    configured(&mut body, &settings.post_build_script, POST_BUILD, POST_BUILD);
    Ok(body.finish())
}

/// The script of the step `after_script`.
///
/// # Errors
/// The configured shell is not supported.
pub fn after_script(view: JobView<'_>, step: &Step) -> Result<Script, StageError> {
    let mut body = exporting(view)?;
    body.enter(&view.workspace.project_dir);
    body.notice("Running after script...");
    body.commands(&Commands { items: &step.script, origin: None, section: "after_script_step" });
    Ok(body.finish())
}

/// The hooks before the checkout, if there are any: the runner's, then the job's. They run where the shell
/// starts. The environment that they leave goes to `environment_file`.
pub(crate) fn pre_get_sources(
    view: JobView<'_>,
    extra: &[(String, String)],
    environment_file: &Path,
) -> Result<Option<Script>, StageError> {
    let configuration = &view.order.settings.pre_get_sources_script;
    let hooks = payload_hooks(view, PRE_GET_SOURCES);
    if configuration.is_empty() && hooks.is_empty() {
        return Ok(None);
    }
    let mut body = exporting(view)?;
    body.export(extra.iter().map(|(key, value)| (key, value)));
    configured(&mut body, configuration, PRE_GET_SOURCES, "pre_clone_script");
    for items in hooks {
        body.commands(&Commands { items, origin: Some(PRE_GET_SOURCES), section: "pre_clone_script" });
    }
    body.save_environment(environment_file);
    Ok(Some(body.finish()))
}

/// The hooks after the checkout, if there are any: the job's, then the runner's. They run in `directory`, with
/// the environment that git had.
pub(crate) fn post_get_sources(
    view: JobView<'_>,
    environment: &[(Vec<u8>, Vec<u8>)],
    directory: &Path,
) -> Result<Option<Script>, StageError> {
    let configuration = &view.order.settings.post_get_sources_script;
    let hooks = payload_hooks(view, POST_GET_SOURCES);
    if configuration.is_empty() && hooks.is_empty() {
        return Ok(None);
    }
    let mut body = Body::new(view, Dialect::of(view.order)?);
    body.export(environment.iter().map(|(key, value)| (key, value)));
    body.enter(directory);
    for items in hooks {
        body.commands(&Commands { items, origin: Some(POST_GET_SOURCES), section: "post_clone_script" });
    }
    configured(&mut body, configuration, POST_GET_SOURCES, "post_clone_script");
    Ok(Some(body.finish()))
}

/// A body that begins with the job's variables.
fn exporting(view: JobView<'_>) -> Result<Body, StageError> {
    let mut body = Body::new(view, Dialect::of(view.order)?);
    body.export(view.variables.exports());
    body.export_gitlab_env();
    Ok(body)
}

/// A hook from the runner's configuration: one text, hence one command.
fn configured(body: &mut Body, script: &str, origin: &'static str, section: &'static str) {
    if !script.is_empty() {
        let items = [script.to_owned()];
        body.commands(&Commands { items: &items, origin: Some(origin), section });
    }
}

/// Whether a user's commands run around the checkout.
pub(crate) fn has_source_hooks(view: JobView<'_>) -> bool {
    let settings = &view.order.settings;
    let of_runner = [&settings.pre_get_sources_script, &settings.post_get_sources_script];
    let of_job = [PRE_GET_SOURCES, POST_GET_SOURCES];
    of_runner.iter().any(|script| !script.is_empty())
        || of_job.iter().any(|name| !payload_hooks(view, name).is_empty())
}

fn payload_hooks<'a>(view: JobView<'a>, name: &str) -> Vec<&'a [String]> {
    let hooks = view.order.payload.hooks.iter();
    hooks.filter(|h| h.name == name && !h.script.is_empty()).map(|h| h.script.as_slice()).collect()
}
