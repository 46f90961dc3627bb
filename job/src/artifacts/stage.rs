//! The two artifact stages of a job, over all its artifacts.

use super::download::{Downloader, download};
use super::upload::{UploadPlan, Uploader, upload};
use crate::cache::level;
use crate::expansion::HelperEnvironment;
use crate::files::Site;
use crate::notice::{self, Level};
use crate::variables::JobView;
use crate::{StageError, Transfer};
use archive::Format;
use executor::{Executor, Output};
use protocol::Artifact;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Downloads the artifacts of the jobs that this one depends on, in the payload's order.
pub(crate) async fn download_all(
    view: JobView<'_>,
    transfer: &Transfer,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
) -> Result<(), StageError> {
    let downloader = Downloader {
        transfer,
        project: &view.workspace.project_dir,
        staging: &view.workspace.temp_dir,
        output,
        stop: stop.clone(),
        direct: view.flags.is_on("FF_USE_DIRECT_DOWNLOAD"),
    };
    for dependency in view.order.payload.dependencies.iter().filter(|d| !d.artifacts_file.filename.is_empty())
    {
        download(&downloader, dependency).await?;
    }
    Ok(())
}

/// Whether anything is uploaded after a job that ended so.
pub(crate) fn any_to_upload(view: JobView<'_>, success: bool) -> bool {
    wanted(view, success).next().is_some()
}

/// Uploads the artifacts whose `when` fits. The first that fails ends the stage.
pub(crate) async fn upload_all<E: Executor>(
    view: JobView<'_>,
    executor: &mut E,
    transfer: &Transfer,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
    success: bool,
) -> Result<(), StageError> {
    let helper = HelperEnvironment::of(view, executor)?;
    let stage = if success { "upload_artifacts_on_success" } else { "upload_artifacts_on_failure" };
    let job = Uploader {
        job_id: view.order.payload.id,
        token: &view.order.payload.token,
        transfer,
        staging: &view.workspace.temp_dir,
    };
    for artifact in wanted(view, success) {
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
        let text = format!("unsupported artifact format {:?}", artifact.artifact_format);
        notice::helper(output, Level::Fatal, &text, &[]);
        return Err(StageError::helper());
    };
    Ok(UploadPlan {
        query: helper.query(&artifact.paths, &artifact.exclude, artifact.untracked, output),
        file_name: file_name(&artifact.name, helper, format, output),
        format,
        format_name: artifact.artifact_format.clone(),
        artifact_type: artifact.artifact_type.clone(),
        expire_in: artifact.expire_in.clone(),
        level: level(&view.options.artifacts.compression_level, output),
        threads: 0,
        timeout: view.order.settings.artifact_upload_timeout,
        response_timeout: view.order.settings.artifact_response_timeout,
    })
}

/// The last component of the expanded name, with the format's extension.
fn file_name(name: &str, helper: &HelperEnvironment, format: Format, output: &dyn Output) -> String {
    if name.is_empty() {
        return format!("artifacts{}", format.extension());
    }
    let expanded = helper.expand(name).unwrap_or_else(|error| {
        notice::helper(output, Level::Warning, &format!("invalid artifact name: {error}"), &[]);
        name.to_owned()
    });
    let base = expanded.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let base = if matches!(base, "" | "." | "..") { "default" } else { base };
    format!("{base}{}", format.extension())
}
