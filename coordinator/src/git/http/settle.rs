//! What a push leads to, once git is through with it.

use super::super::folders::is_id;
use super::super::options::PushOptions;
use super::super::receive::Command;
use super::super::words::Words;
use super::super::{Git, Outcome, PIPELINES_OF_A_PUSH, Pushed, Update, Who};
use super::push::Push;
use crate::kernel::NewPipeline;
use crate::model::{GitRef, ProjectId, UserId};
use std::collections::HashMap;

/// A push that is through.
pub(super) struct Settle<'a> {
    pub(super) git: &'a Git,
    pub(super) pushed: &'a dyn Pushed,
    pub(super) push: &'a Push,
    /// Whether it may have been told before.
    pub(super) again: bool,
}

/// A ref that was changed.
struct Changed<'a> {
    command: &'a Command,
    /// The commit that it stands for now.
    commit: Option<String>,
}

impl Settle<'_> {
    /// Tells of each changed ref, and says what is to be said. `results` is git's report, if there is one.
    pub(super) async fn run(&self, results: Option<HashMap<String, Option<String>>>) -> Words {
        let mut words = Words::default();
        let project = self.push.entry.project.id;
        let commands = &self.push.head.commands;
        let accepted: Vec<Command> = match &results {
            Some(results) => {
                self.complain(results, &mut words);
                let ok = |command: &&Command| results.get(&command.reference).is_some_and(Option::is_none);
                commands.iter().filter(ok).cloned().collect()
            }
            // It is not known from git, so the refs are looked at.
            None => {
                let refusals = self.push.refusals();
                let asked = |command: &&Command| !refusals.contains_key(command.reference.as_str());
                let asked = commands.iter().filter(asked);
                asked.filter(|command| command.before != command.after).cloned().collect()
            }
        };
        let (git, look) = (self.git.clone(), results.is_none());
        let changed = tokio::task::spawn_blocking(move || look_at(&git, project, accepted, look)).await;
        let changed = changed.unwrap_or_default();
        if changed.is_empty() {
            return words;
        }
        self.git.was_pushed(project);
        self.adopt_default_branch(&changed).await;
        let changed: Vec<Changed<'_>> =
            changed.iter().map(|(command, commit)| Changed { command, commit: commit.clone() }).collect();
        self.tell(&changed, &mut words).await;
        words
    }

    fn complain(&self, results: &HashMap<String, Option<String>>, words: &mut Words) {
        let refusals = self.push.refusals();
        for command in &self.push.head.commands {
            let name = command.reference.as_str();
            let Some(Some(reason)) = results.get(name) else { continue };
            if let Some(why) = refusals.get(name) {
                words.refused(name, why);
            } else if reason.contains("non-fast-forward") && self.push.only_forward(name) {
                words.no_force(name);
            }
        }
    }

    async fn tell(&self, changed: &[Changed<'_>], words: &mut Words) {
        let options = PushOptions::read(self.push.head.options.iter().map(String::as_str));
        for complaint in &options.complaints {
            words.say(complaint);
        }
        let Who::User(user) = self.push.entry.who else { return };
        let project = &self.push.entry.project;
        let (mut made, mut left) = (0, Vec::new());
        for change in changed {
            let command = change.command;
            let mut pipeline =
                if options.no_pipeline { None } else { pipeline(change, project.id, user, &options) };
            let name = short(&command.reference);
            if pipeline.is_some() && made == PIPELINES_OF_A_PUSH {
                left.push(name);
                pipeline = None;
            }
            made += usize::from(pipeline.is_some());
            let update = Update {
                project: project.clone(),
                user,
                reference: command.reference.clone(),
                before: command.before.clone(),
                after: command.after.clone(),
                pipeline,
                again: self.again,
            };
            let outcome: Outcome = self.pushed.updated(update).await;
            words.outcome(name, &outcome, |id| self.pushed.pipeline_url(project, id));
        }
        words.too_many(&left);
    }

    /// The first branch of a repository is its default branch, unless the default branch comes with it.
    async fn adopt_default_branch(&self, changed: &[(Command, Option<String>)]) {
        let project = &self.push.entry.project;
        let there = self
            .git
            .repository(project.id)
            .is_some_and(|repository| repository.has_ref(&format!("refs/heads/{}", project.default_branch)));
        let created = |command: &Command| command.before.is_none() && command.after.is_some();
        let branch = |(command, _): &(Command, Option<String>)| match GitRef::parse(&command.reference) {
            Some(GitRef::Branch(name)) if created(command) => Some(name),
            _ => None,
        };
        let mut names: Vec<String> = changed.iter().filter_map(branch).collect();
        if there || names.is_empty() {
            return;
        }
        let (git, id) = (self.git.clone(), project.id);
        let usual = names.iter().position(|name| name == "main" || name == "master").unwrap_or_default();
        let name = names.swap_remove(usual);
        let adopted = {
            let name = name.clone();
            tokio::task::spawn_blocking(move || adopt(&git, id, &name, &names)).await
        };
        if matches!(adopted, Ok(true)) {
            self.pushed.default_branch(project.clone(), name).await;
        }
    }
}

/// Lets `HEAD` point to a branch, unless there were branches before this push.
fn adopt(git: &Git, project: ProjectId, name: &str, new: &[String]) -> bool {
    let Some(repository) = git.repository(project) else { return false };
    let is_new = |branch: &gitread::Branch| branch.name == name || new.contains(&branch.name);
    let first = repository.branches().is_ok_and(|branches| branches.iter().all(is_new));
    first && git.set_default_branch(project, name).is_ok()
}

/// The commit of each changed ref. `look`: leaves out those that were not changed after all.
fn look_at(
    git: &Git,
    project: ProjectId,
    commands: Vec<Command>,
    look: bool,
) -> Vec<(Command, Option<String>)> {
    let Some(repository) = git.repository(project) else { return Vec::new() };
    let is_so = |command: &Command| match &command.after {
        None => !repository.has_ref(&command.reference),
        Some(id) => repository.points_to(&command.reference).is_ok_and(|now| now.as_ref() == Some(id)),
    };
    commands
        .into_iter()
        .filter(|command| !look || is_so(command))
        .map(|command| {
            let commit = match &command.after {
                Some(id) if command.reference.starts_with("refs/heads/") => Some(id.clone()),
                Some(id) if command.reference.starts_with("refs/tags/") && is_id(id) => {
                    repository.objects().commit(id).ok().flatten()
                }
                _ => None,
            };
            (command, commit)
        })
        .collect()
}

/// What a ref is called among people.
fn short(reference: &str) -> &str {
    let place = ["refs/heads/", "refs/tags/"].iter().find_map(|place| reference.strip_prefix(place));
    place.unwrap_or(reference)
}

/// The pipeline that a changed ref asks for.
fn pipeline(
    change: &Changed<'_>,
    project: ProjectId,
    user: UserId,
    options: &PushOptions,
) -> Option<NewPipeline> {
    let commit = change.commit.clone()?;
    let reference = GitRef::parse(&change.command.reference)?;
    let before_sha = change.command.before.clone().filter(|_| !reference.is_tag());
    let mut new = NewPipeline::push(project, reference, commit, user);
    new.before_sha = before_sha;
    new.variables.clone_from(&options.variables);
    new.inputs.clone_from(&options.inputs);
    new.skip = options.skip;
    Some(new)
}
