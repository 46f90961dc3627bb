//! `list`: the configured runners. Never shows a whole token, unlike gitlab-runner.

use super::selection;
use crate::cli::ListArgs;
use crate::context::Context;

pub(super) fn run(args: &ListArgs, context: &Context) {
    let path = args.config.path(&context.environment);
    let loaded = match selection::loaded(&path, context) {
        Ok(loaded) => loaded,
        Err(error) => {
            // As in gitlab-runner, no failure: what asks for a list may run before there is a good file.
            tracing::warn!("{}", error.one_line());
            return;
        }
    };
    tracing::info!(ConfigFile = %path.display(), "Listing configured runners");
    for section in &loaded.config.runners {
        tracing::info!(
            Executor = section.executor,
            Token = section.token.short(),
            URL = section.url,
            "{}",
            section.name
        );
    }
}
