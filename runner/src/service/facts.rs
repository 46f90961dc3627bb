//! What the log says of a job when it comes and when it goes.

use protocol::Job;

/// The fields of gitlab-runner's lines about the list of jobs. Of a job that an earlier service received, none
/// are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) runner_uuid: Option<String>,
    pub(super) pipeline_id: Option<i64>,
    pub(super) project_full_path: Option<String>,
    pub(super) namespace_id: Option<i64>,
    pub(super) root_namespace_id: Option<i64>,
    pub(super) organization_id: Option<i64>,
    pub(super) user_id: Option<i64>,
    pub(super) scoped_user_id: Option<i64>,
    /// Without user and password.
    pub(super) repo_url: Option<String>,
    pub(super) time_in_queue_seconds: Option<f64>,
    pub(super) queue_size: Option<i64>,
    pub(super) queue_depth: Option<i64>,
}

impl Facts {
    /// Of a payload.
    pub(super) fn of(job: &Job) -> Self {
        let info = &job.job_info;
        Self {
            runner_uuid: Some(job.runner_info.uuid.clone()),
            pipeline_id: Some(info.pipeline_id),
            project_full_path: Some(info.project_full_path.clone()),
            namespace_id: Some(info.namespace_id),
            root_namespace_id: Some(info.root_namespace_id),
            organization_id: Some(info.organization_id),
            user_id: Some(info.user_id),
            scoped_user_id: info.scoped_user_id,
            repo_url: Some(without_login(job.git_info.repo_url.expose())),
            time_in_queue_seconds: Some(info.time_in_queue_seconds),
            queue_size: Some(info.queue_size),
            queue_depth: Some(info.queue_depth),
        }
    }
}

/// An address without user and password.
pub(super) fn without_login(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let host = rest.split('/').next().unwrap_or_default();
    match host.rsplit_once('@') {
        Some((login, _)) => format!("{scheme}://{}", &rest[login.len() + 1..]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_not_logged() {
        assert_eq!(without_login("https://ci:se@cret@h:1/a/b.git"), "https://h:1/a/b.git");
        assert_eq!(without_login("https://h/a@b"), "https://h/a@b");
        assert_eq!(without_login("x"), "x");
        let mut job = Job::default();
        job.git_info.repo_url = "https://gitlab-ci-token:secret@h/a.git".into();
        assert_eq!(Facts::of(&job).repo_url.unwrap(), "https://h/a.git");
    }
}
