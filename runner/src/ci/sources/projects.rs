//! Clones of other projects on this machine.

use super::Place;
use ci_yaml::SourceError;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// A project's path as it is spelled here, and where it is.
type Known = (Arc<str>, Rc<Place>);

/// Where clones are looked for.
#[derive(Debug, Default)]
pub(crate) struct Projects {
    /// Clones by the paths of their projects.
    pub(crate) named: Vec<(String, PathBuf)>,
    /// A folder with `group/name` below it.
    pub(crate) root: Option<PathBuf>,
    opened: RefCell<HashMap<String, Option<Known>>>,
}

impl Projects {
    pub(crate) fn new(named: Vec<(String, PathBuf)>, root: Option<PathBuf>) -> Self {
        Self { named, root, opened: RefCell::default() }
    }

    /// The clone of a project. Case does not matter.
    pub(super) fn find(&self, project: &str) -> Result<Option<Known>, SourceError> {
        let key = project.to_lowercase();
        if let Some(known) = self.opened.borrow().get(&key) {
            return Ok(known.clone());
        }
        let known = self.look_up(project, &key)?;
        self.opened.borrow_mut().insert(key, known.clone());
        Ok(known)
    }

    fn look_up(&self, project: &str, key: &str) -> Result<Option<Known>, SourceError> {
        if let Some((name, path)) = self.named.iter().find(|(name, _)| name.to_lowercase() == key) {
            return match Place::open(path) {
                Ok(place) => Ok(Some((name.as_str().into(), Rc::new(place)))),
                Err(error) => Err(SourceError::Unavailable {
                    what: format!("the clone of `{name}` cannot be used: {}: {error}", path.display()),
                    help: None,
                }),
            };
        }
        let Some(root) = &self.root else { return Ok(None) };
        let Some((name, path)) = below(root, project) else { return Ok(None) };
        Ok(Place::open(&path).ok().map(|place| (name.into(), Rc::new(place))))
    }
}

/// The folder of a project below a root, and the project's path as its folders spell it.
fn below(root: &Path, project: &str) -> Option<(String, PathBuf)> {
    let sound = |part: &str| !matches!(part, "" | "." | "..") && !part.contains('\0');
    if !project.split('/').all(sound) {
        return None;
    }
    let (mut folder, mut names) = (root.to_owned(), Vec::new());
    for part in project.split('/') {
        let name = if folder.join(part).is_dir() { part.to_owned() } else { other_case(&folder, part)? };
        folder.push(&name);
        names.push(name);
    }
    // A clone made with `--mirror` is called so.
    Some((names.join("/").trim_end_matches(".git").to_owned(), folder))
}

fn other_case(folder: &Path, part: &str) -> Option<String> {
    let wanted = part.to_lowercase();
    let mut names =
        std::fs::read_dir(folder).ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    names.find(|name| {
        let name = name.to_lowercase();
        name == wanted || name.strip_suffix(".git") == Some(&wanted)
    })
}

/// What to say of a project that there is no clone of.
pub(super) fn no_clone(project: &str) -> SourceError {
    SourceError::Unavailable {
        what: format!("There is no clone of the project `{project}` here."),
        help: Some(format!(
            "name one with `--project-dir {project}=FOLDER`, or a folder of clones with `--projects-root FOLDER`"
        )),
    }
}
