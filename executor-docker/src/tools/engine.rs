//! Requests that several parts of the tools need.

use super::bundle::{Settings, bundle};
use super::error::ToolsError;
use super::labels::Labels;
use super::stream::stream;
use super::tree::Tree;
use crate::connect::status;
use bollard::Docker;
use bollard::errors::Error as EngineError;
use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters::{
    CreateContainerOptions, ImportImageOptionsBuilder, RemoveContainerOptionsBuilder, RemoveImageOptions,
};
use futures_util::TryStreamExt;

/// Makes an image of files. It has its name when it is complete.
pub(super) async fn load(docker: &Docker, tree: Tree, settings: Settings) -> Result<(), ToolsError> {
    let what = "load an image into the engine";
    let (pieces, making) = stream(move |take| bundle(&tree, &settings, take));
    let options = ImportImageOptionsBuilder::new().quiet(true).build();
    let answers = docker.import_image(options, bollard::body_try_stream(pieces), None);
    let loaded: Result<Vec<_>, _> = answers.try_collect().await;
    making.explain(loaded.map(drop).map_err(ToolsError::engine(what))).await
}

/// Makes a container that is never started.
pub(super) async fn container(
    docker: &Docker,
    image: &str,
    binds: Vec<String>,
    labels: &Labels<'_>,
) -> Result<String, ToolsError> {
    let body = ContainerCreateBody {
        image: Some(image.to_owned()),
        entrypoint: Some(vec!["true".to_owned()]),
        cmd: Some(Vec::new()),
        labels: Some(labels.map()),
        network_disabled: Some(true),
        host_config: Some(HostConfig { binds: Some(binds), ..HostConfig::default() }),
        ..ContainerCreateBody::default()
    };
    let made = docker.create_container(None::<CreateContainerOptions>, body).await;
    Ok(made.map_err(ToolsError::engine("make a container for the runner's tools"))?.id)
}

/// Removes a container and its anonymous volumes. What cannot be removed now is found by its labels later.
pub(super) async fn remove_container(docker: &Docker, id: &str) {
    let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    kept("container", id, docker.remove_container(id, Some(options)).await.err());
}

/// Removes an image that no container uses.
pub(super) async fn remove_image(docker: &Docker, name: &str) {
    kept("image", name, docker.remove_image(name, None::<RemoveImageOptions>, None).await.err());
}

/// Removes a volume that no container uses.
pub(super) async fn remove_volume(docker: &Docker, name: &str) {
    let options = None::<bollard::query_parameters::RemoveVolumeOptions>;
    kept("volume", name, docker.remove_volume(name, options).await.err());
}

fn kept(what: &str, name: &str, error: Option<EngineError>) {
    match error {
        None => tracing::debug!(name, "Removed a {what} of the runner's tools"),
        // Gone already, or in use.
        Some(error) if matches!(status(&error), Some(404 | 409)) => {}
        Some(error) => tracing::warn!(%error, name, "Cannot remove a {what} of the runner's tools"),
    }
}

/// None where the engine knows no such thing.
pub(super) fn if_there<T>(
    answer: Result<T, EngineError>,
    what: &'static str,
) -> Result<Option<T>, ToolsError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if status(&error) == Some(404) => Ok(None),
        Err(error) => Err(ToolsError::engine(what)(error)),
    }
}

/// Fails unless the runner's executable can run on the engine's machine.
pub(super) async fn check_architecture(docker: &Docker, runner: &str) -> Result<(), ToolsError> {
    let version = docker.version().await.map_err(ToolsError::engine("ask the engine for its version"))?;
    match version.arch {
        Some(engine) if engine != runner => {
            Err(ToolsError::Architecture { runner: runner.to_owned(), engine })
        }
        _ => Ok(()),
    }
}
