//! Replaces runner tokens that are about to end.

use super::manager::{Event, Manager};
use super::rotation;
use super::schedule::Owner;
use super::section::Section;
use crate::config::{Config, NewToken, SectionId, Store};
use client::{Patience, TokenOutcome};
use std::rc::Rc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::Instant;

/// After a failure.
const RETRY: Duration = Duration::from_secs(600);

/// After a failure to write the file.
const WRITE_AGAIN: Duration = Duration::from_secs(10);

/// tokio's timers do not look further ahead than a few years; a plan is made anew by then.
const FARTHEST: Duration = Duration::from_secs(30 * 24 * 3600);

impl Manager {
    /// Plans the next replacement: that of the section which is due first.
    pub(super) fn plan_rotation(&mut self, config: &Config) {
        self.rotation = None;
        if self.configuration.file().is_none() {
            return;
        }
        let due = config.runners.iter().zip(self.sections.iter());
        let due = due.filter_map(|(runner, section)| Some((rotation::due_at(runner)?, section)));
        let Some((at, section)) = due.min_by_key(|(at, _)| *at) else { return };
        let wait = rotation::wait(at, OffsetDateTime::now_utc()).min(FARTHEST);
        self.rotation = Some((Instant::now() + wait, Rc::clone(section)));
    }

    /// A token was replaced: what its section runs goes on to count.
    pub(super) fn rotated(&mut self, old: &Owner, new: &Owner) {
        self.schedule.rename(old, new);
        for claim in self.jobs.claims_mut().filter(|claim| claim.owner == *old) {
            claim.owner = new.clone();
        }
        self.look_at_file(true);
    }

    /// Replaces the token of the section whose time has come.
    pub(super) fn rotate(&mut self) {
        let Some((_, section)) = self.rotation.take() else { return };
        let due = rotation::due_at(&section.config);
        if due.is_some_and(|at| at > OffsetDateTime::now_utc()) {
            // The timer only goes so far.
            self.rotation = Some((Instant::now() + FARTHEST, section));
            return;
        }
        let (runner, runner_name) = (section.short(), section.config.name.as_str());
        if rotation::is_disabled(&section.config) {
            tracing::warn!(
                runner,
                runner_name,
                "The token is due to be replaced, but FF_DISABLE_AUTOMATIC_TOKEN_ROTATION is set"
            );
            return;
        }
        let Some(path) = self.configuration.file() else { return };
        let store = Store::new(path, self.configuration.environment());
        // Should it fail, it is tried again; a success plans anew.
        self.rotation = Some((Instant::now() + RETRY, Rc::clone(&section)));
        let events = self.care.events.clone();
        tokio::task::spawn_local(async move {
            if let Some(short_token) = replace(&section, &store).await {
                let new = Owner { short_token, ..section.owner.clone() };
                let _ = events.send(Event::Rotated { old: section.owner.clone(), new });
            }
        });
    }
}

/// Gets a new token and writes it into the file. Gives its short form.
async fn replace(section: &Section, store: &Store) -> Option<String> {
    let (runner, runner_name) = (section.short(), section.config.name.as_str());
    let client = section.client.as_ref()?;
    let credentials = match client.reset_token(&section.config.token, &Patience::default()).await {
        Ok(TokenOutcome::Granted(credentials)) => credentials,
        Ok(TokenOutcome::Forbidden(answer) | TokenOutcome::Refused(answer)) => {
            tracing::error!(
                runner,
                runner_name,
                status = answer.text.as_str(),
                "The token could not be replaced"
            );
            return None;
        }
        Err(error) => {
            tracing::error!(runner, runner_name, %error, "The token could not be replaced");
            return None;
        }
    };
    let new = NewToken {
        token: credentials.token.clone(),
        obtained_at: OffsetDateTime::now_utc(),
        expires_at: credentials.token_expires_at.as_deref().and_then(expiry),
    };
    let id = SectionId { name: section.config.name.clone(), token: section.config.token.clone() };
    // The old token is void by now, and the new one is nowhere but here.
    while let Err(error) = store.set_token(&id, &new) {
        let error = crate::error::CliError::operation("set_token").caused_by(&error).one_line();
        tracing::error!(runner, runner_name, error, "The new token cannot be written down, trying again");
        tokio::time::sleep(WRITE_AGAIN).await;
    }
    tracing::info!(runner, runner_name, "The token was replaced");
    Some(new.token.short().to_owned())
}

fn expiry(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).ok()
}
