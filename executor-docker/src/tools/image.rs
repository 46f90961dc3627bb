//! The helper image of the runner's own.

use super::bundle::Settings;
use super::engine::{check_architecture, if_there, load};
use super::error::ToolsError;
use super::helper_parts::HelperParts;
use super::labels::{self, Kind, Labels};
use bollard::Docker;
use std::time::Duration;

/// Where users without an entry in `/etc/passwd` are at home in the helper image. Everybody may write there.
pub const HELPER_HOME: &str = "/home/runner";

const REPOSITORY: &str = "runner-helper";

/// How long the image may take to the engine.
const PATIENCE: Duration = Duration::from_secs(1800);

/// The image's name.
pub(super) fn name(key: &str) -> String {
    format!("{REPOSITORY}:{key}")
}

/// Whether the engine has the image.
pub(super) async fn is_there(docker: &Docker, key: &str) -> Result<bool, ToolsError> {
    let found = if_there(docker.inspect_image(&name(key)).await, "look for the helper image")?;
    let labels = found.and_then(|found| found.config?.labels);
    Ok(labels
        .is_some_and(|labels| labels::read(&labels, Kind::HelperImage).is_some_and(|label| label.key == key)))
}

/// Makes the image. It has its name when it is complete.
pub(super) async fn make(
    docker: &Docker,
    parts: HelperParts,
    machine: &str,
    owner: &str,
) -> Result<String, ToolsError> {
    check_architecture(docker, machine).await?;
    let docker = docker.clone().with_timeout(PATIENCE);
    let labels = Labels { kind: Kind::HelperImage, key: &parts.key, owner, holds: None };
    let settings = Settings {
        name: name(&parts.key),
        architecture: machine.to_owned(),
        environment: vec![format!("PATH={}", parts.path), format!("HOME={HELPER_HOME}")],
        labels: labels.map(),
    };
    load(&docker, parts.tree, settings).await?;
    Ok(name(&parts.key))
}
