//! Variables.

use super::Desk;
use crate::model::{Project, Variable};
use crate::pages::views::{Answer, Oops, Viewer};

impl Desk {
    pub(super) async fn put_variable(
        &self,
        by: &Viewer,
        replaces: Option<(String, String)>,
        variable: Variable,
    ) -> Answer<()> {
        let project = variable.project;
        let now = (variable.key.clone(), variable.scope.clone());
        let moved = replaces.as_ref() != Some(&now);
        let known = self.app.kernel.variables(project).await?;
        if moved && known.iter().any(|known| known.key == now.0 && known.scope == now.1) {
            return Err(Oops::Refused(format!("{} has already been taken", now.0)));
        }
        if project.is_none() && variable.scope != "*" {
            return Err(Oops::Refused("environments cannot be set for the instance".to_owned()));
        }
        self.app.kernel.set_variable(variable).await?;
        let action = if replaces.is_some() { "variable_changed" } else { "variable_created" };
        if let Some((key, scope)) = replaces.filter(|_| moved) {
            self.app.kernel.delete_variable(project, &key, &scope).await?;
        }
        self.note(by, action, &format!("variable {} ({})", now.0, now.1), project).await;
        Ok(())
    }

    pub(super) async fn remove_variable(
        &self,
        by: &Viewer,
        project: Option<&Project>,
        key: &str,
        scope: &str,
    ) -> Answer<()> {
        let project = project.map(|project| project.id);
        self.app.kernel.delete_variable(project, key, scope).await?;
        self.note(by, "variable_removed", &format!("variable {key} ({scope})"), project).await;
        Ok(())
    }
}
