//! Removes what earlier versions of the runner have put on an engine.

use super::engine::{remove_container, remove_image, remove_volume};
use super::error::ToolsError;
use super::labels::{self, Kind, Read, filter};
use bollard::Docker;
use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListImagesOptionsBuilder, ListVolumesOptionsBuilder,
};

/// Milliseconds, as in the labels.
const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

/// What is kept whatever it is: it was just made or is in use here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keep<'a> {
    /// Who asks.
    pub(super) owner: &'a str,
    /// The content that is in use now.
    pub(super) key: &'a str,
    /// The volume of that key.
    pub(super) name: &'a str,
    /// Whether nothing else of this owner is being made.
    pub(super) alone: bool,
}

/// Something on the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Found {
    name: String,
    label: Read,
}

/// Removes volumes of other versions that nobody uses.
pub(super) async fn volumes(docker: &Docker, keep: Keep<'_>) -> Result<(), ToolsError> {
    passing(docker, keep).await?;
    // Signs first: a volume that is about to go must not be found any more.
    for kind in [Kind::Sign, Kind::Agent] {
        let options = ListVolumesOptionsBuilder::new().filters(&filter(kind)).build();
        let list = docker.list_volumes(Some(options)).await;
        let list = list.map_err(ToolsError::engine("list volumes"))?.volumes.unwrap_or_default();
        let found = list.into_iter().filter_map(|volume| {
            Some(Found { label: labels::read(&volume.labels, kind)?, name: volume.name })
        });
        for name in superseded(found.collect(), keep, labels::now()) {
            remove_volume(docker, &name).await;
        }
    }
    Ok(())
}

/// Removes helper images of other versions that no container uses.
pub(super) async fn images(docker: &Docker, keep: Keep<'_>) -> Result<(), ToolsError> {
    // Engines differ in how they write the name of an image, so it is known by its key.
    let found = list_images(docker, Kind::HelperImage).await?.into_iter();
    let found = found.filter(|(_, label)| label.key != keep.key).map(|(name, label)| Found { name, label });
    let found = found.collect();
    for name in superseded(found, keep, labels::now()) {
        remove_image(docker, &name).await;
    }
    Ok(())
}

/// Removes what was only there to fill a volume, when whoever filled it is dead.
async fn passing(docker: &Docker, keep: Keep<'_>) -> Result<(), ToolsError> {
    let now = labels::now();
    let options = ListContainersOptionsBuilder::new().all(true).filters(&filter(Kind::Passing)).build();
    let containers = docker.list_containers(Some(options)).await;
    for container in containers.map_err(ToolsError::engine("list containers"))? {
        let label = container.labels.and_then(|labels| labels::read(&labels, Kind::Passing));
        if let (Some(label), Some(id)) = (label, container.id)
            && is_abandoned(&label, keep, now)
        {
            remove_container(docker, &id).await;
        }
    }
    for (name, label) in list_images(docker, Kind::Passing).await? {
        if is_abandoned(&label, keep, now) {
            remove_image(docker, &name).await;
        }
    }
    Ok(())
}

/// Names, or ids of what has no name.
async fn list_images(docker: &Docker, kind: Kind) -> Result<Vec<(String, Read)>, ToolsError> {
    let options = ListImagesOptionsBuilder::new().filters(&filter(kind)).build();
    let list = docker.list_images(Some(options)).await.map_err(ToolsError::engine("list images"))?;
    let named = list.into_iter().filter_map(|image| {
        let name = image.repo_tags.into_iter().find(|tag| !tag.starts_with("<none>"));
        Some((name.unwrap_or(image.id), labels::read(&image.labels, kind)?))
    });
    Ok(named.collect())
}

/// Whoever made it would have removed it by now.
fn is_abandoned(label: &Read, keep: Keep<'_>, now: u64) -> bool {
    (keep.alone && label.owner == keep.owner) || label.made.saturating_add(HOUR) < now
}

/// What is not needed any more. The version before this one stays: jobs that it has begun may still ask for it.
/// What others have made stays for a month, since nothing tells whether they are still there.
fn superseded(found: Vec<Found>, keep: Keep<'_>, now: u64) -> Vec<String> {
    let of_owner = |found: &&Found| found.label.owner == keep.owner && found.label.key != keep.key;
    let previous = found.iter().filter(of_owner).max_by_key(|found| found.label.made);
    let previous = previous.map(|found| found.label.key.clone());
    let goes = |found: &Found| {
        let label = &found.label;
        if label.key == keep.key {
            // Another volume of this content was never made known, or is lost.
            let current = found.name == keep.name || label.holds.as_deref() == Some(keep.name);
            return !current && is_abandoned(label, keep, now);
        }
        if label.owner == keep.owner {
            return previous.as_ref() != Some(&label.key);
        }
        label.made.saturating_add(30 * DAY) < now
    };
    found.iter().filter(|found| goes(found)).map(|found| found.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 100 * DAY;

    fn found(name: &str, owner: &str, key: &str, made: u64) -> Found {
        let label = Read { key: key.into(), owner: owner.into(), made, holds: None };
        Found { name: name.into(), label }
    }

    fn keep(alone: bool) -> Keep<'static> {
        Keep { owner: "me", key: "k3", name: "now", alone }
    }

    #[test]
    fn the_version_before_stays() {
        let all = vec![
            found("now", "me", "k3", NOW),
            found("before", "me", "k2", 60 * DAY),
            found("old", "me", "k1", 50 * DAY),
            found("theirs", "you", "k1", 71 * DAY),
            found("forgotten", "you", "k0", 69 * DAY),
        ];
        assert_eq!(superseded(all.clone(), keep(true), NOW), ["old", "forgotten"]);
        assert_eq!(superseded(all[..2].to_vec(), keep(true), NOW), [""; 0]);
    }

    #[test]
    fn what_was_not_finished_goes() {
        let mut sign = found("sign", "me", "k3", NOW);
        sign.label.holds = Some("now".into());
        let all = vec![
            found("half", "me", "k3", NOW - 5),
            found("yours", "you", "k3", NOW - 5),
            found("yours-old", "you", "k3", NOW - 2 * HOUR),
            sign,
        ];
        assert_eq!(superseded(all.clone(), keep(true), NOW), ["half", "yours-old"]);
        assert_eq!(superseded(all, keep(false), NOW), ["yours-old"]);
    }
}
