//! A helper image that the configuration names.

use super::engine::{container, if_there, remove_container};
use super::error::ToolsError;
use super::labels::{Kind, Labels};
use bollard::Docker;
use bollard::query_parameters::ContainerArchiveInfoOptionsBuilder;

/// The engine's for containers without a `PATH`.
const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Directories beyond this number are not looked into.
const MOST: usize = 32;

/// Fails unless the image is for a machine that the runner runs on and has git where it is looked for.
///
/// The image is looked into, nothing in it runs.
pub(super) async fn check(
    docker: &Docker,
    image: &str,
    machine: &str,
    owner: &str,
) -> Result<(), ToolsError> {
    let unfit = |reason: String| ToolsError::HelperImage { image: image.to_owned(), reason };
    let found = if_there(docker.inspect_image(image).await, "look for the helper image")?;
    let found = found.ok_or_else(|| unfit("the engine does not have it".to_owned()))?;
    match found.architecture.as_deref() {
        Some(architecture) if !architecture.is_empty() && architecture != machine => {
            return Err(unfit(format!("it is made for {architecture}, this runner for {machine}")));
        }
        _ => {}
    }
    let environment = found.config.and_then(|config| config.env).unwrap_or_default();
    let path = environment.iter().find_map(|entry| entry.strip_prefix("PATH=")).unwrap_or(USUAL_PATH);
    let labels = Labels { kind: Kind::Passing, key: "given", owner, holds: None };
    let id = container(docker, image, Vec::new(), &labels).await?;
    let git = look_for_git(docker, &id, path).await;
    remove_container(docker, &id).await;
    if git? { Ok(()) } else { Err(unfit(format!("it has no git in its PATH ({path})"))) }
}

async fn look_for_git(docker: &Docker, container: &str, path: &str) -> Result<bool, ToolsError> {
    for directory in path.split(':').filter(|directory| directory.starts_with('/')).take(MOST) {
        let options = ContainerArchiveInfoOptionsBuilder::new().path(&format!("{directory}/git")).build();
        let answer = docker.get_container_archive_info(container, Some(options)).await;
        if if_there(answer, "look into the helper image")?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
