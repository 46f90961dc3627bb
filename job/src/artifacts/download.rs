//! Downloads the artifacts of one other job.

use super::meter::Meter;
use super::retry::{TRIES, patience, pause, tries_after};
use crate::files::{chain, system_text};
use crate::notice::{self, Level};
use crate::{StageError, Store, Transfer, blocking};
use archive::{Limits, UnpackError, UnpackOptions};
use client::{ApiClient, CallError, Download, DownloadOutcome};
use executor::Output;
use protocol::Dependency;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Largest archive that is fetched, in bytes.
const LARGEST_ARCHIVE: u64 = 64 << 30;
/// What [`Downloader::always_allowed`] is for jobs.
pub(super) const ALWAYS_ALLOWED: u64 = 4 << 30;
/// Beyond that, an archive may unpack to this many times its size. Text and object files stay far below.
const LARGEST_RATIO: u64 = 200;

/// Downloads into one work tree.
pub(super) struct Downloader<'a> {
    pub(super) transfer: &'a Transfer,
    pub(super) project: &'a Path,
    pub(super) staging: &'a Path,
    pub(super) output: Arc<dyn Output>,
    pub(super) stop: CancellationToken,
    /// `FF_USE_DIRECT_DOWNLOAD`.
    pub(super) direct: bool,
    /// Threads that decompress.
    pub(super) threads: usize,
    /// How often progress is shown.
    pub(super) meter: Meter,
    /// Before the second try.
    pub(super) retry_pause: Duration,
    /// An archive may unpack to this many bytes whatever its size.
    pub(super) always_allowed: u64,
}

/// Fetches and unpacks the archive of one job.
pub(super) async fn download(site: &Downloader<'_>, dependency: &Dependency) -> Result<(), StageError> {
    notice::notice(
        &site.output,
        &format!("Downloading artifacts for {} ({})...", dependency.name, dependency.id),
    );
    let client = match site.transfer {
        Transfer::Coordinator(client) => client,
        Transfer::Store(store) => return take(site, store, dependency).await,
        Transfer::Folder(_) | Transfer::Back(_) => {
            return Err(site.fatal("there is no coordinator to download from"));
        }
    };
    let file = tempfile::tempfile_in(site.staging).map_err(|error| {
        let text = format!("cannot store a download in {}: {}", site.staging.display(), system_text(&error));
        site.fatal(&text)
    })?;
    let bytes = fetch(site, client, dependency, &file).await?;
    unpack(site, file, bytes).await
}

/// Unpacks the archives that a job has left in a store, where they lie.
async fn take(site: &Downloader<'_>, store: &Store, dependency: &Dependency) -> Result<(), StageError> {
    const WHAT: &str = "Taking artifacts from this machine... ";
    let id = dependency.id.to_string();
    let say = |level, result: &str| {
        notice::helper(&site.output, level, &format!("{WHAT}{result}"), &[("id", &id)]);
    };
    let archives = match store.archives(dependency.id) {
        Ok(archives) => archives,
        Err(error) => {
            say(Level::Error, "error");
            return Err(site.fatal(&system_text(&error)));
        }
    };
    if archives.is_empty() {
        say(Level::Error, "not found");
        return Err(site.fatal("file does not exist"));
    }
    for (_, archive) in archives {
        let bytes = archive.metadata().map_err(|error| site.fatal(&system_text(&error)))?.len();
        unpack(site, archive, bytes).await?;
    }
    say(Level::Info, "ok");
    if store.is_passing()
        && let Err(error) = store.forget(dependency.id)
    {
        tracing::debug!(%error, "archives that were brought cannot be removed");
    }
    Ok(())
}

/// Fetches the archive into `file`; its size in bytes.
async fn fetch(
    site: &Downloader<'_>,
    client: &ApiClient,
    dependency: &Dependency,
    file: &File,
) -> Result<u64, StageError> {
    let patience = patience(&site.output, &site.stop);
    let total = u64::try_from(dependency.artifacts_file.size).ok().filter(|size| *size > 0);
    let mut attempt = 1;
    loop {
        let direct = site.direct && attempt == 1;
        let request = Download { direct, ..Download::new(dependency.id, &dependency.token, LARGEST_ARCHIVE) };
        let stored = || file.metadata().map_or(0, |metadata| metadata.len());
        let transfer = client.download_artifact(&request, file, &patience);
        let metered = site.meter.show("Downloading artifacts", total, &stored, &*site.output, transfer);
        let outcome = tokio::select! {
            biased;
            () = site.stop.cancelled() => return Err(StageError::Stopped),
            outcome = metered => outcome,
        };
        say(site, dependency, &outcome);
        let (tries, text) = match outcome {
            Ok(DownloadOutcome::Saved(saved)) => return Ok(saved.bytes),
            Ok(DownloadOutcome::NotFound(_)) => return Err(site.fatal("file does not exist")),
            Ok(DownloadOutcome::Unauthorized(_) | DownloadOutcome::Forbidden(_)) => {
                return Err(site.fatal("permission denied"));
            }
            Ok(DownloadOutcome::Failed(_)) => (TRIES, "invalid argument".to_owned()),
            Err(error) => (tries_after(&error), error.failure.to_string()),
        };
        if attempt >= tries {
            return Err(site.fatal(&text));
        }
        attempt += 1;
        pause(site.retry_pause, attempt, &site.stop).await?;
        notice::helper(&site.output, Level::Warning, "Retrying...", &[("error", &text)]);
    }
}

async fn unpack(site: &Downloader<'_>, archive: File, bytes: u64) -> Result<(), StageError> {
    let (project, threads) = (site.project.to_owned(), site.threads);
    let limits =
        Limits { bytes: site.always_allowed.max(bytes.saturating_mul(LARGEST_RATIO)), ..Limits::default() };
    let unpacked = blocking::run(&site.stop, move |cancel| {
        archive::unpack(&archive, &project, &UnpackOptions { threads, limits, cancel })
    });
    match unpacked.await? {
        Ok(unpacked) => {
            for note in &unpacked.notes {
                notice::helper(&site.output, Level::Warning, &note.to_string(), &[]);
            }
            Ok(())
        }
        Err(UnpackError::Canceled) => Err(StageError::Stopped),
        Err(error) => Err(site.fatal(&chain(&error))),
    }
}

/// The line about one attempt.
fn say(site: &Downloader<'_>, dependency: &Dependency, outcome: &Result<DownloadOutcome, CallError>) {
    const WHAT: &str = "Downloading artifacts from coordinator... ";
    let (id, token) = (dependency.id.to_string(), dependency.token.short_token());
    let line = |level, result: &str, correlation_id: &str, status: &str| {
        let fields = [("correlation_id", correlation_id), ("id", &id), ("status", status), ("token", token)];
        notice::helper(&site.output, level, &format!("{WHAT}{result}"), &fields);
    };
    match outcome {
        Ok(DownloadOutcome::Saved(saved)) => {
            if let Some(host) = &saved.direct_from {
                notice::helper(&site.output, Level::Info, &format!("Direct download from {host}"), &[]);
            }
            line(Level::Info, "ok", &saved.correlation_id, &saved.status.to_string());
        }
        Ok(DownloadOutcome::Unauthorized(a)) => {
            line(Level::Error, "unauthorized", &a.correlation_id, &a.text);
        }
        Ok(DownloadOutcome::Forbidden(a)) => line(Level::Error, "forbidden", &a.correlation_id, &a.text),
        Ok(DownloadOutcome::NotFound(a)) => {
            line(Level::Error, "not found", &a.correlation_id, &a.status.as_u16().to_string());
        }
        Ok(DownloadOutcome::Failed(a)) => line(Level::Warning, "failed", &a.correlation_id, &a.text),
        Err(error) => {
            let text = error.failure.to_string();
            let fields = [
                ("correlation_id", error.correlation_id.as_str()),
                ("error", text.as_str()),
                ("id", &id),
                ("token", token),
            ];
            notice::helper(&site.output, Level::Error, &format!("{WHAT}error"), &fields);
        }
    }
}

impl Downloader<'_> {
    fn fatal(&self, message: &str) -> StageError {
        notice::helper(&self.output, Level::Fatal, message, &[]);
        StageError::helper()
    }
}
