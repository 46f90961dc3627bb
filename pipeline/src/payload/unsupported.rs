//! What a job asks for that nobody does.

use crate::facts::Facts;
use crate::template::{RELEASE, Template};
use ci_yaml::Context;
use std::fmt;

/// Something that a job asks for and that is not done. Callers tell people of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// An id token that nobody can sign: the variable is undefined.
    IdToken {
        /// Its name.
        name: String,
    },
    /// A secret of outside that has no value here; the engine refuses the job for it.
    Secret {
        /// Its name.
        name: String,
    },
    /// Steps instead of scripts; the engine refuses the job for them.
    Run,
    /// A release that is not made.
    Release,
    /// Pages that are published nowhere.
    Pages,
    /// Artifacts of a job of another project.
    OtherProject {
        /// The project, not expanded.
        project: String,
        /// The job.
        job: String,
    },
    /// A keyword that only GitLab acts on.
    Keyword {
        /// Which.
        keyword: String,
    },
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IdToken { name } => write!(f, "id_tokens: nobody signs {name} here; it is undefined"),
            Self::Secret { name } => write!(f, "secrets: there is no provider of {name} here"),
            Self::Run => f.write_str("run: steps are not run here"),
            Self::Release => f.write_str("release: none is made here"),
            Self::Pages => f.write_str("pages: nothing is published here"),
            Self::OtherProject { project, job } => {
                write!(f, "needs: artifacts of job {job} of project {project} are not to be had here")
            }
            Self::Keyword { keyword } => write!(f, "{keyword}: has no effect here"),
        }
    }
}

impl Template {
    /// What this job asks for that is not done with these facts. A variable of the settings or of the pipeline that has
    /// the name of a secret or an id token stands for it.
    pub fn unsupported(&self, context: &Context, facts: &Facts<'_>) -> Vec<Unsupported> {
        let settings = [&context.instance_variables, &context.group_variables, &context.project_variables];
        let given = context.variables.iter().chain(&context.schedule_variables).chain(facts.job_variables);
        let names: std::collections::HashSet<&str> = settings
            .into_iter()
            .flatten()
            .map(|variable| variable.name.as_str())
            .chain(given.map(|variable| variable.name.as_str()))
            .collect();
        let is_missing = |name: &&String| !names.contains(name.as_str());
        let mut found = Vec::new();
        let unsigned = self.id_tokens.keys().filter(|_| facts.id_tokens.is_none()).filter(is_missing);
        found.extend(unsigned.map(|name| Unsupported::IdToken { name: name.clone() }));
        let secrets = self.secrets.keys().filter(is_missing);
        found.extend(secrets.map(|name| Unsupported::Secret { name: name.clone() }));
        let wants_release = self.steps.iter().any(|step| step.name == RELEASE);
        let whole = [
            (self.run.is_some(), Unsupported::Run),
            (wants_release && !facts.releases, Unsupported::Release),
            (self.pages, Unsupported::Pages),
        ];
        found.extend(whole.into_iter().filter(|(asked, _)| *asked).map(|(_, what)| what));
        let projects = self.needs_project.iter().filter(|need| need.artifacts);
        found.extend(
            projects.map(|need| Unsupported::OtherProject {
                project: need.project.clone(),
                job: need.job.clone(),
            }),
        );
        found.extend(self.ignored.iter().map(|keyword| Unsupported::Keyword { keyword: keyword.clone() }));
        found
    }
}
