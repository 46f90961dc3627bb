//! Requests that several parts of the tools need.

use super::error::ToolsError;
use super::labels::Labels;
use crate::connect::status;
use bollard::Docker;
use bollard::errors::Error as EngineError;
use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters::{
    CreateContainerOptions, CreateImageOptionsBuilder, RemoveContainerOptionsBuilder, RemoveImageOptions,
};
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use std::io;

/// Makes an image of an archive and returns its id.
pub(super) async fn import(
    docker: &Docker,
    archive: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    name: Option<(&str, &str)>,
    settings: Vec<String>,
    labels: &Labels<'_>,
) -> Result<String, ToolsError> {
    let labels = labels.map();
    let labels = labels.iter().map(|(name, value)| format!("LABEL {}={}", quoted(name), quoted(value)));
    let changes = settings.into_iter().chain(labels).collect();
    let mut options = CreateImageOptionsBuilder::new().from_src("-").changes(changes);
    if let Some((repository, tag)) = name {
        options = options.repo(repository).tag(tag);
    }
    let answers = docker.create_image(Some(options.build()), Some(bollard::body_try_stream(archive)), None);
    let statuses: Vec<_> =
        answers.try_collect().await.map_err(ToolsError::engine("import an image into the engine"))?;
    statuses.into_iter().rev().find_map(|answer| answer.status).ok_or_else(|| ToolsError::Engine {
        what: "import an image into the engine",
        answer: "it tells no image id".to_owned(),
    })
}

/// A value of an instruction of an image, as its parser takes it.
pub(super) fn quoted(value: &str) -> String {
    let mut quoted = String::from("\"");
    for character in value.chars().filter(|character| !character.is_control()) {
        if matches!(character, '"' | '\\' | '$') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_literally() {
        assert_eq!(quoted("a\"b\\c$d\ne f"), r#""a\"b\\c\$de f""#);
    }
}
