//! Runners, and the machines that use them.

use super::keys::hash;
use super::memory::Memory;
use super::open::Kernel;
use super::{Machine, RunnerError, Topic};
use crate::error::KernelError;
use crate::model::{
    AccessLevel, Manager, NewRunner, Project, ProjectId, Runner, RunnerChange, RunnerId, RunnerKind,
    RunnerState, RunnerView, UserId,
};
use crate::store::{jobs, runners, settings};
use pipeline::Moment;
use protocol::{RegisterRequest, Secret};
use rusqlite::Connection;

/// What stands for a machine that does not say who it is.
const LEGACY: &str = "<legacy>";
/// Longest name of a machine.
const MOST_SYSTEM_ID: usize = 64;
/// How often it is written down that a machine was seen, in milliseconds.
const CONTACT: u64 = 60_000;
/// Most machines of one runner.
const MOST_MANAGERS: usize = 1000;
const REGISTRATION: &str = "registration_token";

/// A machine's name as it is kept.
pub(super) fn system_id(given: &str) -> String {
    let end = given.floor_char_boundary(MOST_SYSTEM_ID);
    let kept = &given[..end];
    if kept.is_empty() { LEGACY.to_owned() } else { kept.to_owned() }
}

/// Notes that a machine was seen, and what it says of itself: at once where that changed, else once a minute.
pub(super) fn note_contact(
    db: &Connection,
    memory: &mut Memory,
    runner: RunnerId,
    machine: &Machine,
    now: Moment,
) -> Result<(), KernelError> {
    let name = system_id(&machine.system_id);
    let known = runners::manager(db, runner, &name)?;
    if let Some(known) = &known {
        let recent = known.contacted_at.is_some_and(|at| now.0.saturating_sub(at.0) < CONTACT);
        if recent && known.info == machine.info {
            return Ok(());
        }
    } else if runners::count_managers(db, runner)? >= MOST_MANAGERS {
        return Ok(());
    }
    let manager = Manager {
        runner,
        system_id: name,
        info: machine.info.clone(),
        created_at: known.map_or(now, |known| known.created_at),
        contacted_at: Some(now),
        ip_address: machine.ip_address.clone(),
    };
    runners::put_manager(db, &manager)?;
    memory.tell(Topic::Runners);
    Ok(())
}

/// A project is no more: runners leave it.
pub(super) fn leave_project(
    db: &Connection,
    memory: &mut Memory,
    project: ProjectId,
) -> Result<(), KernelError> {
    let of: Vec<(Runner, super::keys::TokenHash)> = memory
        .roster
        .all()
        .filter(|entry| entry.runner.projects.contains(&project))
        .map(|entry| (entry.runner.clone(), entry.hash))
        .collect();
    for (mut runner, hash) in of {
        runner.projects.retain(|id| *id != project);
        runners::update(db, &runner)?;
        memory.roster.put(runner, hash);
    }
    Ok(())
}

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

fn made(new: NewRunner, token: &Secret, registered: bool, now: Moment) -> Result<Runner, KernelError> {
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

fn view(db: &Connection, runner: Runner, now: Moment) -> Result<RunnerView, KernelError> {
    let mut managers = runners::managers_of(db, runner.id)?;
    managers.sort_by_key(|manager| std::cmp::Reverse(manager.contacted_at));
    let contacted_at = managers.first().and_then(|manager| manager.contacted_at);
    Ok(RunnerView {
        state: RunnerState::of(contacted_at, runner.created_at, now),
        contacted_at,
        managers,
        running: jobs::of_runner(db, runner.id)?,
        runner,
    })
}

impl Kernel {
    /// Makes a runner. Its token is shown here and never again.
    ///
    /// # Errors
    /// Where something of it cannot be.
    pub async fn create_runner(&self, new: NewRunner) -> Result<(Runner, Secret), KernelError> {
        self.add_runner(new, "glrt-", false).await
    }

    async fn add_runner(
        &self,
        new: NewRunner,
        prefix: &str,
        registered: bool,
    ) -> Result<(Runner, Secret), KernelError> {
        let token = self.inner.vault.token(prefix)?;
        let mut runner = made(new, &token, registered, self.now())?;
        let hash = hash(token.expose());
        let stored = self.inner.store.write(move |db, memory| {
            for id in &runner.projects {
                memory.project(db, *id)?.ok_or(KernelError::NotFound("project"))?;
            }
            memory.touch();
            runners::insert(db, &mut runner, &hash)?;
            memory.roster.put(runner.clone(), hash);
            memory.tell(Topic::Runners);
            Ok::<_, KernelError>(runner)
        });
        Ok((stored.await?, token))
    }

    /// All runners; of a project: those that may take its jobs.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn runners(&self, of: Option<ProjectId>) -> Result<Vec<RunnerView>, KernelError> {
        let now = self.now();
        self.inner
            .store
            .read(move |db| {
                let project = match of {
                    Some(id) => crate::store::projects::find(db, &id.into())?,
                    None => None,
                };
                let fits = |runner: &Runner| match &project {
                    None => true,
                    Some(project) => is_of(runner, project),
                };
                let all = runners::all(db)?.into_iter().map(|(runner, _)| runner);
                all.filter(fits).map(|runner| view(db, runner, now)).collect()
            })
            .await
    }

    /// A runner.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn runner(&self, id: RunnerId) -> Result<RunnerView, KernelError> {
        let now = self.now();
        self.inner
            .store
            .read(move |db| {
                let mut all = runners::all(db)?.into_iter().map(|(runner, _)| runner);
                let runner = all.find(|runner| runner.id == id).ok_or(KernelError::NotFound("runner"))?;
                view(db, runner, now)
            })
            .await
    }

    /// Changes a runner. Jobs that wait are offered to it at once.
    ///
    /// # Errors
    /// Where a value cannot be; nothing is changed then.
    pub async fn update_runner(&self, id: RunnerId, change: RunnerChange) -> Result<Runner, KernelError> {
        self.inner
            .store
            .write(move |db, memory| {
                let entry = memory.roster.get(id).ok_or(KernelError::NotFound("runner"))?;
                let (mut runner, hash) = (entry.runner.clone(), entry.hash);
                apply(&mut runner, change)?;
                for project in &runner.projects {
                    memory.project(db, *project)?.ok_or(KernelError::NotFound("project"))?;
                }
                memory.touch();
                runners::update(db, &runner)?;
                memory.roster.put(runner.clone(), hash);
                memory.all_fresh();
                memory.tell(Topic::Runners);
                Ok(runner)
            })
            .await
    }

    /// Removes a runner. Jobs that it has are given up when nothing is heard of them any more.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn delete_runner(&self, id: RunnerId) -> Result<(), KernelError> {
        self.inner
            .store
            .write(move |db, memory| {
                memory.touch();
                memory.roster.remove(id);
                memory.tell(Topic::Runners);
                if runners::delete(db, id)? { Ok(()) } else { Err(KernelError::NotFound("runner")) }
            })
            .await
    }

    /// Gives a runner another token; the old one opens nothing any more.
    ///
    /// # Errors
    /// Where there is no such runner.
    pub async fn reset_runner_token(&self, id: RunnerId) -> Result<Secret, KernelError> {
        let view = self.runner(id).await?;
        let token = self.inner.vault.token(if view.runner.registered { "glrtr-" } else { "glrt-" })?;
        let (hash, short) = (hash(token.expose()), token.short_token().to_owned());
        let write = self.inner.store.write(move |db, memory| {
            let entry = memory.roster.get(id).ok_or(KernelError::NotFound("runner"))?;
            let runner = Runner { short_token: short, ..entry.runner.clone() };
            memory.touch();
            runners::set_token(db, id, &hash)?;
            runners::update(db, &runner)?;
            memory.roster.put(runner, hash);
            Ok::<_, KernelError>(())
        });
        write.await?;
        Ok(token)
    }

    /// The token that runners register with. It is made when it is first asked for.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn registration_token(&self) -> Result<Secret, KernelError> {
        self.inner.store.write(|db, memory| registration(db, memory, false)).await
    }

    /// Makes another registration token.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn reset_registration_token(&self) -> Result<Secret, KernelError> {
        self.inner.store.write(|db, memory| registration(db, memory, true)).await
    }

    /// Registers a runner of the instance with the registration token (`POST /runners`).
    ///
    /// # Errors
    /// Where the token is another one, or something of the runner cannot be.
    pub async fn register_runner(&self, request: RegisterRequest) -> Result<(Runner, Secret), RunnerError> {
        let expected = hash(self.registration_token().await?.expose());
        if hash(request.token.expose()) != expected {
            return Err(RunnerError::Forbidden);
        }
        let tags = request.tag_list.split(',').map(str::to_owned).collect();
        let limit = u64::try_from(request.maximum_timeout).ok().filter(|seconds| *seconds > 0);
        let access_level = match request.access_level.as_str() {
            "ref_protected" => AccessLevel::RefProtected,
            _ => AccessLevel::NotProtected,
        };
        let new = NewRunner {
            kind: RunnerKind::InstanceType,
            projects: Vec::new(),
            description: request.description,
            tags,
            run_untagged: request.run_untagged,
            access_level,
            locked: request.locked,
            paused: request.paused,
            maximum_timeout: limit,
            maintenance_note: request.maintenance_note,
            user: UserId::ROOT,
        };
        Ok(self.add_runner(new, "glrtr-", true).await?)
    }

    /// The runner of a token (`POST /runners/verify`); its machine is noted.
    ///
    /// # Errors
    /// Where the token is unknown or expired.
    pub async fn verify_runner(&self, token: &Secret, machine: Machine) -> Result<Runner, RunnerError> {
        let (hash, now) = (hash(token.expose()), self.now());
        self.inner
            .store
            .write(move |db, memory| {
                let entry = memory.roster.of_token(&hash).ok_or(RunnerError::Forbidden)?;
                let runner = entry.runner.clone();
                if runner.token_expires_at.is_some_and(|at| at <= now) {
                    return Err(RunnerError::Forbidden);
                }
                note_contact(db, memory, runner.id, &machine, now)?;
                Ok(runner)
            })
            .await
    }

    /// Removes the runner of a token (`DELETE /runners`).
    ///
    /// # Errors
    /// Where the token is unknown.
    pub async fn unregister_runner(&self, token: &Secret) -> Result<(), RunnerError> {
        let id = self.runner_of_token(token).await?;
        Ok(self.delete_runner(id).await?)
    }

    /// Removes a machine of the runner of a token (`DELETE /runners/managers`).
    ///
    /// # Errors
    /// Where the token is unknown, or the runner has no such machine.
    pub async fn unregister_manager(&self, token: &Secret, system: &str) -> Result<(), RunnerError> {
        let id = self.runner_of_token(token).await?;
        let name = system_id(system);
        let delete = self.inner.store.write(move |db, memory| {
            memory.tell(Topic::Runners);
            match runners::delete_manager(db, id, &name)? {
                true => Ok(()),
                false => Err(RunnerError::Kernel(KernelError::NotFound("runner manager"))),
            }
        });
        delete.await
    }

    /// Gives the runner of a token another one (`POST /runners/reset_authentication_token`).
    ///
    /// # Errors
    /// Where the token is unknown.
    pub async fn reset_own_token(&self, token: &Secret) -> Result<(Runner, Secret), RunnerError> {
        let id = self.runner_of_token(token).await?;
        let token = self.reset_runner_token(id).await?;
        Ok((self.runner(id).await?.runner, token))
    }

    async fn runner_of_token(&self, token: &Secret) -> Result<RunnerId, RunnerError> {
        let hash = hash(token.expose());
        let find = self.inner.store.write(move |_, memory| {
            let entry = memory.roster.of_token(&hash).ok_or(RunnerError::Forbidden)?;
            Ok(entry.runner.id)
        });
        find.await
    }
}

/// Whether a runner may take jobs of a project at all.
fn is_of(runner: &Runner, project: &Project) -> bool {
    match runner.kind {
        RunnerKind::InstanceType => project.instance_runners,
        RunnerKind::ProjectType => runner.projects.contains(&project.id),
    }
}

/// The registration token is kept sealed: it is to be shown again.
fn registration(db: &Connection, memory: &mut Memory, anew: bool) -> Result<Secret, KernelError> {
    if let Some(text) = settings::get(db, REGISTRATION)?.filter(|_| !anew) {
        let sealed: Vec<u8> = crate::store::json::read("the registration token", &text)?;
        return memory.vault.open_sealed(REGISTRATION, &sealed);
    }
    let token = memory.vault.token("GR1348941")?;
    let sealed = memory.vault.seal(REGISTRATION, &token)?;
    settings::set(db, REGISTRATION, &crate::store::json::write(&sealed)?)?;
    Ok(token)
}

fn apply(runner: &mut Runner, change: RunnerChange) -> Result<(), KernelError> {
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
