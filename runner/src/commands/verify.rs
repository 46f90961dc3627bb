//! `verify`: asks the coordinators whether they still know the runners.

use super::coordinator::{Coordinator, Verdict};
use super::{notices, selection};
use crate::cli::VerifyArgs;
use crate::config::{RunnerSection, SectionId, Store};
use crate::context::Context;
use crate::error::CliError;
use crate::{paths, system_id};

pub(super) async fn run(args: &VerifyArgs, context: &Context) -> Result<(), CliError> {
    notices::user_mode(true);
    let path = args.config.path(&context.environment);
    let loaded = selection::loaded(&path, context)?;
    let selected: Vec<&RunnerSection> =
        loaded.config.runners.iter().filter(|section| is_meant(section, args)).collect();
    if selected.is_empty() {
        if is_selective(args) {
            return Err(CliError::usage("no runner matches the filtering parameters")
                .hint("a token must be given together with the url of its section"));
        }
        return Ok(());
    }
    let system_id = system_id::load_or_create(&paths::folder_of_file(&path))
        .map_err(|error| CliError::operation("there is no system id").caused_by(&error))?;
    let mut refused = Vec::new();
    for section in selected {
        // Only a clear no counts: an outage must not cost a registration.
        if let Verdict::Forbidden = Coordinator::new(section, context).verify(&system_id).await {
            refused.push(selection::id_of(section));
        }
    }
    settle(&refused, args.delete, &Store::new(&path, &context.environment))
}

fn is_selective(args: &VerifyArgs) -> bool {
    args.name.is_some() || args.url.is_some() || args.token.is_some()
}

/// By name, or by token and address; an address that is missing or `*` is any.
fn is_meant(section: &RunnerSection, args: &VerifyArgs) -> bool {
    if !is_selective(args) {
        return true;
    }
    let named = args.name.as_deref().is_some_and(|name| !name.is_empty() && name == section.name);
    let url = args.url.as_deref().unwrap_or("");
    let token = args.token.as_ref().map_or("", |token| token.expose());
    named || (token == section.token.expose() && (["", "*"].contains(&url) || url == section.url))
}

fn settle(refused: &[SectionId], delete: bool, store: &Store) -> Result<(), CliError> {
    if refused.is_empty() {
        return Ok(());
    }
    if !delete {
        return Err(CliError::operation("Failed to verify runners")
            .hint("`verify --delete` removes the sections that are not valid any more"));
    }
    store.remove(refused).map_err(|error| CliError::operation("cannot save").caused_by(&error))?;
    tracing::info!("Updated {}", store.path().display());
    Ok(())
}
