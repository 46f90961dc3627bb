//! Calls about runners, with what the log says of them.

use crate::config::{Config, RunnerSection};
use crate::context::Context;
use crate::error::CliError;
use crate::{endpoint, info};
use client::{Answer, ApiClient, CallError, Patience, TokenOutcome, UnregisterOutcome, VerifyOutcome};
use protocol::{RegisterRequest, RunnerCredentials, RunnerToken, Secret, VerifyRequest};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How a call ended, as far as commands tell cases apart.
#[derive(Debug)]
pub(super) enum Verdict<T> {
    /// It did what it was for.
    Done(T),
    /// The token is not valid (403).
    Forbidden,
    /// The client cannot be built from its settings; nothing was asked.
    NotAsked,
    /// Anything else: no connection, another status, an answer that cannot be read.
    Failed,
}

/// One coordinator, asked on behalf of one section.
pub(super) struct Coordinator<'a> {
    client: Result<ApiClient, client::BuildError>,
    section: &'a RunnerSection,
}

impl<'a> Coordinator<'a> {
    pub(super) fn new(section: &'a RunnerSection, context: &Context) -> Self {
        context.log.hide(section.token.expose());
        let endpoint =
            endpoint::of_section(section, Config::default().connection_max_age, &context.environment);
        Self { client: ApiClient::new(endpoint), section }
    }

    /// Exchanges a registration token.
    pub(super) async fn register(&self, request: &RegisterRequest) -> Verdict<RunnerCredentials> {
        let log = Log {
            doing: "Registering runner...",
            runner: request.token.short_token().to_owned(),
            name: String::new(),
        };
        let Some(client) = self.built(&log) else { return Verdict::NotAsked };
        let outcome = client.register(request, &Patience::default()).await;
        token_verdict(outcome, &log, "forbidden (check registration token)")
    }

    /// Asks whether the section's token is valid.
    pub(super) async fn verify(&self, system_id: &str) -> Verdict<Option<RunnerCredentials>> {
        let log = self.log("Verifying runner...");
        let Some(client) = self.built(&log) else { return Verdict::NotAsked };
        let request = VerifyRequest {
            info: info::of_section(self.section),
            token: self.section.token.clone(),
            system_id: system_id.to_owned(),
        };
        let made_in_gitlab = self.section.token.is_authentication_token();
        match client.verify(&request, &Patience::default()).await {
            Ok(VerifyOutcome::Valid(credentials)) => {
                log.done(if made_in_gitlab { "is valid" } else { "is alive" });
                Verdict::Done(credentials)
            }
            Ok(VerifyOutcome::Invalid(answer)) => {
                log.refused(if made_in_gitlab { "is not valid" } else { "is removed" }, &answer);
                Verdict::Forbidden
            }
            Ok(VerifyOutcome::Unclear(answer)) => {
                log.refused("failed", &answer);
                Verdict::Failed
            }
            Err(error) => log.no_answer(&error),
        }
    }

    /// Makes the coordinator forget the runner, or, for a runner made in GitLab's pages, this machine.
    pub(super) async fn unregister(&self, system_id: &str) -> Verdict<()> {
        let manager = self.section.token.is_authentication_token();
        let log = self.log(match manager {
            true => "Unregistering runner manager from GitLab",
            false => "Unregistering runner from GitLab",
        });
        let Some(client) = self.built(&log) else { return Verdict::NotAsked };
        let (token, patience) = (&self.section.token, Patience::default());
        let outcome = match manager {
            true => client.unregister_manager(token, system_id, &patience).await,
            false => client.unregister_runner(token, &patience).await,
        };
        match outcome {
            Ok(UnregisterOutcome::Gone) => {
                log.done("succeeded");
                Verdict::Done(())
            }
            Ok(UnregisterOutcome::Forbidden(answer)) => {
                log.refused("forbidden", &answer);
                Verdict::Forbidden
            }
            Ok(UnregisterOutcome::Refused(answer)) => {
                log.refused("failed", &answer);
                Verdict::Failed
            }
            Err(error) => log.no_answer(&error),
        }
    }

    /// Gets a new token, shown the old one or a user's.
    pub(super) async fn reset(&self, pat: Option<&Secret>) -> Verdict<RunnerCredentials> {
        let log = self.log("Resetting runner authentication token...");
        let Some(client) = self.built(&log) else { return Verdict::NotAsked };
        let patience = Patience::default();
        let outcome = match pat {
            Some(pat) => client.reset_token_with_pat(self.section.id, pat, &patience).await,
            None => client.reset_token(&self.section.token, &patience).await,
        };
        token_verdict(outcome, &log, "failed (check used token)")
    }

    fn log(&self, doing: &'static str) -> Log {
        Log { doing, runner: self.section.token.short().to_owned(), name: self.section.name.clone() }
    }

    fn built(&self, log: &Log) -> Option<&ApiClient> {
        match &self.client {
            Ok(client) => Some(client),
            Err(error) => {
                log.error("client error", &error.to_string(), "");
                None
            }
        }
    }
}

fn token_verdict(
    outcome: Result<TokenOutcome, CallError>,
    log: &Log,
    forbidden: &'static str,
) -> Verdict<RunnerCredentials> {
    match outcome {
        Ok(TokenOutcome::Granted(credentials)) => {
            log.done("succeeded");
            Verdict::Done(credentials)
        }
        Ok(TokenOutcome::Forbidden(answer)) => {
            log.refused(forbidden, &answer);
            Verdict::Forbidden
        }
        Ok(TokenOutcome::Refused(answer)) => {
            log.refused("failed", &answer);
            Verdict::Failed
        }
        Err(error) => log.no_answer(&error),
    }
}

/// How the log names a call.
struct Log {
    doing: &'static str,
    runner: String,
    name: String,
}

impl Log {
    fn done(&self, result: &str) {
        tracing::info!(runner = self.runner, runner_name = self.name(), "{} {result}", self.doing);
    }

    /// The section's name, if it has one yet.
    fn name(&self) -> Option<&str> {
        Some(self.name.as_str()).filter(|name| !name.is_empty())
    }

    fn refused(&self, result: &str, answer: &Answer) {
        self.error(result, &answer.text, &answer.correlation_id);
    }

    fn error(&self, result: &str, status: &str, correlation_id: &str) {
        tracing::error!(
            correlation_id = (!correlation_id.is_empty()).then_some(correlation_id),
            runner = self.runner,
            runner_name = self.name(),
            status,
            "{} {result}",
            self.doing
        );
    }

    fn no_answer<T>(&self, error: &CallError) -> Verdict<T> {
        if error.is_not_built() {
            self.error("client error", &error.to_string(), &error.correlation_id);
            return Verdict::NotAsked;
        }
        self.error("failed", &error.to_string(), &error.correlation_id);
        Verdict::Failed
    }
}

/// When a token ends, as the coordinator says it.
pub(super) fn expiry(credentials: &RunnerCredentials) -> Result<Option<OffsetDateTime>, CliError> {
    let Some(text) = credentials.token_expires_at.as_deref().filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    OffsetDateTime::parse(text, &Rfc3339)
        .map(Some)
        .map_err(|_| CliError::operation("the coordinator's answer has a date that cannot be read"))
}

/// The section with another token, for calls that use it.
pub(super) fn with_token(section: &RunnerSection, token: &RunnerToken) -> RunnerSection {
    RunnerSection { token: token.clone(), ..section.clone() }
}
