//! The two artifact stages of a job, over all its artifacts.

use super::download::{ALWAYS_ALLOWED, Downloader, download};
use super::meter::Meter;
use super::name::{base_name, file_name};
use super::provenance::Provenance;
use super::upload::{UploadPlan, Uploader, upload};
use crate::expansion::HelperEnvironment;
use crate::files::Site;
use crate::notice::{self, Level};
use crate::tuning::Tuning;
use crate::variables::{JobView, go};
use crate::{StageError, Transfer};
use archive::Format;
use executor::{Executor, Output};
use protocol::{Artifact, Dependency};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Downloads the artifacts of the jobs that this one depends on, in the payload's order.
///
/// # Errors
/// The first download that fails, or a stop.
pub(crate) async fn download_all<E: Executor>(
    view: JobView<'_>,
    executor: &E,
    transfer: &Transfer,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
) -> Result<(), StageError> {
    let helper = HelperEnvironment::of(view, executor, &*output)?;
    let tuning = Tuning::new(view, &helper, &*output);
    let (staging, threads) = (tuning.staging()?, tuning.unpack_threads().to_unpack());
    let downloader = Downloader {
        transfer,
        project: &view.workspace.project_dir,
        staging: &staging,
        output: Arc::clone(&output),
        stop: stop.clone(),
        direct: view.flags.is_on("FF_USE_DIRECT_DOWNLOAD"),
        threads,
        meter: Meter::every(view.options.transfer_meter),
        retry_pause: view.order.settings.retry_pause,
        always_allowed: ALWAYS_ALLOWED,
    };
    for dependency in with_artifacts(&view.order.payload.dependencies) {
        download(&downloader, dependency).await?;
    }
    Ok(())
}

/// Whether any of the jobs that one depends on has artifacts.
pub(crate) fn any_to_download(dependencies: &[Dependency]) -> bool {
    with_artifacts(dependencies).next().is_some()
}

/// The jobs among them that have artifacts.
pub(crate) fn with_artifacts(dependencies: &[Dependency]) -> impl Iterator<Item = &Dependency> {
    dependencies.iter().filter(|dependency| !dependency.artifacts_file.filename.is_empty())
}

/// Whether anything is uploaded after a job that ended so.
pub(crate) fn any_to_upload(view: JobView<'_>, success: bool) -> bool {
    wanted(view, success).next().is_some()
}

/// Uploads the artifacts whose `when` fits. The first that fails ends the stage.
///
/// # Errors
/// That failure, or a stop.
pub(crate) async fn upload_all<E: Executor>(
    view: JobView<'_>,
    executor: &mut E,
    transfer: &Transfer,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
    success: bool,
) -> Result<(), StageError> {
    let helper = HelperEnvironment::of(view, executor, &*output)?;
    let staging = Tuning::new(view, &helper, &*output).staging()?;
    let stage = if success { "upload_artifacts_on_success" } else { "upload_artifacts_on_failure" };
    let job = Uploader {
        job_id: view.order.payload.id,
        token: &view.order.payload.token,
        transfer,
        staging: &staging,
        meter: Meter::every(view.options.transfer_meter),
        retry_pause: view.order.settings.retry_pause,
    };
    for artifact in wanted(view, success) {
        notice::notice(&output, "Uploading artifacts...");
        let plan = plan(view, artifact, &helper, &*output)?;
        let mut site = Site {
            executor: &mut *executor,
            project: &view.workspace.project_dir,
            environment: helper.as_slice(),
            output: Arc::clone(&output),
            stop: stop.clone(),
        };
        upload(&mut site, stage, &job, &plan).await?;
    }
    Ok(())
}

fn wanted<'a>(view: JobView<'a>, success: bool) -> impl Iterator<Item = &'a Artifact> {
    let named = |a: &&Artifact| !a.paths.is_empty() || !a.exclude.is_empty() || a.untracked;
    view.order.payload.artifacts.iter().filter(named).filter(move |a| a.when.applies(success))
}

fn plan(
    view: JobView<'_>,
    artifact: &Artifact,
    helper: &HelperEnvironment,
    output: &dyn Output,
) -> Result<UploadPlan, StageError> {
    let Some(format) = Format::for_artifact(&artifact.artifact_format) else {
        let text = format!("unsupported artifact format {}", go::quote(&artifact.artifact_format));
        notice::helper(output, Level::Fatal, &text, &[]);
        return Err(StageError::helper());
    };
    let tuning = Tuning::new(view, helper, output);
    let base = base_name(&artifact.name, helper, output);
    let stated = view.options.artifacts.generate_metadata && artifact.artifact_format == "zip";
    Ok(UploadPlan {
        query: helper.query(&artifact.paths, &artifact.exclude, artifact.untracked, output),
        file_name: file_name(&base, format),
        format,
        format_name: artifact.artifact_format.clone(),
        artifact_type: artifact.artifact_type.clone(),
        expire_in: artifact.expire_in.clone(),
        level: tuning.level("ARTIFACT_COMPRESSION_LEVEL"),
        threads: tuning.pack_threads(),
        provenance: stated.then(|| Provenance::of(view, &base)),
        timeout: view.order.settings.artifact_upload_timeout,
        response_timeout: view.order.settings.artifact_response_timeout,
    })
}
