//! Configurations: the file of a ref, what its form asks, what a text would come to.

use super::Desk;
use crate::kernel::Repositories as _;
use crate::model::{GitRef, Project};
use crate::pages::views::{Answer, ConfigFile, Oops, Plan, RunForm, form_of, inputs_of, plan_of};
use ci_yaml::include::Main;
use ci_yaml::{FileId, check, yaml};

/// The longest text that is checked, in bytes.
const LONGEST: usize = 1 << 20;

impl Desk {
    /// A branch or tag with its commit; nothing where there is none.
    async fn at(&self, project: &Project, reference: &str) -> Answer<Option<(GitRef, String)>> {
        let name = reference.to_owned();
        self.ask(project, move |git, project| git.resolve(project, &name)).await
    }

    pub(super) async fn config_of(&self, project: &Project, reference: &str) -> Answer<ConfigFile> {
        let path = project.config_path.clone();
        let Some(at) = self.at(project, reference).await? else { return Ok(ConfigFile { path, text: None }) };
        let wanted = path.clone();
        let read = self.app.kernel.in_configuration(
            project.id,
            Some(at),
            |_| true,
            move |context, sources| sources.file(&context.tree, wanted.trim_start_matches('/')).ok(),
        );
        Ok(ConfigFile { path, text: read.await?.map(|text| text.to_string()) })
    }

    pub(super) async fn form_for(&self, project: &Project, reference: &str) -> Answer<RunForm> {
        let Some(at) = self.at(project, reference).await? else { return Ok(RunForm::default()) };
        let path = project.config_path.clone();
        let made = self.app.kernel.in_configuration(
            project.id,
            Some(at),
            |_| true,
            move |context, sources| {
                let limits = yaml::Limits::default();
                let text = sources.file(&context.tree, path.trim_start_matches('/')).ok();
                let header = text
                    .and_then(|text| yaml::load(&text, FileId(0), &limits).ok())
                    .and_then(|read| read.header);
                let inputs = header.as_ref().map(inputs_of).unwrap_or_default();
                let mut form = form_of(&check(context, Main::Path, sources, &limits));
                // What is missing is what the form asks for.
                if inputs.iter().any(|input| input.default.is_none()) {
                    form.errors.clear();
                }
                RunForm { inputs, ..form }
            },
        );
        Ok(made.await?)
    }

    pub(super) async fn plan_for(&self, project: &Project, reference: &str, text: &str) -> Answer<Plan> {
        if text.len() > LONGEST {
            return Err(Oops::Refused("content is too long".to_owned()));
        }
        let at = self.at(project, reference).await?;
        let (path, text) = (project.config_path.clone(), text.to_owned());
        let made = self.app.kernel.in_configuration(
            project.id,
            at,
            |_| true,
            move |context, sources| plan_of(context, &path, &text, sources),
        );
        Ok(made.await?)
    }
}
