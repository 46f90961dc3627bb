//! `unregister`: removes runners from GitLab, and then from the configuration.

use super::coordinator::{Coordinator, Verdict};
use super::{notices, selection};
use crate::cli::UnregisterArgs;
use crate::config::{RunnerSection, SectionId, Store};
use crate::context::Context;
use crate::error::CliError;
use crate::{paths, system_id};

pub(super) async fn run(args: &UnregisterArgs, context: &Context) -> Result<(), CliError> {
    notices::user_mode(false);
    let path = args.config.path(&context.environment);
    let loaded = selection::loaded(&path, context)?;
    let store = Store::new(&path, &context.environment);
    let sections = &loaded.config.runners;
    let selected = if args.all_runners { sections.iter().collect() } else { vec![one(args, sections)?] };
    if selected.is_empty() {
        return Ok(());
    }
    let system_id = system_id::load_or_create(&paths::folder_of_file(&path))
        .map_err(|error| CliError::operation("there is no system id").caused_by(&error))?;
    if args.all_runners {
        tracing::warn!("Unregistering all runners");
    }
    let mut gone: Vec<SectionId> = Vec::new();
    let mut failed: Vec<String> = Vec::new();
    for section in selected {
        match Coordinator::new(section, context).unregister(&system_id).await {
            Verdict::Done(()) => gone.push(selection::id_of(section)),
            Verdict::Forbidden | Verdict::NotAsked | Verdict::Failed => failed.push(section.name.clone()),
        }
    }
    if !gone.is_empty() {
        store.remove(&gone).map_err(|error| CliError::operation("cannot save").caused_by(&error))?;
        tracing::info!("Updated {}", path.display());
    }
    match failed.as_slice() {
        [] => Ok(()),
        [name] if !args.all_runners => {
            Err(CliError::operation(format!("failed to unregister runner \"{name}\""))
                .hint("the section stays in the configuration"))
        }
        names => {
            // As in gitlab-runner, no failure: what could be removed is removed.
            let error: Vec<String> =
                names.iter().map(|name| format!("failed to unregister runner \"{name}\"")).collect();
            tracing::error!(error = error.join("\n"), "Failed to unregister runners");
            Ok(())
        }
    }
}

/// By name and token, else by token, else by name.
fn one<'a>(args: &UnregisterArgs, sections: &'a [RunnerSection]) -> Result<&'a RunnerSection, CliError> {
    let name = args.name.as_deref().filter(|name| !name.is_empty());
    let token = args.token.as_ref().filter(|token| !token.is_empty());
    let has_token =
        |section: &&RunnerSection| token.is_some_and(|token| token.expose() == section.token.expose());
    let has_name = |section: &&RunnerSection| name == Some(section.name.as_str());
    match (name, token) {
        (None, None) => Err(CliError::usage("at least one of --name or --token must be specified")
            .hint("--all-runners removes them all")),
        (Some(name), None) => {
            sections.iter().find(has_name).ok_or_else(|| selection::nothing_named(name, sections))
        }
        (None, Some(token)) => sections.iter().find(has_token).ok_or_else(|| {
            CliError::usage(format!("could not find a runner with the token '{}'", token.short_token()))
                .hint("a token may also come from the environment variable CI_SERVER_TOKEN")
        }),
        (Some(name), Some(token)) => {
            sections.iter().find(|section| has_name(section) && has_token(section)).ok_or_else(|| {
                let short = token.short_token();
                CliError::usage(format!(
                    "could not find a runner with the name '{name}' and the token '{short}'"
                ))
                .hint("a token may also come from the environment variable CI_SERVER_TOKEN")
            })
        }
    }
}
