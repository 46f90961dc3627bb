//! `register`: makes a runner known to GitLab, and adds its section to the configuration.

mod credentials;
mod executor;
mod prompt;
mod template;

use super::coordinator::Coordinator;
use super::{notices, selection};
use crate::cli::RegisterArgs;
use crate::config::{Config, Draft, RunnerSection, Store, Value};
use crate::context::Context;
use crate::error::CliError;
use crate::{paths, system_id};
use credentials::Credentials;
use prompt::{Lines, Prompt, Question, Terminal};

/// The whole command, talking to the terminal.
pub(super) async fn run(args: &RegisterArgs, context: &Context) -> Result<(), CliError> {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without a handler, the signal ends the process.
            std::future::pending::<()>().await;
        }
    };
    let prompt = Prompt::new(Terminal, !args.non_interactive);
    register(args, context, prompt, interrupted).await
}

/// What is known at some point of a registration.
struct Registration<'a, L> {
    args: &'a RegisterArgs,
    context: &'a Context,
    prompt: Prompt<L>,
    draft: Draft,
    existing: Config,
    system_id: String,
}

async fn register<L: Lines>(
    args: &RegisterArgs,
    context: &Context,
    prompt: Prompt<L>,
    interrupted: impl Future<Output = ()>,
) -> Result<(), CliError> {
    notices::user_mode(true);
    check_access_level(&args.access_level)?;
    let (mut draft, warnings) = args.flags.draft()?;
    for warning in warnings {
        tracing::warn!("{warning}");
    }
    if draft.text("name").is_none() {
        draft.set("name", Value::Text(host_name()));
    }
    if let Some(template) = &args.template_config {
        template::merge(template, &mut draft, context)?;
    }
    super::refuse_docker_faults(&draft)?;
    let path = args.config.path(&context.environment);
    let existing = selection::loaded(&path, context)?.config;
    let system_id = system_id::load_or_create(&paths::folder_of_file(&path))
        .map_err(|error| CliError::operation("there is no system id").caused_by(&error))?;
    let mut registration = Registration { args, context, prompt, draft, existing, system_id };

    registration.ask_url().await?;
    let credentials = registration.credentials().await?;
    let accepted = registration.accepted(&credentials);
    let completed = async {
        registration.complete(&credentials).await?;
        let store = Store::new(&path, &context.environment);
        store.append(&registration.draft).map_err(|error| {
            CliError::operation("the runner was registered, but its section cannot be saved")
                .caused_by(&error)
        })
    };
    let result = tokio::select! {
        biased;
        () = interrupted => Err(CliError::operation("RECEIVED SIGNAL: interrupt")),
        result = completed => result,
    };
    if let Err(error) = result {
        return Err(take_back(error, &accepted, &registration).await);
    }
    registration.warn_of_limits();
    tracing::info!(
        "Runner registered successfully. Feel free to start it, but if it's running already the config should be \
         automatically reloaded!\n"
    );
    tracing::info!("Configuration (with the authentication token) was saved in \"{}\"", path.display());
    Ok(())
}

/// Undoes at the coordinator what cannot be kept here.
async fn take_back<L: Lines>(
    error: CliError,
    accepted: &RunnerSection,
    registration: &Registration<'_, L>,
) -> CliError {
    if registration.args.leave_runner {
        return error.hint("the runner stays registered in GitLab, as --leave-runner asks");
    }
    let coordinator = Coordinator::new(accepted, registration.context);
    match coordinator.unregister(&registration.system_id).await {
        super::coordinator::Verdict::Done(()) => error,
        _ => error.hint("the runner could not be unregistered again: remove it in GitLab's pages"),
    }
}

impl<L: Lines> Registration<'_, L> {
    async fn ask_url(&mut self) -> Result<(), CliError> {
        let question =
            Question::required("url", "Enter the GitLab instance URL (for example, https://gitlab.com/):")
                .flag("--url or CI_SERVER_URL");
        loop {
            let url = self.prompt.ask(&question, self.draft.text("url").unwrap_or("")).await?;
            match crate::config::url_complaint(&url) {
                None => {
                    self.draft.set("url", Value::Text(url));
                    return Ok(());
                }
                Some(complaint) => {
                    self.draft.set("url", Value::Text(String::new()));
                    self.prompt
                        .refuse(CliError::usage(format!("{} ({})", complaint.message, complaint.expected)))?;
                }
            }
        }
    }

    /// The section that the coordinator knows by now; what unregistering needs.
    fn accepted(&self, credentials: &Credentials) -> RunnerSection {
        super::coordinator::with_token(&self.draft.section(), &credentials.token)
    }

    /// Everything between the coordinator's word and the file.
    async fn complete(&mut self, credentials: &Credentials) -> Result<(), CliError> {
        credentials.put_into(&mut self.draft);
        if credentials.asks_name {
            let text = "Enter a name for the runner. This is stored only in the local config.toml file:";
            let name = self.draft.text("name").unwrap_or("").to_owned();
            let name = self.prompt.ask(&Question::optional("name", text), &name).await?;
            self.draft.set("name", Value::Text(name));
        }
        executor::complete(&mut self.draft, &mut self.prompt).await
    }

    fn warn_of_limits(&self) {
        let section = self.draft.section();
        let concurrent = self.existing.concurrent;
        let takes_precedence = "The global concurrent limit will not be increased and takes precedence.";
        if section.limit.is_some_and(|limit| limit > concurrent) {
            let limit = section.limit.unwrap_or_default();
            tracing::warn!(
                "The specified runner job concurrency limit ({limit}) is larger than current global concurrency \
                 limit ({concurrent}). {takes_precedence}"
            );
        }
        if section.request_concurrency > concurrent {
            tracing::warn!(
                "The specified runner request concurrency ({}) is larger than current global concurrency limit \
                 ({concurrent}). {takes_precedence}",
                section.request_concurrency
            );
        }
    }
}

fn check_access_level(level: &str) -> Result<(), CliError> {
    match level {
        "" | "not_protected" | "ref_protected" => Ok(()),
        other => Err(CliError::usage(format!("the access level `{other}` is not valid"))
            .hint("use not_protected or ref_protected")),
    }
}

fn host_name() -> String {
    nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
