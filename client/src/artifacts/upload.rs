//! Uploads.

use super::body::Multipart;
use crate::{
    Answer, ApiClient, CallError, Failure, Patience,
    call::{Body, Call, Limits},
};
use http::{HeaderValue, Method};
use protocol::{Secret, header as names};
use std::{
    fs::File,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

/// One archive to upload.
#[derive(Clone, Debug)]
pub struct Upload<'a> {
    /// The job.
    pub job_id: i64,
    /// Its token.
    pub token: &'a Secret,
    /// The name GitLab shows for the file.
    pub file_name: &'a str,
    /// The archive, whole. It is read from its first byte, wherever its cursor stands.
    pub content: Arc<File>,
    /// `artifact_format`; empty sends none.
    pub format: &'a str,
    /// `artifact_type`; empty sends none.
    pub artifact_type: &'a str,
    /// `expire_in`; empty sends none.
    pub expire_in: &'a str,
    /// For one attempt, from its start to the end of its answer.
    pub timeout: Duration,
    /// From the end of the body to the head of the answer.
    pub response_header_timeout: Duration,
    /// Counts the bytes of the content that the current attempt has handed over, for who shows progress.
    pub sent: Option<Arc<AtomicU64>>,
}

impl<'a> Upload<'a> {
    /// An upload with gitlab-runner's time limits and nothing in its query.
    pub fn new(job_id: i64, token: &'a Secret, file_name: &'a str, content: Arc<File>) -> Self {
        let limits = Limits::default();
        Self {
            job_id,
            token,
            file_name,
            content,
            format: "",
            artifact_type: "",
            expire_in: "",
            timeout: limits.total,
            response_header_timeout: limits.headers,
            sent: None,
        }
    }

    /// What was set, in the order of the names.
    fn query(&self) -> Vec<(&'static str, &'a str)> {
        let all = [
            ("artifact_format", self.format),
            ("artifact_type", self.artifact_type),
            ("expire_in", self.expire_in),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// What came of an upload.
#[derive(Debug)]
pub enum UploadOutcome {
    /// Stored (201).
    Created(Answer),
    /// Refused for good (403).
    Forbidden(Answer),
    /// Too large, for good (413).
    TooLarge(Answer),
    /// The storage is busy (503): six tries are customary.
    Unavailable(Answer),
    /// Any other status, 200 among them: three tries are customary.
    Failed(Answer),
}

impl UploadOutcome {
    /// The answer, whatever it was.
    pub fn answer(&self) -> &Answer {
        match self {
            Self::Created(a)
            | Self::Forbidden(a)
            | Self::TooLarge(a)
            | Self::Unavailable(a)
            | Self::Failed(a) => a,
        }
    }
}

impl ApiClient {
    /// Uploads an archive: one try, with the HTTP-level repeats inside. The file streams with bounded memory,
    /// and an answer that comes before its end, such as 413, ends the transfer. (A server that closes at once
    /// on unread data may destroy its own answer; that is a failed connection, and the next try may hear it.)
    ///
    /// Redirects stay with the coordinator; gitlab-runner would carry the job's token to another host.
    ///
    /// # Errors
    /// When there is no answer, or the file cannot be read.
    pub async fn upload_artifact(
        &self,
        upload: &Upload<'_>,
        patience: &Patience,
    ) -> Result<UploadOutcome, CallError> {
        let mut url = self.base.join(&format!("jobs/{}/artifacts", upload.job_id));
        // The question mark is there even without a query.
        url.query_pairs_mut().clear().extend_pairs(upload.query());
        let multipart = Multipart::new(upload.file_name, upload.content.clone(), upload.sent.clone());
        let make = || multipart.body();
        let mut call = Call::new(Method::POST, url).token(names::JOB_TOKEN, upload.token.expose())?;
        call.limits = Limits { headers: upload.response_header_timeout, total: upload.timeout };
        let Ok(content_type) = HeaderValue::from_str(&multipart.content_type()) else {
            return Err(call.failed(Failure::Token, String::new()));
        };
        let call = call.body(content_type, Body::Stream(&make));
        let answer = self.send(call, patience).await?.answer().await;
        Ok(match answer.status.as_u16() {
            201 => UploadOutcome::Created(answer),
            403 => UploadOutcome::Forbidden(answer),
            413 => UploadOutcome::TooLarge(answer),
            503 => UploadOutcome::Unavailable(answer),
            _ => UploadOutcome::Failed(answer),
        })
    }
}
