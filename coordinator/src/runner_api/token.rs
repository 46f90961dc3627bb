//! Tokens come in a header or among the parameters.

use super::Desk;
use super::answer::Refusal;
use super::params::Params;
use crate::kernel::Executing;
use http::HeaderMap;
use pipeline::JobId;
use protocol::Secret;

/// No token of ours is longer.
const LONGEST: usize = 1024;

/// A token of a header, by its name.
pub(super) fn of_header(headers: &HeaderMap, name: &str) -> Option<Secret> {
    headers.get(name)?.to_str().ok().map(str::trim).and_then(proper)
}

/// A token of the parameter `token`, else of a header.
pub(super) fn find(params: &Params, headers: &HeaderMap, name: &str) -> Option<Secret> {
    params.text("token").and_then(|text| proper(text.trim())).or_else(|| of_header(headers, name))
}

fn proper(text: &str) -> Option<Secret> {
    (!text.is_empty() && text.len() <= LONGEST).then(|| Secret::new(text))
}

/// The number of a job, as paths have it. What is none names no job, which nobody is told.
pub(super) fn job_id(path: &str) -> Result<JobId, Refusal> {
    path.parse().ok().filter(|id| *id > 0).map(JobId).ok_or_else(Refusal::forbidden)
}

impl Desk {
    /// The job that a runner has under this number and token.
    pub(super) async fn executing(&self, job: JobId, token: Option<&Secret>) -> Result<Executing, Refusal> {
        let token = token.ok_or_else(Refusal::forbidden)?;
        match self.kernel.authenticate_job(job, token) {
            Some(executing) => Ok(executing),
            None => Err(Refusal::not_running(&self.kernel.not_executing(job, token).await?)),
        }
    }

    /// For `X-GitLab-Trace-Update-Interval`: often while somebody looks.
    pub(super) fn interval(&self, job: JobId) -> u64 {
        let usual = self.kernel.trace_interval(job);
        if self.files.traces().is_watched(job) { usual.min(3) } else { usual }
    }
}
