//! Uploads one artifact: select, pack, send.

use super::meter::Meter;
use super::provenance::{self, Provenance};
use super::retry::{TRIES, TRIES_WHEN_BUSY, patience, pause, tries_after};
use super::{folder, pack};
use crate::files::{FileQuery, Site};
use crate::notice::{self, Level};
use crate::store::Keep;
use crate::tuning::Threads;
use crate::{StageError, Transfer};
use archive::Format;
use client::{ApiClient, CallError, Upload, UploadOutcome};
use executor::Executor;
use protocol::Secret;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// One upload, everything expanded.
#[derive(Clone, Debug)]
pub(crate) struct UploadPlan {
    /// Which files.
    pub(crate) query: FileQuery,
    /// Name of the file, its extension included.
    pub(crate) file_name: String,
    /// What kind of archive.
    pub(crate) format: Format,
    /// The format's name on the wire; may be empty.
    pub(crate) format_name: String,
    /// `archive`, `junit`, …; may be empty.
    pub(crate) artifact_type: String,
    /// How long to keep it; may be empty.
    pub(crate) expire_in: String,
    /// How hard to compress.
    pub(crate) level: archive::Level,
    /// Threads that compress.
    pub(crate) threads: Threads,
    /// What is said of where the files come from, if anything.
    pub(crate) provenance: Option<Provenance>,
    /// For one attempt as a whole.
    pub(crate) timeout: Duration,
    /// From the end of the body to the answer.
    pub(crate) response_timeout: Duration,
}

/// The job that uploads.
pub(crate) struct Uploader<'a> {
    /// Its id.
    pub(crate) job_id: i64,
    /// Its token.
    pub(crate) token: &'a Secret,
    /// Where to.
    pub(crate) transfer: &'a Transfer,
    /// Where archives are put together.
    pub(crate) staging: &'a Path,
    /// How often progress is shown.
    pub(crate) meter: Meter,
    /// Before the second try.
    pub(crate) retry_pause: Duration,
}

/// Uploads one artifact. No file at all is an error line and a success, as in gitlab-runner.
pub(crate) async fn upload<E: Executor>(
    site: &mut Site<'_, E>,
    stage: &str,
    job: &Uploader<'_>,
    plan: &UploadPlan,
) -> Result<(), StageError> {
    let mut selection = site.select(stage, &plan.query).await?;
    if selection.entries.is_empty() {
        notice::helper(&site.output, Level::Error, "No files to upload", &[]);
        return Ok(());
    }
    if let Some(provenance) = &plan.provenance {
        provenance::add(site, provenance, &mut selection).await?;
    }
    let file = pack::pack(site, plan, selection.entries, job.staging).await?;
    if let Some(keep) = Keep::of(job.transfer, job.job_id) {
        return folder::keep(site, keep, plan, file).await;
    }
    match job.transfer {
        Transfer::Coordinator(client) => send(site, client, job, plan, Arc::new(file)).await,
        Transfer::Back(back) => folder::hand_over(site, back, plan, file).await,
        Transfer::Folder(_) | Transfer::Store(_) => Err(StageError::system("artifacts have no place")),
    }
}

async fn send<E: Executor>(
    site: &Site<'_, E>,
    client: &ApiClient,
    job: &Uploader<'_>,
    plan: &UploadPlan,
    content: Arc<File>,
) -> Result<(), StageError> {
    let total = content.metadata().ok().map(|metadata| metadata.len());
    let sent = Arc::new(AtomicU64::new(0));
    let upload = Upload {
        format: &plan.format_name,
        artifact_type: &plan.artifact_type,
        expire_in: &plan.expire_in,
        timeout: plan.timeout,
        response_header_timeout: plan.response_timeout,
        sent: Some(Arc::clone(&sent)),
        ..Upload::new(job.job_id, job.token, &plan.file_name, content)
    };
    let patience = patience(&site.output, &site.stop);
    let mut attempt = 1;
    loop {
        let transfer = client.upload_artifact(&upload, &patience);
        let so_far = || sent.load(Ordering::Relaxed);
        let metered = job.meter.show("Uploading artifacts", total, &so_far, &*site.output, transfer);
        let outcome = tokio::select! {
            biased;
            () = site.stop.cancelled() => return Err(StageError::Stopped),
            outcome = metered => outcome,
        };
        say(site, job, plan, &outcome);
        let (tries, text) = match outcome {
            Ok(UploadOutcome::Created(_)) => return Ok(()),
            Ok(UploadOutcome::Forbidden(_)) => return Err(site.fatal("permission denied")),
            Ok(UploadOutcome::TooLarge(_)) => return Err(site.fatal("too large")),
            Ok(UploadOutcome::Unavailable(_)) => (TRIES_WHEN_BUSY, "service unavailable".to_owned()),
            Ok(UploadOutcome::Failed(_)) => {
                (TRIES, "upload failed with no response from coordinator".to_owned())
            }
            Err(error) => (tries_after(&error), error.to_string()),
        };
        if attempt >= tries {
            return Err(site.fatal(&text));
        }
        let fields = [("context", "artifacts-uploader"), ("error", text.as_str())];
        notice::helper(&site.output, Level::Warning, "Retrying...", &fields);
        attempt += 1;
        pause(job.retry_pause, attempt, &site.stop).await?;
    }
}

/// The line about one attempt.
fn say<E: Executor>(
    site: &Site<'_, E>,
    job: &Uploader<'_>,
    plan: &UploadPlan,
    outcome: &Result<UploadOutcome, CallError>,
) {
    let what = match plan.artifact_type.as_str() {
        "" => "Uploading artifacts to coordinator... ".to_owned(),
        kind => format!("Uploading artifacts as \"{kind}\" to coordinator... "),
    };
    let (id, token) = (job.job_id.to_string(), job.token.short_token());
    match outcome {
        Ok(outcome) => {
            let answer = outcome.answer();
            let level = match outcome {
                UploadOutcome::Created(_) => Level::Info,
                UploadOutcome::Failed(_) => Level::Warning,
                UploadOutcome::Forbidden(_) | UploadOutcome::TooLarge(_) | UploadOutcome::Unavailable(_) => {
                    Level::Error
                }
            };
            let status = answer.status.as_u16().to_string();
            let fields = [
                ("correlation_id", answer.correlation_id.as_str()),
                ("id", id.as_str()),
                ("status", status.as_str()),
                ("token", token),
            ];
            notice::helper(&site.output, level, &format!("{what}{}", answer.text), &fields);
        }
        Err(error) => {
            let text = error.failure.to_string();
            let fields = [
                ("correlation_id", error.correlation_id.as_str()),
                ("error", text.as_str()),
                ("id", id.as_str()),
                ("token", token),
            ];
            notice::helper(&site.output, Level::Error, &format!("{what}error"), &fields);
        }
    }
}
