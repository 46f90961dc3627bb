//! What was probably meant by a path that is not there.

use crate::nearby::Nearby;
use crate::{Diagnostic, Sources, Tree};

/// Adds the nearest path of the tree, if there is one that may be included.
pub(super) fn path(error: Diagnostic, sources: &dyn Sources, tree: &Tree, path: &str) -> Diagnostic {
    let Ok(paths) = sources.paths(tree) else { return error };
    let lower = path.to_lowercase();
    let yaml =
        || paths.iter().map(String::as_str).filter(|path| path.ends_with(".yml") || path.ends_with(".yaml"));
    // The same name in another directory, most often because paths begin at the root of the repository.
    let suffix = format!("/{path}");
    if let Some(found) = yaml().find(|candidate| candidate.ends_with(&suffix)) {
        let help = "Paths begin at the root of the repository, wherever the file is that includes.";
        return error.note(format!("did you mean `{found}`?")).help(help);
    }
    let near = yaml().find(|candidate| candidate.to_lowercase() == lower);
    let near = near.or_else(|| Nearby::default().find(path, yaml()));
    let near = near.or_else(|| same_name(path, yaml()));
    match near {
        Some(found) => error.note(format!("did you mean `{found}`?")),
        None => error,
    }
}

fn same_name<'a>(path: &str, mut paths: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = path.rsplit('/').next().filter(|name| !name.is_empty())?;
    paths.find(|candidate| candidate.rsplit('/').next() == Some(name))
}
