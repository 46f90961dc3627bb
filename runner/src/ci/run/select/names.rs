//! Jobs by what people call them.

use super::Candidate;
use crate::error::CliError;
use pipeline::When;

/// The names of a pipeline's jobs, and of the parallel jobs that they are instances of.
pub(super) struct Names<'a> {
    jobs: &'a [Candidate],
}

impl<'a> Names<'a> {
    pub(super) fn of(jobs: &'a [Candidate]) -> Self {
        Self { jobs }
    }

    /// The job of this name, or all instances of the parallel one.
    pub(super) fn find(&self, name: &str) -> Result<Vec<usize>, CliError> {
        let all = self.jobs.iter().enumerate();
        let exact: Vec<usize> =
            all.clone().filter(|(_, job)| job.spec.name == name).map(|(i, _)| i).collect();
        if !exact.is_empty() {
            return Ok(exact);
        }
        let base: Vec<usize> =
            all.filter(|(_, job)| job.base.as_deref() == Some(name)).map(|(i, _)| i).collect();
        if base.is_empty() { Err(self.unknown(name)) } else { Ok(base) }
    }

    /// The same for a job that is to be played.
    pub(super) fn find_manual(&self, name: &str) -> Result<Vec<usize>, CliError> {
        let found = self.find(name)?;
        match found.iter().any(|index| matches!(self.jobs[*index].spec.when, When::Manual | When::Delayed)) {
            true => Ok(found),
            false => Err(CliError::usage(format!("job `{name}` is not manual in this pipeline"))
                .hint("leave --manual out: it starts by itself")),
        }
    }

    fn unknown(&self, name: &str) -> CliError {
        let error = CliError::usage(format!("this pipeline has no job `{name}`"));
        let bases = self.jobs.iter().filter_map(|job| job.base.as_deref());
        let known: Vec<&str> = self.jobs.iter().map(|job| job.spec.name.as_str()).chain(bases).collect();
        let near = crate::config::nearest(name, known.iter().copied());
        let begins = || {
            known.iter().find(|known| known.starts_with(name)).map(|known| format!("did you mean `{known}`?"))
        };
        let known = near.or_else(|| (!name.is_empty()).then(begins).flatten());
        error.hint(known.unwrap_or_else(|| {
            "`runner ci run --list` lists its jobs, and `runner ci why` says why one is left out".to_owned()
        }))
    }
}
