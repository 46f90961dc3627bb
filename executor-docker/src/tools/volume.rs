//! The volume with the runner's executable.
//!
//! A volume that is not there is made silently by whoever mounts it, and one that is being filled looks like one
//! that is. So every volume is filled under a name of its own, `runner-agent-KEY-RANDOM`, and when that is done a
//! second, empty volume `runner-agent-KEY` is made whose label names it: the *sign*. Its creation is atomic, and
//! the second of two makers gets the sign of the first. A filled volume never changes.

use super::agent_parts::{AGENT_DIR, AgentParts};
use super::bundle::Settings;
use super::engine::{
    check_architecture, container, if_there, load, remove_container, remove_image, remove_volume,
};
use super::error::ToolsError;
use super::labels::{self, Kind, Labels};
use super::stream::archive;
use super::tree::Tree;
use bollard::Docker;
use bollard::models::VolumeCreateRequest;
use bollard::query_parameters::UploadToContainerOptionsBuilder;
use std::time::Duration;

/// How long the executable may take to the engine.
const PATIENCE: Duration = Duration::from_secs(1800);

/// How often a sign may point to a volume that is gone while another one is made.
const TRIES: usize = 3;

/// The name of the volume with that key, if there is one and it is filled.
pub(super) async fn find(docker: &Docker, key: &str) -> Result<Option<String>, ToolsError> {
    let what = "look for the runner's volume";
    let Some(sign) = if_there(docker.inspect_volume(&sign_name(key)).await, what)? else { return Ok(None) };
    let Some(volume) = labels::read(&sign.labels, Kind::Sign).and_then(|sign| sign.holds) else {
        return Ok(None);
    };
    Ok(is_there(docker, key, &volume).await?.then_some(volume))
}

/// Whether a volume that was filled is still there. One that was made by mounting its name has no labels.
pub(super) async fn is_there(docker: &Docker, key: &str, volume: &str) -> Result<bool, ToolsError> {
    let found = if_there(docker.inspect_volume(volume).await, "look for the runner's volume")?;
    Ok(found
        .is_some_and(|found| labels::read(&found.labels, Kind::Agent).is_some_and(|label| label.key == key)))
}

/// Makes the volume and fills it.
pub(super) async fn make(docker: &Docker, parts: AgentParts, owner: &str) -> Result<String, ToolsError> {
    check_architecture(docker, parts.machine.docker_name()).await?;
    let docker = &docker.clone().with_timeout(PATIENCE);
    let key = parts.key.clone();
    let volume = format!("{}-{:08x}", sign_name(&key), random()?);
    let labels = Labels { kind: Kind::Agent, key: &key, owner, holds: None };
    create(docker, &volume, &labels).await?;
    let made = match fill(docker, parts, &volume, owner).await {
        Ok(()) => sign(docker, &key, &volume, owner).await,
        Err(error) => Err(error),
    };
    if made.as_ref().ok() != Some(&volume) {
        remove_volume(docker, &volume).await;
    }
    made
}

fn sign_name(key: &str) -> String {
    format!("runner-agent-{key}")
}

fn random() -> Result<u32, ToolsError> {
    getrandom::u32()
        .map_err(|error| ToolsError::read("/dev/urandom")(std::io::Error::other(error.to_string())))
}

/// Makes a volume and returns the labels of the one that then is there.
async fn create(
    docker: &Docker,
    name: &str,
    labels: &Labels<'_>,
) -> Result<Option<labels::Read>, ToolsError> {
    let request = VolumeCreateRequest {
        name: Some(name.to_owned()),
        labels: Some(labels.map()),
        ..VolumeCreateRequest::default()
    };
    let made = docker.create_volume(request).await.map_err(ToolsError::engine("make the runner's volume"))?;
    Ok(labels::read(&made.labels, labels.kind))
}

/// Copies the files by way of a container, since volumes have no interface of their own: one of an empty image,
/// which is never started.
async fn fill(docker: &Docker, parts: AgentParts, volume: &str, owner: &str) -> Result<(), ToolsError> {
    let labels = Labels { kind: Kind::Passing, key: &parts.key, owner, holds: None };
    let mut empty = Tree::default();
    empty.directory("opt", 0o755);
    empty.directory(AGENT_DIR.trim_start_matches('/'), 0o755);
    let image = format!("runner-agent-filling:{:08x}", random()?);
    let settings = Settings {
        name: image.clone(),
        architecture: parts.machine.docker_name().to_owned(),
        environment: Vec::new(),
        labels: labels.map(),
    };
    load(docker, empty, settings).await?;
    let filled = match container(docker, &image, vec![format!("{volume}:{AGENT_DIR}")], &labels).await {
        Ok(id) => {
            let (pieces, making) = archive(parts.tree);
            let options = UploadToContainerOptionsBuilder::new().path(AGENT_DIR).build();
            let sent = docker.upload_to_container(&id, Some(options), bollard::body_try_stream(pieces)).await;
            let sent = sent.map_err(ToolsError::engine("copy the runner into the engine"));
            let sent = making.explain(sent).await;
            remove_container(docker, &id).await;
            sent
        }
        Err(error) => Err(error),
    };
    remove_image(docker, &image).await;
    filled
}

/// Makes a filled volume known. Returns the one to use, which is another one if somebody was quicker.
async fn sign(docker: &Docker, key: &str, volume: &str, owner: &str) -> Result<String, ToolsError> {
    let name = sign_name(key);
    let labels = Labels { kind: Kind::Sign, key, owner, holds: Some(volume) };
    for _ in 0..TRIES {
        let holds = create(docker, &name, &labels).await?.and_then(|sign| sign.holds);
        match holds {
            Some(held) if held == volume || is_there(docker, key, &held).await? => return Ok(held),
            // It stands for nothing, or was made by mounting its name.
            _ => remove_volume(docker, &name).await,
        }
    }
    Err(ToolsError::Engine {
        what: "make the runner's volume",
        answer: format!("the volume {name} stands for nothing and cannot be removed"),
    })
}
