//! Components from clones of their projects: tags stand for releases.

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
    let Some(found) = repository.release(asked)? else { return Ok(None) };
    // A component of the project itself at the ref that is evaluated: as it lies in the evaluated tree.
    let itself = std::ptr::eq(place, &*own.place) && asked == own.reference && found.tag.is_none();
    let revision = if itself { own.tree.revision.clone() } else { found.sha.as_str().into() };
    Ok(Some(FoundVersion { revision, sha: found.sha, release: found.tag }))
}
