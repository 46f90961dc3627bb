//! What is known of the repository that an earlier job left, without asking git.
//!
//! A warm fetch is worth little if half a dozen git processes first find out what a few small files say. And
//! an earlier job may have left settings and hooks that make git run programs or talk to other servers. Both
//! are answered by reading the files: settings that do no harm are kept as they are, and a configuration with
//! any other is made anew, as `clean_git_config` would do for every job.

use super::config_text::{Setting, parse};
use super::tree::{is_directory, walk};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};

/// Larger configurations are not read, but made anew.
const MAX_CONFIG: u64 = 1024 * 1024;

/// How `origin` and the include of the job's configuration are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Not at all.
    Missing,
    /// As they should be.
    Right,
    /// Otherwise.
    Other,
}

/// A repository as its files describe it.
#[derive(Debug)]
pub(super) struct Repository {
    settings: Vec<Setting>,
    whole: bool,
}

impl Repository {
    /// Looks at the repository of a work tree. What cannot be read is taken for missing.
    pub(super) fn inspect(project: &Path) -> Self {
        let git = project.join(".git");
        let config = read_config(&git.join("config")).ok().flatten();
        let settings = config.and_then(|bytes| parse(&bytes)).unwrap_or_default();
        let file =
            |name: &str| fs::symlink_metadata(git.join(name)).is_ok_and(|m| m.is_file() && m.len() > 0);
        let whole = file("HEAD") && is_directory(&git.join("objects")) && is_directory(&git.join("refs"));
        Self { settings, whole }
    }

    /// Whether `git init` would change nothing: a complete repository with that object format.
    pub(super) fn is_initialised(&self, object_format: &str) -> bool {
        let value = |section: &str, key: &str| {
            self.settings.iter().rev().find(|s| s.is(section, None, key)).map(Setting::text)
        };
        let format = if object_format.is_empty() { "sha1" } else { object_format };
        self.whole
            && matches!(value("core", "repositoryformatversion"), Some("0" | "1"))
            && value("core", "bare") == Some("false")
            && value("extensions", "objectformat").unwrap_or("sha1") == format
    }

    /// Whether `origin` is that address.
    pub(super) fn origin(&self, url: &str) -> Found {
        let origin = |s: &&Setting| s.section == "remote" && s.subsection.as_deref() == Some("origin");
        if !self.settings.iter().any(|s| origin(&s)) {
            return Found::Missing;
        }
        let urls: Vec<&str> =
            self.settings.iter().filter(origin).filter(|s| s.key == "url").map(Setting::text).collect();
        if urls == [url] { Found::Right } else { Found::Other }
    }

    /// Whether the job's configuration is included, and no other job's.
    pub(super) fn include(&self, ext: &str) -> Found {
        let paths: Vec<&str> =
            self.settings.iter().filter(|s| s.is("include", None, "path")).map(Setting::text).collect();
        match paths.as_slice() {
            [] => Found::Missing,
            [path] if *path == ext => Found::Right,
            _ => Found::Other,
        }
    }
}

/// Names what the configuration of a repository sets that no job may leave to the next.
pub(super) fn strange_config(project: &Path, ext: &str) -> Vec<String> {
    let git = project.join(".git");
    let settings = match read_config(&git.join("config")) {
        Ok(None) => Vec::new(),
        Ok(Some(bytes)) => match parse(&bytes) {
            Some(settings) => settings,
            None => return vec!["unreadable lines".to_owned()],
        },
        Err(_) => return vec!["no readable file".to_owned()],
    };
    // Another job's include is replaced before anything is fetched; elsewhere nobody would replace it.
    let kept = settings.iter().filter(|setting| !names_a_jobs_configuration(setting));
    let mut strange = strange_settings(kept, ext, None);
    let worktree_config = settings.iter().any(|s| s.is("extensions", None, "worktreeconfig"));
    if worktree_config && let Ok(Some(bytes)) = read_config(&git.join("config.worktree")) {
        match parse(&bytes) {
            Some(settings) => strange.extend(strange_settings(&settings, ext, None)),
            None => strange.push("config.worktree".to_owned()),
        }
    }
    if git.join("commondir").symlink_metadata().is_ok() {
        strange.push("commondir".to_owned());
    }
    strange
}

/// Adds lines to a repository's configuration, under the lock that git uses.
pub(super) fn append_config(project: &Path, lines: &str) -> io::Result<()> {
    let path = project.join(".git/config");
    let mut text = read_config(&path)?.unwrap_or_default();
    if !text.is_empty() && !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    text.extend_from_slice(lines.as_bytes());
    let lock = project.join(".git/config.lock");
    let mut file = OpenOptions::new().write(true).create_new(true).open(&lock)?;
    let written = file.write_all(&text).and_then(|()| fs::rename(&lock, &path));
    if written.is_err() {
        let _ = fs::remove_file(&lock);
    }
    written
}

/// Whether a repository or a submodule of it holds hooks of its own. Hooks that the machine's own configuration
/// names are not meant, and stay in force.
pub(super) fn has_hooks(project: &Path, submodules: bool) -> bool {
    let git = project.join(".git");
    let mut found = own_hooks(&git.join("hooks"));
    if submodules && !found {
        // What cannot be read is taken for the worst.
        let walked = walk(&git.join("modules"), 0, &mut |entry, _| {
            found |= entry.file_name() == "hooks" && own_hooks(&entry.path());
            Ok(())
        });
        found |= walked.is_err();
    }
    found
}

fn own_hooks(directory: &Path) -> bool {
    match fs::read_dir(directory) {
        Ok(mut entries) => {
            entries.any(|e| e.map_or(true, |e| !e.file_name().as_encoded_bytes().ends_with(b".sample")))
        }
        Err(error) => !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory),
    }
}

/// Removes configurations of submodules that set what no job may leave to the next. Gives what they set.
pub(super) fn clean_submodule_config(project: &Path, ext: &str) -> io::Result<Vec<String>> {
    let modules = project.join(".git/modules");
    let mut strange = Vec::new();
    let mut remove: Vec<PathBuf> = Vec::new();
    walk(&modules, 0, &mut |entry, kind| {
        let path = entry.path();
        match entry.file_name().to_str() {
            Some("config") if !kind.is_dir() => {
                let found = match read_config(&path).ok().flatten().and_then(|bytes| parse(&bytes)) {
                    Some(settings) => {
                        let place = Place { module: path.parent().unwrap_or(&path), project };
                        strange_settings(&settings, ext, Some(place))
                    }
                    None => vec!["unreadable lines".to_owned()],
                };
                if !found.is_empty() {
                    strange.extend(found);
                    remove.push(path);
                }
            }
            Some("config.worktree" | "commondir") if !kind.is_dir() => remove.push(path),
            _ => {}
        }
        Ok(())
    })?;
    for path in remove {
        fs::remove_file(path)?;
    }
    Ok(strange)
}

/// A regular file's content; nothing where there is no file.
fn read_config(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let flags = nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK;
    let file = match File::options().read(true).custom_flags(flags.bits()).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_CONFIG + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_CONFIG {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(Some(bytes))
}

/// Where a submodule's configuration is.
#[derive(Clone, Copy)]
struct Place<'a> {
    module: &'a Path,
    project: &'a Path,
}

fn names_a_jobs_configuration(setting: &Setting) -> bool {
    setting.is("include", None, "path") && setting.text().ends_with(".gitlab-runner.ext.conf")
}

fn strange_settings<'s>(
    settings: impl IntoIterator<Item = &'s Setting>,
    ext: &str,
    place: Option<Place<'_>>,
) -> Vec<String> {
    let strange = settings.into_iter().filter(|setting| !is_harmless(setting, ext, place));
    strange.map(|s| format!("{}.{}", s.section, s.key)).collect()
}

/// Whether a setting neither makes git run anything nor sends it elsewhere. All others are unknown to be so.
fn is_harmless(setting: &Setting, ext: &str, place: Option<Place<'_>>) -> bool {
    let key = setting.key.as_str();
    match setting.section.as_str() {
        "core" if key == "worktree" => place.is_some_and(|place| stays_inside(setting.text(), place)),
        "core" => matches!(
            key,
            "repositoryformatversion"
                | "filemode"
                | "bare"
                | "logallrefupdates"
                | "ignorecase"
                | "precomposeunicode"
                | "symlinks"
                | "autocrlf"
                | "eol"
                | "safecrlf"
                | "quotepath"
                | "longpaths"
                | "sharedrepository"
                | "sparsecheckout"
                | "sparsecheckoutcone"
                | "compression"
                | "abbrev"
        ),
        "remote" => matches!(
            key,
            "url"
                | "fetch"
                | "pushurl"
                | "push"
                | "prune"
                | "prunetags"
                | "tagopt"
                | "promisor"
                | "partialclonefilter"
                | "skipfetchall"
                | "skipdefaultupdate"
        ),
        "submodule" if key == "update" => !setting.text().starts_with('!'),
        "submodule" => matches!(
            key,
            "active"
                | "url"
                | "branch"
                | "path"
                | "ignore"
                | "fetchrecursesubmodules"
                | "fetchjobs"
                | "recurse"
        ),
        "include" => key == "path" && setting.text() == ext,
        "credential" => setting.subsection.is_none() && key == "interactive",
        "fetch" => {
            matches!(key, "recursesubmodules" | "prune" | "prunetags" | "parallel" | "writecommitgraph")
        }
        "extensions" => matches!(key, "objectformat" | "refstorage" | "partialclone" | "worktreeconfig"),
        "lfs" => {
            matches!(
                key,
                "repositoryformatversion"
                    | "access"
                    | "fetchinclude"
                    | "fetchexclude"
                    | "concurrenttransfers"
            )
        }
        "filter" if setting.subsection.as_deref() == Some("lfs") => {
            key == "required" || (matches!(key, "clean" | "smudge" | "process") && is_lfs(setting.text()))
        }
        "branch" => matches!(key, "remote" | "merge" | "rebase"),
        "user" | "author" | "committer" => matches!(key, "name" | "email"),
        "init" => key == "defaultbranch",
        "gc" => matches!(key, "autodetach" | "auto" | "autopacklimit"),
        "advice" | "color" | "index" | "pack" | "pull" | "push" => true,
        _ => false,
    }
}

/// The commands that `git lfs install` sets.
fn is_lfs(command: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || " -%".contains(c);
    command.starts_with("git-lfs ") && command.chars().all(plain)
}

/// Whether a submodule's work tree, given relative to its repository, is below the project.
fn stays_inside(worktree: &str, place: Place<'_>) -> bool {
    let mut path = place.module.to_owned();
    for component in Path::new(worktree).components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => path = PathBuf::from("/"),
        }
    }
    path.starts_with(place.project) && path != place.project && !path.starts_with(place.project.join(".git"))
}

#[cfg(test)]
mod tests;
