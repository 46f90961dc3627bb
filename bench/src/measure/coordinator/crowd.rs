//! Many runners, each on a connection of its own.

use super::http::{Answer, Connection};
use crate::Result;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedSender;

/// What a runner says of itself, as gitlab-runner does.
const INFO: &str = r#""info":{"name":"gitlab-runner","version":"18.5.0","revision":"abcdef01","platform":"linux",
"architecture":"amd64","executor":"docker","shell":"bash","features":{"variables":true,"image":true,"services":true,
"artifacts":true,"cache":true,"fallback_cache_keys":true,"shared":true,"upload_multiple_artifacts":true,
"upload_raw_artifacts":true,"session":true,"terminal":true,"refspecs":true,"masking":true,"proxy":false,
"raw_variables":true,"artifacts_exclude":true,"multi_build_steps":true,"trace_reset":true,"trace_checksum":true,
"trace_size":true,"vault_secrets":true,"cancelable":true,"return_exit_code":true,"service_variables":true,
"cancel_gracefully":true,"two_phase_job_commit":true}}"#;

/// A runner that asks for jobs.
#[derive(Debug)]
pub(super) struct Asker {
    connection: Connection,
    body: Vec<u8>,
    token: String,
    system: String,
}

/// A job that came.
#[derive(Clone, Debug)]
pub(super) struct Came {
    pub(super) job: i64,
    pub(super) token: String,
    /// When its payload was whole here.
    pub(super) at: Instant,
}

impl Asker {
    pub(super) async fn new(host: &str, token: &str, number: usize) -> Result<Self> {
        let system = format!("s_bench{number:05}");
        let mut this = Self {
            connection: Connection::open(host).await?,
            body: Vec::new(),
            token: token.to_owned(),
            system,
        };
        this.knows("");
        Ok(this)
    }

    /// What it knows of its queue: with nothing it is answered at once.
    fn knows(&mut self, version: &str) {
        let (token, system) = (&self.token, &self.system);
        let text =
            format!(r#"{{"token":"{token}","last_update":"{version}","system_id":"{system}",{INFO}}}"#);
        self.body = text.into_bytes();
    }

    /// Asks once; nothing where there is no job. Answers tell how the queue stands, which the next request says.
    pub(super) async fn ask(&mut self) -> Result<Option<Came>> {
        let answer = self.send("POST", "/api/v4/jobs/request").await?;
        let at = Instant::now();
        match answer.status {
            201 => {
                let payload = answer.json()?;
                let job = payload["id"].as_i64().ok_or("a payload without a number")?;
                let token = payload["token"].as_str().ok_or("a payload without a token")?.to_owned();
                Ok(Some(Came { job, token, at }))
            }
            204 => {
                let version = answer.header("x-gitlab-last-update").unwrap_or_default().to_owned();
                self.knows(&version);
                Ok(None)
            }
            other => Err(format!("status {other} for a request for a job").into()),
        }
    }

    async fn send(&mut self, method: &str, path: &str) -> Result<Answer> {
        self.connection.ask(method, path, "Content-Type: application/json\r\n", &self.body).await
    }

    /// Tells that a job succeeded.
    pub(super) async fn succeed(&mut self, job: &Came) -> Result<()> {
        let (system, token) = (&self.system, &job.token);
        let body = format!(r#"{{"token":"{token}","state":"success","system_id":"{system}",{INFO}}}"#);
        let (path, headers) = (format!("/api/v4/jobs/{}", job.job), "Content-Type: application/json\r\n");
        let answer = self.connection.ask("PUT", &path, headers, body.as_bytes()).await?;
        if answer.status == 200 {
            Ok(())
        } else {
            Err(format!("status {} for an update", answer.status).into())
        }
    }

    /// Asks again and again, waiting where there is nothing, and tells of what comes.
    pub(super) async fn wait(mut self, came: UnboundedSender<Came>) -> Result<()> {
        loop {
            if let Some(job) = self.ask().await?
                && came.send(job).is_err()
            {
                return Ok(());
            }
        }
    }

    /// Takes jobs and ends each, until none is left that was wished for. How long each took to come.
    pub(super) async fn take(mut self, left: std::rc::Rc<std::cell::Cell<usize>>) -> Result<Vec<Duration>> {
        let mut times = Vec::new();
        while left.get() > 0 {
            left.set(left.get() - 1);
            let begin = Instant::now();
            let job = self.ask().await?.ok_or("the queue is empty")?;
            times.push(job.at.duration_since(begin));
            self.succeed(&job).await?;
        }
        Ok(times)
    }
}
