mod cases;
mod kinds;
mod limits;

use super::*;
use crate::{MemorySources, Node, Span, Tree};

/// A context and its sources, with the files of the project.
fn repository(files: &[(&str, &str)]) -> (Context, MemorySources) {
    let context = Context::push("main");
    let mut sources = MemorySources::new();
    sources.add_tree(&context.tree);
    for (path, text) in files {
        sources.add_file(&context.tree, path, text);
    }
    (context, sources)
}

fn loaded(context: &Context, sources: &MemorySources) -> Loading {
    load(context, Main::Path, sources, &Limits::default())
}

/// The configuration as Ruby would show it, or the first message.
fn shown(loading: &Loading) -> Result<String, String> {
    match &loading.result {
        Ok(included) => Ok(Node::map((*included.root).clone(), Span::default()).inspect()),
        Err(errors) => {
            assert!(errors.iter().skip(1).all(|error| error.later), "{errors:?}");
            Err(errors.first().map(|error| error.message.clone()).unwrap())
        }
    }
}

fn read(files: &[(&str, &str)]) -> Result<String, String> {
    let (context, sources) = repository(files);
    shown(&loaded(&context, &sources))
}

fn other_tree(project: &str, revision: &str) -> Tree {
    Tree { project: project.into(), revision: revision.into() }
}
