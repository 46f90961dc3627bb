//! The `.git` folders of copies: made once for a snapshot, a few small files each.

use crate::checkout::Checkout;
use crate::copy::{Copier, Failed};
use crate::error::{CopyError, SnapshotError};
use crate::folder;
use crate::git::Call;
use crate::listing::Repository;
use crate::refs::{self, Head};
use crate::settings::Settings;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What git says of a repository.
#[derive(Debug)]
pub(crate) struct Facts {
    refs: Vec<refs::Ref>,
    settings: Settings,
}

impl Facts {
    pub(crate) fn of(checkout: &Checkout) -> Result<Self, SnapshotError> {
        let settings = std::fs::read(checkout.common_dir.join("config")).unwrap_or_default();
        Ok(Self { refs: refs::list(checkout)?, settings: Settings::parse(&settings) })
    }
}

/// A folder with a `.git` for the checkout and each submodule, at their paths.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) folder: PathBuf,
    pub(crate) commit: Option<String>,
    pub(crate) repositories: Vec<Copyable>,
}

/// The `.git` of one repository.
#[derive(Debug)]
pub(crate) struct Copyable {
    /// Where the repository is in the copy.
    pub(crate) path: PathBuf,
    pub(crate) checkout: Checkout,
    pub(crate) commit: Option<String>,
    /// Files in its `.git`.
    files: Vec<OsString>,
    pub(crate) settings: Settings,
}

impl Copyable {
    /// Names of the files in its `.git`.
    pub(crate) fn files(&self) -> &[OsString] {
        &self.files
    }
}

/// Folders that git needs to take a folder for a repository.
const FOLDERS: &[&str] = &["objects", "objects/info", "objects/pack", "refs", "refs/heads", "refs/tags"];

impl Template {
    pub(crate) fn make(
        folder: PathBuf,
        repositories: &[Repository],
        facts: &[Facts],
        commit: Option<&str>,
        copier: &Copier<'_>,
    ) -> Result<Self, SnapshotError> {
        crate::store::folder(&folder)?;
        let mut template = Self { folder, commit: None, repositories: Vec::new() };
        let made = repositories.iter().zip(facts).try_for_each(|(repository, facts)| {
            let commit = commit.filter(|_| repository.path.is_empty());
            let made = template.add(repository, facts, commit, copier)?;
            if repository.path.is_empty() {
                template.commit.clone_from(&made.commit);
            }
            template.repositories.push(made);
            Ok(())
        });
        if made.is_err() {
            let _ = crate::removal::remove(&template.folder);
        }
        made.map(|()| template)
    }

    fn add(
        &self,
        repository: &Repository,
        facts: &Facts,
        commit: Option<&str>,
        copier: &Copier<'_>,
    ) -> Result<Copyable, SnapshotError> {
        let checkout = &repository.checkout;
        let path = PathBuf::from(OsStr::from_bytes(&repository.path));
        let git = self.folder.join(&path).join(".git");
        let parent = git.parent().unwrap_or(&self.folder);
        std::fs::create_dir_all(parent).map_err(|error| CopyError::at(parent, error))?;
        make_git_folders(&git)?;
        let head = Head::of(checkout, &facts.refs, commit)?;
        let commit = head.commit().map(str::to_owned);
        let mut files = Vec::new();
        let mut write = |name: &str, content: &[u8]| {
            let path = git.join(name);
            files.push(OsString::from(name));
            std::fs::write(&path, content).map_err(|error| CopyError::at(&path, error))
        };
        write("HEAD", head.text().as_bytes())?;
        write("config", facts.settings.text().as_bytes())?;
        write("objects/info/alternates", &alternates(&checkout.common_dir.join("objects")))?;
        write("packed-refs", &refs::packed(&facts.refs))?;
        if let Ok(shallow) = std::fs::read(checkout.common_dir.join("shallow")) {
            write("shallow", &shallow)?;
        }
        let indexes = copy_indexes(checkout, &git, copier)?;
        files.extend(indexes);
        Ok(Copyable { path, checkout: checkout.clone(), commit, files, settings: facts.settings.clone() })
    }

    /// Writes the `.git` folders into a copy of the files.
    pub(crate) fn copy_to(&self, tree: &Path, copier: &Copier<'_>) -> Result<(), CopyError> {
        let mut buffer = Copier::buffer();
        for repository in &self.repositories {
            let (from, to) =
                (self.folder.join(&repository.path).join(".git"), tree.join(&repository.path).join(".git"));
            make_git_folders(&to)?;
            for file in &repository.files {
                copy(&from, &to, file, copier, &mut buffer)?;
            }
        }
        Ok(())
    }
}

pub(crate) fn make_git_folders(git: &Path) -> Result<(), CopyError> {
    let make = |path: &Path| std::fs::create_dir(path).map_err(|error| CopyError::at(path, error));
    make(git)?;
    FOLDERS.iter().try_for_each(|name| make(&git.join(name)))
}

/// Copies the index, and the one it is a change of if it is split. While git writes it, it has another name.
fn copy_indexes(
    checkout: &Checkout,
    git: &Path,
    copier: &Copier<'_>,
) -> Result<Vec<OsString>, SnapshotError> {
    let mut names = Vec::new();
    let mut buffer = Copier::buffer();
    let entries = std::fs::read_dir(&checkout.git_dir);
    let entries =
        entries.map_err(|source| SnapshotError::Unreadable { path: checkout.git_dir.clone(), source })?;
    for name in entries.flatten().map(|entry| entry.file_name()) {
        if name == "index" || name.as_bytes().starts_with(b"sharedindex.") {
            copy(&checkout.git_dir, git, &name, copier, &mut buffer)?;
            names.push(name);
        }
    }
    Ok(names)
}

/// Copies a file with its time: git trusts an index that is newer than the files in it.
fn copy(
    from: &Path,
    to: &Path,
    name: &OsStr,
    copier: &Copier<'_>,
    buffer: &mut [u8],
) -> Result<(), CopyError> {
    let inside = Path::new(name).parent().unwrap_or(Path::new(""));
    let open = |path: PathBuf| folder::open(&path).map_err(|error| CopyError::at(&path, error));
    let (source, target) = (open(from.join(inside))?, open(to.join(inside))?);
    let last = Path::new(name).file_name().unwrap_or_default().as_bytes();
    match copier.copy(&source, &target, last, false, buffer) {
        Ok(_) => Ok(()),
        Err(Failed::Canceled) => Err(CopyError::Canceled),
        Err(Failed::Gone) => Err(CopyError::at(&from.join(name), rustix::io::Errno::NOENT)),
        Err(Failed::Read(error)) => Err(CopyError::at(&from.join(name), error)),
        Err(Failed::Write(error)) => Err(CopyError::at(&to.join(name), error)),
    }
}

/// A path of git's objects as a line of `alternates`; one with odd bytes in it is quoted as in C.
fn alternates(objects: &Path) -> Vec<u8> {
    let path = objects.as_os_str().as_bytes();
    let plain =
        !path.iter().any(|byte| matches!(byte, 0..b' ' | b'"' | b'\\' | 0x7f..)) && !path.starts_with(b"#");
    let mut line = Vec::with_capacity(path.len() + 3);
    if plain {
        line.extend_from_slice(path);
    } else {
        line.push(b'"');
        for &byte in path {
            match byte {
                b'"' | b'\\' => line.extend_from_slice(&[b'\\', byte]),
                b' '..=b'~' => line.push(byte),
                _ => line.extend_from_slice(format!("\\{byte:03o}").as_bytes()),
            }
        }
        line.push(b'"');
    }
    line.push(b'\n');
    line
}

/// What git makes of the name of a commit, for a repository whose references are not in files that can be read here.
pub(crate) fn ask_for_head(checkout: &Checkout) -> Option<String> {
    let call = Call::new(&checkout.root, "rev-parse").args(["--verify", "--quiet", "HEAD^{commit}"]);
    let name = call.output().ok()?;
    let name = String::from_utf8(name).ok()?;
    Some(name.trim().to_owned())
}
