//! What the helper image is made of: git, a shell and the usual tools, with their libraries, as they are on the
//! runner's machine and at the same paths.

use super::agent_parts::{hash, home, on_demand};
use super::elf::{self, ElfError};
use super::error::ToolsError;
use super::libraries::{Library, ask, needed};
use super::search::{Search, is_program};
use super::toolbox;
use super::tree::Tree;
use super::witness::Witness;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Increased when the same files are put together in another way, or the image's settings change.
pub(super) const RECIPE: &str = "helper-1";

/// Files of git's own directory beyond this number are left out; there are about 180.
const MOST_OF_GIT: usize = 1000;

/// The content of the helper image.
pub(super) struct HelperParts {
    pub(super) tree: Tree,
    /// Another one for every other content.
    pub(super) key: String,
    /// The image's `PATH`.
    pub(super) path: String,
    /// What users may miss in it.
    pub(super) lacks: Vec<&'static str>,
    /// What must not change for the key to stay right.
    pub(super) witnesses: Vec<Witness>,
}

/// Finds the tools on this machine.
///
/// # Errors
/// [`ToolsError::Missing`] without git or a shell; what else there is not is left out.
pub(super) async fn collect(search: &Search) -> Result<HelperParts, ToolsError> {
    let mut basket = Basket::default();
    let mut programs = Vec::new();
    for name in toolbox::REQUIRED {
        let program = search.find(name).ok_or(ToolsError::Missing { program: name })?;
        basket.program(&program).await?;
        programs.push(program);
    }
    let mut witnesses: Vec<Witness> = search.witnesses().collect();
    witnesses.extend(basket.git(programs.first()).await?);
    let optional = toolbox::NOTABLE.iter().chain(toolbox::USUAL).filter_map(|name| search.find(name));
    for program in optional.chain(toolbox::PLACES.map(PathBuf::from)).filter(|path| is_program(path)) {
        match basket.program(&program).await {
            Ok(()) => programs.push(program),
            Err(error) => tracing::debug!(%error, "Left out of the helper image"),
        }
    }
    let mut lacks: Vec<_> = toolbox::NOTABLE.into_iter().filter(|name| search.find(name).is_none()).collect();
    if !basket.certificates() {
        lacks.push("CA certificates");
    }
    let path = Search::for_containers(&programs);
    let tree = basket.finish();
    witnesses.extend(tree.witnesses());
    let (key, tree) = hash(tree, format!("{RECIPE}\n{path}")).await?;
    Ok(HelperParts { tree, key, path, lacks, witnesses })
}

/// Gathers programs with what they need.
#[derive(Default)]
struct Basket {
    tree: Tree,
    /// Programs whose libraries are there, by their real path.
    done: HashSet<PathBuf>,
}

/// What a file that is to be run is.
enum Kind {
    Elf { interpreter: Option<PathBuf> },
    Script { interpreter: PathBuf },
}

impl Basket {
    /// Takes a program along with its libraries; one that a script names with that script.
    async fn program(&mut self, path: &Path) -> Result<(), ToolsError> {
        match kind(path)? {
            Kind::Elf { interpreter } => self.libraries_of(path, interpreter.as_deref()).await?,
            Kind::Script { interpreter } => match kind(&interpreter)? {
                Kind::Elf { interpreter: loader } => {
                    self.libraries_of(&interpreter, loader.as_deref()).await?;
                    self.tree.like_host(&interpreter)?;
                }
                Kind::Script { .. } => return Err(foreign(path)),
            },
        }
        self.tree.like_host(path).map(drop)
    }

    async fn libraries_of(&mut self, program: &Path, loader: Option<&Path>) -> Result<(), ToolsError> {
        let real = program.canonicalize().map_err(ToolsError::read(program))?;
        let Some(loader) = loader.filter(|_| !self.done.contains(&real)) else { return Ok(()) };
        let libraries = needed(loader, program).await?;
        let home = home(&libraries, loader);
        self.tree.like_host(loader)?;
        for library in libraries.iter().chain(&on_demand(&libraries, loader)) {
            self.library(library, &home)?;
        }
        self.converters(&home);
        self.done.insert(real);
        Ok(())
    }

    /// A library that the loader found by its cache or by a setting gets a link where it always looks: there
    /// is no cache in the image.
    fn library(&mut self, library: &Library, home: &Path) -> Result<(), ToolsError> {
        self.tree.like_host(&library.path)?;
        let home = home.canonicalize().map_err(ToolsError::read(home))?;
        let real = library.path.parent().and_then(|parent| parent.canonicalize().ok());
        let link = home.join(&library.name);
        if real.as_deref() != Some(&home)
            && !link.exists()
            && let Ok(link) = link.strip_prefix("/")
        {
            self.tree.link(link, &library.path);
        }
        Ok(())
    }

    /// What glibc loads to convert texts.
    fn converters(&mut self, home: &Path) {
        let below_usr = Path::new("/usr").join(home.strip_prefix("/").unwrap_or(home));
        let candidates = [home.join("gconv"), below_usr.join("gconv")];
        let Some(directory) = candidates.iter().find(|path| path.is_dir()) else { return };
        for name in names_in(directory) {
            let name = name.as_encoded_bytes();
            if toolbox::CONVERTERS.iter().any(|start| name.starts_with(start.as_bytes())) {
                let path = directory.join(OsStr::from_bytes(name));
                if let Err(error) = self.tree.like_host(&path) {
                    tracing::debug!(%error, "Left out of the helper image");
                }
            }
        }
    }

    /// The programs that git starts, and its templates. Returns what to watch.
    async fn git(&mut self, git: Option<&PathBuf>) -> Result<Vec<Witness>, ToolsError> {
        let Some(git) = git else { return Ok(Vec::new()) };
        let failed = |reason: &str| ToolsError::Answer {
            program: git.clone(),
            reason: format!("--exec-path: {reason}"),
        };
        let said = ask(git, [OsStr::new("--exec-path")]).await?;
        if let Some(reason) = said.failure {
            return Err(failed(&reason));
        }
        let directory = PathBuf::from(OsStr::from_bytes(said.output.trim_ascii_end()));
        if !directory.is_absolute() || !directory.is_dir() {
            return Err(failed("no such directory"));
        }
        self.tree.like_host(&directory)?;
        for name in names_in(&directory).into_iter().take(MOST_OF_GIT) {
            let wanted = !toolbox::NOT_OF_GIT.iter().any(|other| name == *other);
            let path = directory.join(&name);
            // Parts of scripts are not executable.
            if wanted && path.is_file() {
                let taken = if is_program(&path) {
                    self.program(&path).await
                } else {
                    self.tree.like_host(&path).map(drop)
                };
                if let Err(error) = taken {
                    tracing::debug!(%error, "Left out of the helper image");
                }
            }
        }
        if let Some(templates) = templates(&directory) {
            self.everything_in(&templates)?;
        }
        Ok(vec![Witness::now(directory)])
    }

    /// Templates have one level of directories.
    fn everything_in(&mut self, directory: &Path) -> Result<(), ToolsError> {
        let directory = self.tree.like_host(directory)?;
        for path in names_in(&directory).into_iter().map(|name| directory.join(name)) {
            self.tree.like_host(&path)?;
            if path.is_dir() {
                for name in names_in(&path) {
                    self.tree.like_host(&path.join(name))?;
                }
            }
        }
        Ok(())
    }

    /// The bundle, also where Debian's programs look for it. Whether there is one.
    fn certificates(&mut self) -> bool {
        let mut found = None;
        for path in toolbox::CERTIFICATES.map(Path::new) {
            if path.is_file() && self.tree.like_host(path).is_ok() {
                found = found.or(Some(path));
            }
        }
        self.tree.directory("etc/ssl", 0o755);
        self.tree.directory("etc/ssl/certs", 0o755);
        let Some(found) = found else { return false };
        if found != Path::new(toolbox::CERTIFICATES[0]) {
            self.tree.link("etc/ssl/certs/ca-certificates.crt", found);
        }
        true
    }

    fn finish(mut self) -> Tree {
        self.tree.directory("var", 0o755);
        for (path, mode) in toolbox::DIRECTORIES {
            self.tree.directory(path, mode);
        }
        for (path, content) in toolbox::TEXTS {
            self.tree.text(path, content);
        }
        self.tree
    }
}

/// `…/lib/git-core` and `…/libexec/git-core` belong to `…/share/git-core`.
fn templates(exec_path: &Path) -> Option<PathBuf> {
    let directory = exec_path.parent()?.parent()?.join("share/git-core/templates");
    directory.is_dir().then_some(directory)
}

/// Names in a directory, in order; none if it cannot be read.
fn names_in(directory: &Path) -> Vec<std::ffi::OsString> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
    names.sort();
    names
}

fn kind(path: &Path) -> Result<Kind, ToolsError> {
    let file = File::open(path).map_err(ToolsError::read(path))?;
    match elf::read(&file) {
        Ok(elf) => Ok(Kind::Elf { interpreter: elf.interpreter }),
        Err(ElfError::Foreign) => match shell_of(&file) {
            Some(interpreter) => Ok(Kind::Script { interpreter }),
            None => Err(foreign(path)),
        },
        Err(reason) => Err(ToolsError::Program { path: path.to_owned(), reason }),
    }
}

fn foreign(path: &Path) -> ToolsError {
    ToolsError::Program { path: path.to_owned(), reason: ElfError::Foreign }
}

/// The shell that runs a script; scripts of other languages stay at home.
fn shell_of(file: &File) -> Option<PathBuf> {
    let mut start = [0; 256];
    let length = file.read_at(&mut start, 0).ok()?;
    let line = start.get(..length)?.strip_prefix(b"#!")?.split(|&byte| byte == b'\n').next()?;
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let program = PathBuf::from(std::ffi::OsString::from_vec(words.next()?.to_vec()));
    let is_shell = |name: &[u8]| [&b"sh"[..], b"bash", b"dash", b"ash"].contains(&name);
    match program.file_name()?.as_bytes() {
        b"env" if is_shell(words.next()?) => Some(program),
        name if is_shell(name) && program.is_absolute() => Some(program),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
