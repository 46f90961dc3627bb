//! Downloads.

use crate::{
    Answer, ApiClient, CallError, Failure, Patience,
    call::{Call, Exchange, Limits, Redirects},
};
use http::Method;
use protocol::{Secret, header as names};
use std::{
    fs::File,
    io::{self, Seek as _, SeekFrom},
    time::Duration,
};
use tokio::io::AsyncWriteExt as _;

/// The archive of another job to fetch.
#[derive(Clone, Copy, Debug)]
pub struct Download<'a> {
    /// The job that made it.
    pub job_id: i64,
    /// The token for it (`dependencies[].token`).
    pub token: &'a Secret,
    /// Whether storage may be asked directly; customary for the first try only.
    pub direct: bool,
    /// Most bytes that are taken.
    pub limit: u64,
    /// For one attempt.
    pub timeout: Duration,
}

impl<'a> Download<'a> {
    /// A first try with gitlab-runner's time limit.
    pub fn new(job_id: i64, token: &'a Secret, limit: u64) -> Self {
        Self { job_id, token, direct: true, limit, timeout: Limits::default().total }
    }
}

/// What came of a download.
#[derive(Debug)]
pub enum DownloadOutcome {
    /// It is in the file.
    Saved(Saved),
    /// 401, for good.
    Unauthorized(Answer),
    /// 403, for good.
    Forbidden(Answer),
    /// 404, for good.
    NotFound(Answer),
    /// Any other status: three tries are customary.
    Failed(Answer),
}

/// A download that went well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// How many bytes were written.
    pub bytes: u64,
    /// The first status: 302 or 307 where storage was asked directly, else 200.
    pub status: u16,
    /// The last call's id.
    pub correlation_id: String,
    /// The host that the coordinator named for a direct download.
    pub direct_from: Option<String>,
}

impl ApiClient {
    /// Fetches an archive into `into`, replacing what the file held: one try.
    ///
    /// A direct try asks first without following redirects and without repeats; if it is sent elsewhere, the
    /// call is made again, now following. The job's token is not sent to another host, unlike
    /// gitlab-runner, which hands it to the storage too.
    ///
    /// # Errors
    /// When there is no answer, it breaks off or is larger than allowed, or the file cannot be written.
    /// The file may then hold a part.
    pub async fn download_artifact(
        &self,
        download: &Download<'_>,
        into: &File,
        patience: &Patience,
    ) -> Result<DownloadOutcome, CallError> {
        if !download.direct {
            let exchange = self.fetch(download, Redirects::Anywhere, patience).await?;
            return settle(exchange, download.limit, into, None).await;
        }
        let first = self.fetch(download, Redirects::Show, patience).await?;
        let status = first.status().as_u16();
        if !matches!(status, 302 | 307) {
            return settle(first, download.limit, into, None).await;
        }
        let host = direct_host(&first);
        drop(first);
        let second = self.fetch(download, Redirects::Anywhere, patience).await?;
        settle(second, download.limit, into, Some((status, host))).await
    }

    async fn fetch(
        &self,
        download: &Download<'_>,
        redirects: Redirects,
        patience: &Patience,
    ) -> Result<Exchange, CallError> {
        let mut url = self.base.join(&format!("jobs/{}/artifacts", download.job_id));
        url.set_query(Some(if download.direct { "direct_download=true" } else { "" }));
        let mut call = Call::new(Method::GET, url).token(names::JOB_TOKEN, download.token.expose())?;
        call.limits.total = download.timeout;
        call.redirects = redirects;
        if redirects == Redirects::Show {
            call.attempts = 1;
        }
        self.send(call, patience).await
    }
}

/// The host in `Location`; a relative one means the coordinator itself.
fn direct_host(exchange: &Exchange) -> Option<String> {
    let location = crate::answer::text_header(exchange.headers(), "location")?;
    let url = reqwest::Url::parse(location).ok()?;
    url.host_str().map(|host| url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

async fn settle(
    mut exchange: Exchange,
    limit: u64,
    into: &File,
    direct: Option<(u16, Option<String>)>,
) -> Result<DownloadOutcome, CallError> {
    match exchange.status().as_u16() {
        200 => {
            let bytes = save(&mut exchange, limit, into).await.map_err(|failure| exchange.failed(failure))?;
            let (status, direct_from) = direct.unwrap_or((200, None));
            let correlation_id = exchange.correlation_id;
            Ok(DownloadOutcome::Saved(Saved { bytes, status, correlation_id, direct_from }))
        }
        401 => Ok(DownloadOutcome::Unauthorized(exchange.answer().await)),
        403 => Ok(DownloadOutcome::Forbidden(exchange.answer().await)),
        404 => Ok(DownloadOutcome::NotFound(exchange.answer().await)),
        _ => Ok(DownloadOutcome::Failed(exchange.answer().await)),
    }
}

async fn save(exchange: &mut Exchange, limit: u64, into: &File) -> Result<u64, Failure> {
    let mut file = emptied(into).map_err(|error| failed_write(&error))?;
    let mut bytes = 0_u64;
    while let Some(chunk) = exchange.chunk().await? {
        bytes += chunk.len() as u64;
        if bytes > limit {
            return Err(Failure::TooLarge { limit });
        }
        file.write_all(&chunk).await.map_err(|error| failed_write(&error))?;
    }
    file.flush().await.map_err(|error| failed_write(&error))?;
    Ok(bytes)
}

/// The file, empty, at its start, and with a small buffer.
fn emptied(file: &File) -> io::Result<tokio::fs::File> {
    let mut file = file.try_clone()?;
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    let mut file = tokio::fs::File::from_std(file);
    file.set_max_buf_size(256 * 1024);
    Ok(file)
}

fn failed_write(error: &io::Error) -> Failure {
    Failure::File { what: "the download cannot be stored", reason: error.to_string() }
}
