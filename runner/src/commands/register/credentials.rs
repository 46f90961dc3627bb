//! What the coordinator gives for the token that was typed.

use super::Registration;
use super::prompt::{Lines, Question};
use crate::cli::RegisterArgs;
use crate::commands::coordinator::{Coordinator, Verdict, expiry};
use crate::config::{Draft, RunnerSection, Value};
use crate::error::CliError;
use crate::info;
use protocol::{RegisterRequest, RunnerCredentials, RunnerToken, Secret};
use time::OffsetDateTime;

/// What goes into the section.
pub(super) struct Credentials {
    pub(super) token: RunnerToken,
    id: i64,
    /// Nothing where the coordinator did not give the token out just now.
    obtained_at: Option<OffsetDateTime>,
    expires_at: Option<OffsetDateTime>,
    /// Whether the name is local, and to be asked for; otherwise it was the description.
    pub(super) asks_name: bool,
}

impl Credentials {
    pub(super) fn put_into(&self, draft: &mut Draft) {
        draft.set("token", Value::Secret(Secret::new(self.token.expose())));
        draft.set("id", Value::Integer(self.id));
        draft.set("token_obtained_at", Value::DateTime(self.obtained_at));
        draft.set("token_expires_at", Value::DateTime(self.expires_at));
    }
}

impl<L: Lines> Registration<'_, L> {
    /// Finds out which kind of token there is, and shows it to the coordinator.
    pub(super) async fn credentials(&mut self) -> Result<Credentials, CliError> {
        let typed = self.draft.text("token").map(RunnerToken::new);
        match typed {
            Some(token) if token.is_authentication_token() => {
                refuse_reserved(self.args)?;
                self.created_in_gitlab(token).await
            }
            Some(token) => self.given_before(token).await,
            None => {
                let token = self.ask_registration_token().await?;
                self.context.log.hide(token.expose());
                let created = RunnerToken::new(token.expose());
                if created.is_authentication_token() {
                    warn_of_reserved(self.args);
                    return self.created_in_gitlab(created).await;
                }
                self.exchanged(token).await
            }
        }
    }

    async fn ask_registration_token(&mut self) -> Result<Secret, CliError> {
        let question = Question::required("registration-token", "Enter the registration token:")
            .flag("--token (glrt-…), or --registration-token or REGISTRATION_TOKEN");
        let given = self.args.registration_token.as_ref().map_or("", Secret::expose);
        Ok(Secret::new(self.prompt.ask(&question, given).await?))
    }

    /// A token made in GitLab's pages: verified and kept.
    async fn created_in_gitlab(&mut self, token: RunnerToken) -> Result<Credentials, CliError> {
        if self.existing.runners.iter().any(|section| section.token == token) {
            tracing::warn!("A runner with this system ID and token has already been registered.");
        }
        let failed = || CliError::operation("Failed to verify the runner.");
        let section = self.section_with(&token);
        let answer = match Coordinator::new(&section, self.context).verify(&self.system_id).await {
            Verdict::Done(answer) => answer,
            Verdict::Forbidden => return Err(failed().hint("GitLab does not know the token")),
            Verdict::NotAsked | Verdict::Failed => return Err(failed()),
        };
        match answer {
            Some(answer) if answer.id != 0 => Ok(Credentials {
                id: answer.id,
                obtained_at: Some(OffsetDateTime::now_utc()),
                expires_at: expiry(&answer)?,
                token,
                asks_name: true,
            }),
            _ => Err(failed()
                .because("the answer does not say which runner it is")
                .hint("is the url that of a GitLab instance?")),
        }
    }

    /// Another token given as the runner's own: only refused if the coordinator clearly does not know it.
    async fn given_before(&mut self, token: RunnerToken) -> Result<Credentials, CliError> {
        tracing::info!("Token specified trying to verify runner...");
        tracing::warn!("If you want to register use the '-r' instead of '-t'.");
        let section = self.section_with(&token);
        match Coordinator::new(&section, self.context).verify(&self.system_id).await {
            Verdict::Forbidden => Err(CliError::operation("Failed to verify the runner.")
                .hint("a registration token is given by --registration-token")),
            Verdict::NotAsked => {
                Err(CliError::operation("Failed to verify the runner.").because("nothing was asked"))
            }
            Verdict::Done(_) | Verdict::Failed => {
                Ok(Credentials { token, id: 0, obtained_at: None, expires_at: None, asks_name: false })
            }
        }
    }

    /// A registration token: exchanged for a runner's token.
    async fn exchanged(&mut self, token: Secret) -> Result<Credentials, CliError> {
        tracing::warn!(
            "Registration tokens are deprecated since GitLab 15.6. Create the runner in GitLab and use its \
             authentication token (--token glrt-…) instead."
        );
        let request = self.request(token).await?;
        let section = self.draft.section();
        match Coordinator::new(&section, self.context).register(&request).await {
            Verdict::Done(answer) => {
                self.context.log.hide(answer.token.expose());
                kept(&answer)
            }
            Verdict::Forbidden => Err(CliError::operation("Failed to register the runner.")
                .hint("GitLab does not know the registration token")),
            Verdict::NotAsked | Verdict::Failed => Err(CliError::operation("Failed to register the runner.")),
        }
    }

    async fn request(&mut self, token: Secret) -> Result<RegisterRequest, CliError> {
        let name = self.draft.text("name").unwrap_or("").to_owned();
        let question = Question::optional("name", "Enter a description for the runner:");
        let description = self.prompt.ask(&question, &name).await?;
        self.draft.set("name", Value::Text(description.clone()));
        let question = Question::optional("tag-list", "Enter tags for the runner (comma-separated):");
        let tag_list = self.prompt.ask(&question, &self.args.tag_list).await?;
        let question =
            Question::optional("maintenance-note", "Enter optional maintenance note for the runner:");
        let maintenance_note = self.prompt.ask(&question, &self.args.maintenance_note).await?;
        Ok(RegisterRequest {
            info: info::of_program(),
            token,
            description,
            maintenance_note,
            // A runner without tags could not take any job otherwise.
            run_untagged: self.args.run_untagged || tag_list.is_empty(),
            tag_list,
            locked: self.args.locked,
            access_level: self.args.access_level.clone(),
            maximum_timeout: self.args.maximum_timeout,
            paused: self.args.paused,
        })
    }

    fn section_with(&self, token: &RunnerToken) -> RunnerSection {
        crate::commands::coordinator::with_token(&self.draft.section(), token)
    }
}

fn kept(answer: &RunnerCredentials) -> Result<Credentials, CliError> {
    Ok(Credentials {
        token: answer.token.clone(),
        id: answer.id,
        obtained_at: Some(OffsetDateTime::now_utc()),
        expires_at: expiry(answer)?,
        asks_name: false,
    })
}

/// Flags whose settings belong to GitLab once a runner is made there.
fn reserved(args: &RegisterArgs) -> Vec<&'static str> {
    let set = [
        ("--locked", !args.locked),
        ("--access-level", !args.access_level.is_empty()),
        ("--run-untagged", args.run_untagged),
        ("--maximum-timeout", args.maximum_timeout != 0),
        ("--paused", args.paused),
        ("--tag-list", !args.tag_list.is_empty()),
        ("--maintenance-note", !args.maintenance_note.is_empty()),
    ];
    set.into_iter().filter(|(_, set)| *set).map(|(flag, _)| flag).collect()
}

fn refuse_reserved(args: &RegisterArgs) -> Result<(), CliError> {
    let flags = reserved(args);
    if flags.is_empty() {
        return Ok(());
    }
    let message = format!("{} cannot be given together with a runner authentication token", flags.join(", "));
    Err(CliError::usage(message).because("a runner made in GitLab has these settings there").hint(
        "leave them out (and their REGISTER_… and RUNNER_TAG_LIST variables), and set them in GitLab's pages",
    ))
}

fn warn_of_reserved(args: &RegisterArgs) {
    let flags = reserved(args);
    if !flags.is_empty() {
        tracing::warn!(
            "You have specified an authentication token in the legacy-compatible registration process: {} have no \
             effect. Set them in GitLab's pages.",
            flags.join(", ")
        );
    }
}
