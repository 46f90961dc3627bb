//! Projects.

use super::Topic;
use super::evaluate::beside;
use super::memory::Effect;
use super::open::Kernel;
use crate::error::KernelError;
use crate::model::{
    GitRef, NewProject, Page, Paged, Project, ProjectChange, ProjectFilter, ProjectId, ProjectRef,
};
use crate::store::{artifacts, jobs, pipelines, projects};
use pipeline::PipelineId;

/// Words that no part of a path may be: addresses of the coordinator begin with them.
const RESERVED: &[&str] = &["-", "api", "assets", "users", "projects", "runners", "admin", "help", "health"];

/// Whether a project protects a ref: jobs of others see none of its protected variables.
pub(crate) fn protects(project: &Project, reference: &GitRef) -> bool {
    let patterns = match reference {
        GitRef::Branch(_) => &project.protected_branches,
        GitRef::Tag(_) => &project.protected_tags,
    };
    patterns.iter().any(|pattern| covers(pattern, reference.name()))
}

/// Whether a pattern covers a name; `*` stands for any run of characters.
fn covers(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

fn check_path(path: &str) -> Result<String, KernelError> {
    let path = path.trim_matches('/');
    let full = if path.contains('/') { path.to_owned() } else { format!("root/{path}") };
    let fits = |part: &str| {
        let bytes = part.as_bytes();
        let good = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        bytes.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            && bytes.iter().all(good)
            && !part.ends_with('.')
            && !part.ends_with(".git")
            && !part.ends_with(".atom")
    };
    let reserved = full.split('/').next().is_some_and(|first| RESERVED.contains(&first));
    let depth = full.split('/').count();
    if path.is_empty() || full.len() > 255 || depth > 20 || reserved || !full.split('/').all(fits) {
        let message = "can contain only letters, digits, '_', '-' and '.', with '/' between its parts";
        return Err(KernelError::invalid("path", message));
    }
    Ok(full)
}

fn check_visibility(word: &str) -> Result<(), KernelError> {
    match word {
        "private" | "internal" | "public" => Ok(()),
        _ => Err(KernelError::invalid("visibility", "is not private, internal or public")),
    }
}

fn check_text(field: &'static str, text: &str, most: usize) -> Result<(), KernelError> {
    if text.trim().is_empty() {
        return Err(KernelError::invalid(field, "can't be blank"));
    }
    if text.len() > most || text.chars().any(char::is_control) {
        return Err(KernelError::invalid(
            field,
            format!("is too long (maximum is {most} bytes) or not text"),
        ));
    }
    Ok(())
}

impl Kernel {
    /// Makes a project with an empty repository.
    ///
    /// # Errors
    /// Where path, name or branch cannot be, or the path is taken.
    pub async fn create_project(&self, new: NewProject) -> Result<Project, KernelError> {
        let path = check_path(&new.path)?;
        let default_branch = new.default_branch.unwrap_or_else(|| "main".into());
        check_text("default_branch", &default_branch, 255)?;
        let visibility = new.visibility.unwrap_or_else(|| "private".into());
        check_visibility(&visibility)?;
        let name = new.name.unwrap_or_else(|| path.rsplit('/').next().unwrap_or(&path).to_owned());
        check_text("name", &name, 255)?;
        let mut project = Project {
            id: ProjectId(0),
            path,
            name,
            description: new.description,
            protected_branches: vec![default_branch.clone()],
            default_branch,
            visibility,
            config_path: ".gitlab-ci.yml".into(),
            timeout: 3600,
            git_depth: 20,
            git_fetch: true,
            auto_cancel: true,
            builds_enabled: true,
            instance_runners: true,
            keep_latest_artifacts: true,
            separate_caches: true,
            cache_index: 0,
            protected_tags: Vec::new(),
            user: new.user,
            created_at: self.now(),
        };
        let stored = self.inner.store.write(move |db, memory| {
            projects::insert(db, &mut project)?;
            memory.tell(Topic::Project(project.id));
            Ok::<_, KernelError>(project)
        });
        let project = stored.await?;
        let (inner, of) = (self.inner.clone(), project.clone());
        if let Err(error) = beside(move || inner.repositories.create(&of)).await? {
            let id = project.id;
            let undo = move |db: &rusqlite::Connection, _: &mut super::memory::Memory| {
                projects::delete(db, id)?;
                Ok::<_, KernelError>(())
            };
            self.inner.store.write(undo).await?;
            return Err(error.into());
        }
        Ok(project)
    }

    /// A project.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn project(&self, of: ProjectRef) -> Result<Project, KernelError> {
        let found = self.inner.store.read(move |db| Ok::<_, KernelError>(projects::find(db, &of)?)).await?;
        found.ok_or(KernelError::NotFound("project"))
    }

    /// Projects, the newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn projects(&self, filter: ProjectFilter, page: Page) -> Result<Paged<Project>, KernelError> {
        self.inner.store.read(move |db| Ok(projects::page(db, &filter, page)?)).await
    }

    /// Changes the settings of a project.
    ///
    /// # Errors
    /// Where a value cannot be; nothing is changed then.
    pub async fn update_project(&self, id: ProjectId, change: ProjectChange) -> Result<Project, KernelError> {
        self.inner
            .store
            .write(move |db, memory| {
                let found = projects::find(db, &ProjectRef::Id(id))?;
                let mut project = found.ok_or(KernelError::NotFound("project"))?;
                apply(&mut project, change)?;
                projects::update(db, &project)?;
                memory.project_changed(id);
                memory.project(db, id)?;
                memory.roster.bump(|_| true);
                memory.tell(Topic::Project(id));
                Ok(project)
            })
            .await
    }

    /// Removes a project with all that is of it: pipelines, traces, artifacts, variables, the repository.
    ///
    /// # Errors
    /// Where there is none, or it cannot be removed.
    pub async fn delete_project(&self, id: ProjectId) -> Result<(), KernelError> {
        let project = self.project(id.into()).await?;
        let gone = self.inner.store.write(move |db, memory| {
            memory.touch();
            let gone = jobs::ids(db, "project_id", id.0)?;
            for pipeline in pipelines::ids(db, id)? {
                memory.forget(pipeline);
            }
            for job in &gone {
                if memory.release(*job) {
                    memory.effect(Effect::Unleased(*job));
                }
            }
            super::runners::leave_project(db, memory, id)?;
            projects::delete(db, id)?;
            memory.project_changed(id);
            memory.effect(Effect::RemoveJobs(gone));
            memory.tell(Topic::Project(id));
            Ok::<_, KernelError>(())
        });
        gone.await?;
        let inner = self.inner.clone();
        beside(move || inner.repositories.remove(project.id)).await??;
        Ok(())
    }

    /// A branch or tag is gone: artifacts that were kept as the latest of it may expire.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn ref_deleted(&self, id: ProjectId, reference: GitRef) -> Result<(), KernelError> {
        let all = PipelineId(i64::MAX);
        let unlock = self
            .inner
            .store
            .write(move |db, _| Ok::<_, KernelError>(artifacts::unlock_before(db, id, &reference, all)?));
        unlock.await
    }
}

fn apply(project: &mut Project, change: ProjectChange) -> Result<(), KernelError> {
    switches(project, &change);
    if let Some(name) = change.name {
        check_text("name", &name, 255)?;
        project.name = name;
    }
    if let Some(description) = change.description {
        if description.len() > 2000 {
            return Err(KernelError::invalid("description", "is too long (maximum is 2000 bytes)"));
        }
        project.description = description;
    }
    if let Some(branch) = change.default_branch {
        check_text("default_branch", &branch, 255)?;
        project.default_branch = branch;
    }
    if let Some(word) = change.visibility {
        check_visibility(&word)?;
        project.visibility = word;
    }
    if let Some(path) = change.config_path {
        let path = path.trim().to_owned();
        if path.len() > 255 || path.split('/').any(|part| part == "..") {
            return Err(KernelError::invalid("ci_config_path", "can't include directory traversal."));
        }
        project.config_path = if path.is_empty() { ".gitlab-ci.yml".into() } else { path };
    }
    if let Some(timeout) = change.timeout {
        if !(600..2_678_400).contains(&timeout) {
            let message = "needs to be between 10 minutes and 1 month";
            return Err(KernelError::invalid("build_timeout", message));
        }
        project.timeout = timeout;
    }
    if let Some(depth) = change.git_depth {
        if !(0..=1000).contains(&depth) {
            return Err(KernelError::invalid("ci_default_git_depth", "must be between 0 and 1000"));
        }
        project.git_depth = depth;
    }
    if let Some(patterns) = change.protected_branches {
        project.protected_branches = checked("protected_branches", patterns)?;
    }
    if let Some(patterns) = change.protected_tags {
        project.protected_tags = checked("protected_tags", patterns)?;
    }
    Ok(())
}

fn switches(project: &mut Project, change: &ProjectChange) {
    let set = |place: &mut bool, value: Option<bool>| *place = value.unwrap_or(*place);
    set(&mut project.git_fetch, change.git_fetch);
    set(&mut project.auto_cancel, change.auto_cancel);
    set(&mut project.builds_enabled, change.builds_enabled);
    set(&mut project.instance_runners, change.instance_runners);
    set(&mut project.keep_latest_artifacts, change.keep_latest_artifacts);
    set(&mut project.separate_caches, change.separate_caches);
    project.cache_index += u64::from(change.clear_caches);
}

fn checked(field: &'static str, mut patterns: Vec<String>) -> Result<Vec<String>, KernelError> {
    if patterns.len() > 100 {
        return Err(KernelError::invalid(field, "has too many entries (maximum is 100)"));
    }
    for pattern in &patterns {
        check_text(field, pattern, 255)?;
    }
    patterns.sort_unstable();
    patterns.dedup();
    Ok(patterns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_confined() {
        assert_eq!(check_path("demo"), Ok("root/demo".into()));
        assert_eq!(check_path("/group/sub/demo/"), Ok("group/sub/demo".into()));
        for bad in ["", "/", "..", "a/../b", "a//b", "api/v4", "a/b.git", "a b", "a/-x", "ä/b", "-/x"] {
            assert!(check_path(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn patterns_protect() {
        let mut project = crate::kernel::testing::project(1);
        project.protected_branches = vec!["main".into(), "release/*".into()];
        project.protected_tags = vec!["v*".into()];
        let branch = |name: &str| GitRef::Branch(name.into());
        assert!(protects(&project, &branch("main")) && protects(&project, &branch("release/1")));
        assert!(!protects(&project, &branch("main2")) && !protects(&project, &branch("v1")));
        assert!(protects(&project, &GitRef::Tag("v1".into())));
        assert!(!protects(&project, &GitRef::Tag("main".into())));
    }
}
