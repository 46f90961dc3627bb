//! The payload of a job that begins.

use super::{Line, Shared};
use crate::ci::run::drive::Ticket;
use crate::ci::run::news::News;
use ci_yaml::Context;
use pipeline::{
    Dependency, Facts, JobId, PayloadError, PersistentRef, PipelineFacts, ProjectFacts, RunnerFacts, Template,
};
use protocol::{ArtifactsFile, Secret};

/// The number that the runner of local jobs goes by.
const RUNNER: i64 = 1;

impl Shared {
    /// The payload as a coordinator would make it. What it asks for that is not done here is told.
    pub(super) fn payload(
        &self,
        line: &Line,
        template: &Template,
        ticket: &Ticket,
        tell: &dyn Fn(News),
    ) -> Result<protocol::Job, PayloadError> {
        let token = token();
        let url = repository_url(&line.context, &token);
        let mut wanted = ticket.dependencies.clone();
        wanted.extend(self.relatives(template, ticket, tell));
        let dependencies = self.dependencies(&wanted, ticket);
        let dotenv = self.variables_of(&wanted);
        let runner = RunnerFacts { id: RUNNER, description: "local", tags: &[] };
        let project = ProjectFacts { persistent_ref: PersistentRef::Absent, ..ProjectFacts::new(&url) };
        let facts = Facts {
            queued_seconds: ticket.queued.as_secs_f64(),
            runner: Some(runner),
            dependencies: &dependencies,
            dotenv: &dotenv,
            ..Facts::new(ticket.job.id, &token, pipeline(line, ticket), project, ticket.now)
        };
        for what in template.unsupported(&line.context, &facts) {
            self.say_once(format!("`{}`: {what}", ticket.job.name), tell);
        }
        if !template.tags.is_empty() {
            let text = "tags choose no runner here: all jobs run on this machine".to_owned();
            if self.said.borrow_mut().insert(text.clone()) {
                tell(News::Note(text));
            }
        }
        let mut payload = template.payload(&line.context, &facts)?;
        super::registry::log_in(&mut payload);
        Ok(payload)
    }

    /// Jobs with the archives they left.
    fn dependencies(&self, jobs: &[JobId], ticket: &Ticket) -> Vec<Dependency> {
        let archives = self.archives.borrow();
        let one = |job: &JobId| {
            let archive = archives.get(job).map(|path| ArtifactsFile {
                filename: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                size: std::fs::metadata(path).map_or(0, |data| i64::try_from(data.len()).unwrap_or(i64::MAX)),
            });
            let named = |known: &&(String, JobId)| known.1 == *job;
            let mut all = ticket.family.iter().flat_map(|relatives| &relatives.jobs);
            Some(Dependency { job: *job, name: all.find(named)?.0.clone(), archive })
        };
        jobs.iter().filter_map(one).collect()
    }

    /// Jobs of pipelines above that this one takes artifacts from (`needs:pipeline`).
    fn relatives(&self, template: &Template, ticket: &Ticket, tell: &dyn Fn(News)) -> Vec<JobId> {
        let mut found = Vec::new();
        for need in template.needs_pipeline.iter().filter(|need| need.artifacts) {
            let above = ticket.family.iter().skip(1);
            // A number that is written is looked for; a variable can only mean the parent, or one above it.
            let number: Option<i64> = need.pipeline.parse().ok();
            let fits = |pipeline: pipeline::PipelineId| number.is_none_or(|number| number == pipeline.0);
            let mut jobs = above.filter(|family| fits(family.pipeline)).flat_map(|family| &family.jobs);
            match jobs.find(|(name, _)| *name == need.job) {
                Some((_, id)) => found.push(*id),
                None => self.say_once(
                    format!(
                        "`{}` needs `{}` of another pipeline, which is not of this run",
                        ticket.job.name, need.job
                    ),
                    tell,
                ),
            }
        }
        found
    }
}

/// The pipeline of a job, as its jobs are told of it.
pub(super) fn pipeline<'a>(line: &'a Line, ticket: &Ticket) -> PipelineFacts<'a> {
    PipelineFacts {
        id: ticket.pipeline,
        iid: u64::try_from(ticket.pipeline.0).unwrap_or_default(),
        name: line.blueprint.name.as_deref(),
        created_at: ticket.created_at,
        trigger_short_token: None,
    }
}

/// A token that opens nothing, of the form that GitLab's have.
fn token() -> Secret {
    let mut bytes = [0; 16];
    // Without randomness the token is a known one, and opens nothing all the same.
    let _ = getrandom::fill(&mut bytes);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Secret::new(format!("glcbt-64_{hex}"))
}

/// Where the project would be cloned from.
fn repository_url(context: &Context, token: &Secret) -> Secret {
    let server = &context.project.server_url;
    let (scheme, host) = server.split_once("://").unwrap_or(("https", server));
    Secret::new(format!("{scheme}://gitlab-ci-token:{}@{host}/{}.git", token.expose(), context.project.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_lie_in_the_address() {
        let (one, other) = (token(), token());
        assert_ne!(one.expose(), other.expose());
        let url = repository_url(&Context::push("main"), &one);
        assert_eq!(url.expose(), format!("https://gitlab-ci-token:{}@gitlab.com/g/p.git", one.expose()));
    }
}
