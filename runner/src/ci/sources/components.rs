//! Components from clones of their projects: tags stand for releases.

use super::version::Asked;
use super::{Own, Place};
use ci_yaml::{Component, ComponentAddress, ComponentFacts, FileIssue, SourceError, Tree};
use std::sync::Arc;

/// A component; nothing where the project has no such component or version.
pub(super) fn find(
    project: Arc<str>,
    place: &Place,
    address: &ComponentAddress,
    own: &Own,
) -> Result<Option<Component>, SourceError> {
    let Some(found) = version(place, &address.version, own)? else { return Ok(None) };
    let name = &address.name;
    for path in [format!("templates/{name}.yml"), format!("templates/{name}/template.yml")] {
        match place.file(&found.revision, &path) {
            Err(SourceError::File(FileIssue::Missing)) => {}
            Err(error) => return Err(error),
            Ok(text) => {
                let facts = ComponentFacts {
                    name: name.clone(),
                    sha: found.sha,
                    version: found.release,
                    reference: address.version.clone(),
                };
                let tree = Tree { project, revision: found.revision };
                return Ok(Some(Component { tree, path, text, facts }));
            }
        }
    }
    Ok(None)
}

struct FoundVersion {
    revision: Arc<str>,
    sha: String,
    release: Option<String>,
}

/// Looks in GitLab's order: the latest or a partial version, a released tag, then whatever else names a commit.
fn version(place: &Place, asked: &str, own: &Own) -> Result<Option<FoundVersion>, SourceError> {
    let Some(repository) = place.repository() else {
        return Err(SourceError::Unavailable {
            what: format!(
                "The versions of a component are tags, and {} is no git repository.",
                place.root().display()
            ),
            help: Some("name a clone of the component's project with `--project-dir`".into()),
        });
    };
    let tags = repository.tags()?;
    let wanted = Asked::parse(asked);
    if let Some(best) = wanted.best(tags.iter().map(|(name, _)| name.as_str())) {
        let id = tags.iter().find(|(name, _)| name == best).map(|(_, id)| id.clone());
        return Ok(id.map(|id| FoundVersion {
            revision: id.as_str().into(),
            sha: id,
            release: Some(best.to_owned()),
        }));
    }
    if wanted == Asked::Latest {
        return Ok(None);
    }
    // A component of the project itself at the ref that is evaluated: as it lies in the evaluated tree.
    let itself = std::ptr::eq(place, &*own.place) && asked == own.reference;
    let Some(sha) = repository.resolve(asked)? else { return Ok(None) };
    let revision = if itself { own.tree.revision.clone() } else { sha.as_str().into() };
    Ok(Some(FoundVersion { revision, sha, release: None }))
}
