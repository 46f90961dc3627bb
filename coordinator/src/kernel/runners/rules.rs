//! What a runner may be, when it is made and when it is changed.

use crate::error::KernelError;
use crate::model::{NewRunner, Runner, RunnerChange, RunnerId, RunnerKind};
use pipeline::Moment;
use protocol::Secret;

fn check_tags(tags: Vec<String>) -> Result<Vec<String>, KernelError> {
    let mut seen = Vec::new();
    for tag in tags {
        let tag = tag.trim().to_owned();
        if tag.len() > 255 || tag.chars().any(char::is_control) {
            return Err(KernelError::invalid("tag_list", "has a tag that is too long or not text"));
        }
        if !tag.is_empty() && !seen.contains(&tag) {
            seen.push(tag);
        }
    }
    if seen.len() > 50 {
        return Err(KernelError::invalid(
            "tag_list",
            "Too many tags specified. Please limit the number of tags to 50",
        ));
    }
    Ok(seen)
}

/// What holds of every runner.
fn check(runner: &Runner) -> Result<(), KernelError> {
    if runner.description.len() > 1024 || runner.maintenance_note.len() > 1024 {
        return Err(KernelError::invalid("description", "is too long (maximum is 1024 characters)"));
    }
    if runner.maximum_timeout.is_some_and(|seconds| seconds < 600) {
        return Err(KernelError::invalid("maximum_timeout", "needs to be at least 10 minutes"));
    }
    if !runner.run_untagged && runner.tags.is_empty() {
        let message = "can not be empty when runner is not allowed to pick untagged jobs";
        return Err(KernelError::invalid("tags_list", message));
    }
    if runner.kind == RunnerKind::ProjectType && runner.projects.is_empty() {
        return Err(KernelError::invalid("runner", "needs to be assigned to at least one project"));
    }
    Ok(())
}

/// A runner as it is asked for.
pub(super) fn made(
    new: NewRunner,
    token: &Secret,
    registered: bool,
    now: Moment,
) -> Result<Runner, KernelError> {
    let runner = Runner {
        id: RunnerId(0),
        kind: new.kind,
        projects: new.projects,
        description: new.description,
        tags: check_tags(new.tags)?,
        run_untagged: new.run_untagged,
        access_level: new.access_level,
        locked: new.locked,
        paused: new.paused,
        maximum_timeout: new.maximum_timeout,
        maintenance_note: new.maintenance_note,
        short_token: token.short_token().to_owned(),
        token_expires_at: None,
        registered,
        user: new.user,
        created_at: now,
    };
    check(&runner)?;
    Ok(runner)
}

/// Changes what is named in a change.
pub(super) fn apply(runner: &mut Runner, change: RunnerChange) -> Result<(), KernelError> {
    if let Some(description) = change.description {
        runner.description = description;
    }
    if let Some(tags) = change.tags {
        runner.tags = check_tags(tags)?;
    }
    runner.run_untagged = change.run_untagged.unwrap_or(runner.run_untagged);
    runner.access_level = change.access_level.unwrap_or(runner.access_level);
    runner.locked = change.locked.unwrap_or(runner.locked);
    runner.paused = change.paused.unwrap_or(runner.paused);
    runner.maximum_timeout = change.maximum_timeout.unwrap_or(runner.maximum_timeout);
    if let Some(note) = change.maintenance_note {
        runner.maintenance_note = note;
    }
    if let Some(projects) = change.projects {
        let further = projects.iter().any(|id| !runner.projects.contains(id));
        if runner.locked && further {
            return Err(KernelError::Forbidden("the runner is locked to its projects"));
        }
        runner.projects = projects;
    }
    check(runner)
}
