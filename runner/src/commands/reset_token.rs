//! `reset-token`: gets new tokens for configured runners.

use super::coordinator::{Coordinator, Verdict, expiry};
use super::{notices, selection};
use crate::cli::ResetTokenArgs;
use crate::config::{NewToken, RunnerSection, Store};
use crate::context::Context;
use crate::error::CliError;
use time::OffsetDateTime;

pub(super) async fn run(args: &ResetTokenArgs, context: &Context) -> Result<(), CliError> {
    notices::user_mode(true);
    let path = args.config.path(&context.environment);
    let loaded = selection::loaded(&path, context)?;
    let store = Store::new(&path, &context.environment);
    if let Some(pat) = &args.pat {
        context.log.hide(pat.expose());
    }
    if args.all_runners {
        tracing::warn!("Resetting all runner authentication tokens");
        for section in &loaded.config.runners {
            if let Err(error) = reset(section, args, &store, context).await {
                tracing::error!(name = section.name, id = section.id, "{}", error.one_line());
            }
        }
    } else {
        let section = one(args, &loaded.config.runners)?;
        reset(section, args, &store, context).await?;
    }
    tracing::info!("Updated");
    Ok(())
}

fn one<'a>(args: &ResetTokenArgs, sections: &'a [RunnerSection]) -> Result<&'a RunnerSection, CliError> {
    if let Some(name) = args.name.as_deref().filter(|name| !name.is_empty()) {
        let found = sections.iter().find(|section| section.name == name);
        return found.ok_or_else(|| selection::nothing_named(name, sections));
    }
    let url = args.url.as_deref().unwrap_or("");
    sections.iter().find(|section| section.url == url && section.id == args.id).ok_or_else(|| {
        let message = format!("could not find a runner with the URL \"{url}\" and ID {}", args.id);
        CliError::usage(message).hint("name it by --name, or by --url and --id, or use --all-runners")
    })
}

/// Saves at once: the old token is void by then.
async fn reset(
    section: &RunnerSection,
    args: &ResetTokenArgs,
    store: &Store,
    context: &Context,
) -> Result<(), CliError> {
    let failed = || CliError::operation("Failed to reset runner authentication token");
    if args.pat.is_some() && section.id == 0 {
        return Err(failed().because("the section has no id, which --pat needs"));
    }
    let verdict = Coordinator::new(section, context).reset(args.pat.as_ref()).await;
    let Verdict::Done(credentials) = verdict else { return Err(failed()) };
    context.log.hide(credentials.token.expose());
    let new = NewToken {
        token: credentials.token.clone(),
        obtained_at: OffsetDateTime::now_utc(),
        expires_at: expiry(&credentials).unwrap_or_default(),
    };
    store.set_token(&selection::id_of(section), &new).map_err(|error| {
        failed().caused_by(&error).hint(
            "GitLab has replaced the token, and the new one could not be kept: reset it in GitLab's pages",
        )
    })
}
