//! Variables of the settings.

use super::keys::Vault;
use super::open::Kernel;
use crate::error::KernelError;
use crate::model::{NewVariable, PipelineVariable, ProjectId, Variable};
use crate::store::{pipelines, projects, variables};
use pipeline::PipelineId;
use rusqlite::Connection;
use std::sync::Arc;

/// Largest value, in bytes.
const MOST_VALUE: usize = 10_000;
/// Most variables of a project.
const MOST: usize = 8000;

/// The variables of the instance, and those of a project.
pub(super) type Settings = (Arc<[Variable]>, Arc<[Variable]>);

pub(super) fn sealed_of(
    db: &Connection,
    vault: &Vault,
    of: Option<ProjectId>,
) -> Result<Vec<Variable>, KernelError> {
    let sealed = variables::all(db, of)?;
    sealed.iter().map(|sealed| vault.open_sealed("variable", sealed)).collect()
}

/// The variables of the instance and of a project.
pub(super) fn settings(
    db: &Connection,
    vault: &Vault,
    project: ProjectId,
) -> Result<(Vec<Variable>, Vec<Variable>), KernelError> {
    Ok((sealed_of(db, vault, None)?, sealed_of(db, vault, Some(project))?))
}

fn check(variable: &Variable) -> Result<(), KernelError> {
    let name = variable.key.as_bytes();
    let good = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    if name.is_empty() || name.len() > 255 || !name.iter().all(good) {
        return Err(KernelError::invalid("key", "can contain only letters, digits and '_'."));
    }
    if variable.value.len() > MOST_VALUE {
        let message = format!("is too long (maximum is {MOST_VALUE} characters)");
        return Err(KernelError::invalid("value", message));
    }
    if (variable.masked || variable.hidden) && !is_maskable(&variable.value) {
        return Err(KernelError::invalid("value", "is invalid"));
    }
    let scope = &variable.scope;
    let fits = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '$' | '{' | '}' | '.' | ' ' | '*')
    };
    if scope.is_empty() || scope.len() > 255 || !scope.chars().all(fits) {
        return Err(KernelError::invalid(
            "environment_scope",
            "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', '*' and spaces",
        ));
    }
    Ok(())
}

/// What a runner can hide: one line of eight characters or more.
fn is_maskable(value: &str) -> bool {
    value.chars().count() >= 8 && !value.chars().any(char::is_whitespace)
}

impl Kernel {
    /// The variables of a project, or of the instance, with their values.
    ///
    /// # Errors
    /// Where there is no such project.
    pub async fn variables(&self, of: Option<ProjectId>) -> Result<Vec<Variable>, KernelError> {
        let vault = self.inner.vault.clone();
        let read = self.inner.store.read(move |db| {
            if let Some(id) = of {
                projects::find(db, &id.into())?.ok_or(KernelError::NotFound("project"))?;
            }
            sealed_of(db, &vault, of)
        });
        read.await
    }

    /// Makes a variable, or changes the one of the same name and scope.
    ///
    /// # Errors
    /// Where name, value or scope cannot be.
    pub async fn set_variable(&self, new: NewVariable) -> Result<Variable, KernelError> {
        check(&new)?;
        self.inner
            .store
            .write(move |db, memory| {
                if let Some(id) = new.project {
                    memory.project(db, id)?.ok_or(KernelError::NotFound("project"))?;
                }
                let sealed = memory.vault.seal("variable", &new)?;
                variables::put(db, new.project, (&new.key, &new.scope), &sealed)?;
                memory.settings_changed(new.project);
                if variables::all(db, new.project)?.len() > MOST {
                    return Err(KernelError::invalid("base", "there are too many variables"));
                }
                Ok(new)
            })
            .await
    }

    /// Removes a variable.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn delete_variable(
        &self,
        of: Option<ProjectId>,
        key: &str,
        scope: &str,
    ) -> Result<(), KernelError> {
        let (key, scope) = (key.to_owned(), scope.to_owned());
        let delete = self.inner.store.write(move |db, memory| {
            memory.settings_changed(of);
            match variables::delete(db, of, &key, &scope)? {
                true => Ok(()),
                false => Err(KernelError::NotFound("variable")),
            }
        });
        delete.await
    }

    /// The variables that a pipeline was given.
    ///
    /// # Errors
    /// Where there is no such pipeline.
    pub async fn pipeline_variables(&self, id: PipelineId) -> Result<Vec<PipelineVariable>, KernelError> {
        let vault = self.inner.vault.clone();
        let read = self.inner.store.read(move |db| {
            pipelines::row(db, id)?.ok_or(KernelError::NotFound("pipeline"))?;
            let sealed = pipelines::context(db, id)?;
            let kept: crate::store::kept::KeptContext = vault.open_sealed("context", &sealed)?;
            Ok(kept.variables)
        });
        read.await
    }

    pub(super) async fn settings_of(
        &self,
        project: ProjectId,
    ) -> Result<(Vec<Variable>, Vec<Variable>), KernelError> {
        let vault = self.inner.vault.clone();
        self.inner.store.read(move |db| settings(db, &vault, project)).await
    }
}
