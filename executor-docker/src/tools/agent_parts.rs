//! What the runner's own executable needs to run in any container.

use super::elf::{self, Machine};
use super::error::ToolsError;
use super::libraries::{Library, needed};
use super::tree::Tree;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Where it is in containers.
pub const AGENT_DIR: &str = "/opt/runner-agent";

/// Increased when the same files are put together in another way.
pub(super) const RECIPE: &str = "agent-1";

/// Libraries that glibc loads when they are needed: for names of users and machines, and to end threads.
const ON_DEMAND: [&str; 4] = ["libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2", "libgcc_s.so.1"];

/// The executable and all that it needs.
pub(super) struct AgentParts {
    pub(super) tree: Tree,
    /// Another one for every other content.
    pub(super) key: String,
    pub(super) machine: Machine,
    pub(super) form: Form,
}

/// How the executable is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) enum Form {
    /// By the kernel.
    Static,
    /// By its loader, which is told where the libraries are.
    Dynamic,
}

impl Form {
    /// The command that starts it.
    pub(super) fn command(self) -> Vec<String> {
        let at = |name: &str| format!("{AGENT_DIR}/{name}");
        match self {
            Self::Static => vec![at("runner")],
            Self::Dynamic => vec![at("ld.so"), "--library-path".to_owned(), at("lib"), at("runner")],
        }
    }
}

/// Finds everything the executable needs on this machine.
///
/// # Errors
/// [`ToolsError`].
pub(super) async fn collect(executable: &Path) -> Result<AgentParts, ToolsError> {
    let mut tree = Tree::default();
    tree.copy(executable, "runner")?;
    let file = File::open(executable).map_err(ToolsError::read(executable))?;
    let elf =
        elf::read(&file).map_err(|reason| ToolsError::Program { path: executable.to_owned(), reason })?;
    let form = match &elf.interpreter {
        None => Form::Static,
        Some(interpreter) => {
            tree.copy(interpreter, "ld.so")?;
            tree.directory("lib", 0o755);
            let libraries = needed(interpreter, &seen_by_others(executable)).await?;
            for library in libraries.iter().chain(&on_demand(&libraries, interpreter)) {
                tree.copy(&library.path, Path::new("lib").join(&library.name))?;
            }
            Form::Dynamic
        }
    };
    let (key, tree) = hash(tree, RECIPE.to_owned()).await?;
    Ok(AgentParts { tree, key, machine: elf.machine, form })
}

/// `/proc/self/exe` is this executable even after its file was replaced. A loader that is to look at it knows it
/// by this process's number, and any other file by its absolute path.
fn seen_by_others(executable: &Path) -> PathBuf {
    match executable.strip_prefix("/proc/self") {
        Ok(rest) => Path::new("/proc").join(std::process::id().to_string()).join(rest),
        Err(_) => std::path::absolute(executable).unwrap_or_else(|_| executable.to_owned()),
    }
}

/// What of [`ON_DEMAND`] there is beside the C library.
pub(super) fn on_demand(libraries: &[Library], interpreter: &Path) -> Vec<Library> {
    let directory = home(libraries, interpreter);
    let beside = ON_DEMAND.map(|name| Library { name: name.into(), path: directory.join(name) });
    let wanted = |library: &Library| {
        !libraries.iter().any(|other| other.name == library.name) && library.path.is_file()
    };
    beside.into_iter().filter(wanted).collect()
}

/// The directory of the C library: the loader searches it whatever its cache says.
pub(super) fn home(libraries: &[Library], interpreter: &Path) -> PathBuf {
    let is_libc = |library: &&Library| library.name.as_encoded_bytes().starts_with(b"libc.so");
    let path = libraries.iter().find(is_libc).map_or(interpreter, |library| &library.path);
    path.parent().unwrap_or(Path::new("/")).to_owned()
}

/// Reads the files of a tree on a thread of its own.
pub(super) async fn hash(mut tree: Tree, recipe: String) -> Result<(String, Tree), ToolsError> {
    let work = tokio::task::spawn_blocking(move || tree.hash(&recipe).map(|key| (key, tree)));
    work.await.unwrap_or_else(|error| {
        Err(ToolsError::Read { path: AGENT_DIR.into(), source: std::io::Error::other(error) })
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::Node;
    use super::*;
    use std::process::Command;

    #[tokio::test]
    async fn this_very_program_with_nothing_but_its_parts() {
        let parts = collect(Path::new("/proc/self/exe")).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (path, node) in &parts.tree.nodes {
            match node {
                Node::Copy(source) => {
                    std::fs::copy(&source.path, folder.path().join(path)).unwrap();
                }
                other => {
                    assert_eq!((path.to_str(), other), (Some("lib"), &Node::Directory(0o755)));
                    std::fs::create_dir(folder.path().join(path)).unwrap();
                }
            }
        }
        let command = parts.form.command();
        let moved = |text: &String| text.replace(AGENT_DIR, folder.path().to_str().unwrap());
        let mut parts = command.iter().map(moved);
        let ran = Command::new(parts.next().unwrap()).args(parts).arg("--list").env_clear().output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        assert!(String::from_utf8(ran.stdout).unwrap().contains("nothing_but_its_parts"));
    }

    #[tokio::test]
    async fn a_script_is_none() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "#!/bin/sh\n").unwrap();
        let error = collect(file.path()).await.err().unwrap();
        assert!(error.to_string().ends_with("containers: it is not an ELF file"), "{error}");
    }
}
