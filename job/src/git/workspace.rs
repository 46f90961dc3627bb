//! Where a job works.

use super::url::Url;
use crate::variables::go::quote;
use crate::variables::{GitStrategy, Options};
use crate::{Order, StageError};
use executor::Workspace;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// Decides on a job's directories. They need not exist.
///
/// The work tree is `<builds_dir>/<short token>/<concurrent project id>/<path of the repository>` where jobs
/// share the builds directory, else without token and number; or what `GIT_CLONE_PATH` says. The cache is the
/// project's, whichever job it is.
///
/// # Errors
/// A directory is not configured, or `GIT_CLONE_PATH` is not allowed or leads out of `builds_dir`.
pub fn plan_workspace(order: &Order, options: &Options) -> Result<Workspace, StageError> {
    let settings = &order.settings;
    for (path, name) in [(&settings.builds_dir, "builds_dir"), (&settings.cache_dir, "cache_dir")] {
        if path.as_os_str().is_empty() {
            return Err(StageError::configuration(format!("the {name} is not configured")));
        }
    }
    let builds_dir = settings.builds_dir.clone();
    let mut slug = slug(order);
    if options.git.strategy == GitStrategy::Empty {
        slug.push_str("-empty");
    }
    let project_dir = if options.git.clone_path.is_empty() {
        let usual = || matches!(order.info.executor.as_str(), "" | "shell" | "ssh");
        let shared = settings.shared_builds_dir.unwrap_or_else(usual);
        if shared {
            let number = order.concurrent_project_id.to_string();
            builds_dir.join(single_name(&order.short_token)).join(number).join(&slug)
        } else {
            builds_dir.join(&slug)
        }
    } else {
        clone_path(order, &options.git.clone_path)?
    };
    let temp_dir = with_suffix(&project_dir, ".tmp");
    Ok(Workspace { builds_dir, project_dir, temp_dir, cache_dir: settings.cache_dir.join(slug) })
}

/// The repository's path below its server, or a name made of the project's number.
fn slug(order: &Order) -> String {
    repository_path(order.payload.git_info.repo_url.expose())
        .unwrap_or_else(|| format!("project-{}", order.payload.job_info.project_id))
}

fn repository_path(url: &str) -> Option<String> {
    let url = Url::parse(url).filter(Url::has_host)?;
    let path = url.decoded_path()?;
    let path = path.strip_suffix(".git").unwrap_or(&path);
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    let path = parts.join("/");
    // A lone slash is no name either; a directory of its own must not hold those of other projects.
    (!path.is_empty() && !path.contains("..") && !path.contains('\0')).then_some(path)
}

/// A token as one name of a path: tokens are letters and digits, but nobody promised.
fn single_name(token: &str) -> String {
    token.chars().map(|c| if c == '/' || c == '\0' { '_' } else { c }).collect()
}

fn clone_path(order: &Order, text: &str) -> Result<PathBuf, StageError> {
    let settings = &order.settings;
    if !settings.custom_build_dir {
        return Err(StageError::configuration(
            "setting GIT_CLONE_PATH is not allowed, enable `custom_build_dir` feature",
        ));
    }
    let path = clean(Path::new(text));
    if path.starts_with(clean(&settings.builds_dir)) && !text.contains('\0') {
        return Ok(path);
    }
    Err(StageError::configuration(format!(
        "the GIT_CLONE_PATH={} has to be within {}",
        quote(text),
        quote(&settings.builds_dir.to_string_lossy())
    )))
}

/// A path without `.`, and with `..` taken back lexically.
fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if cleaned.parent().is_some() => {
                cleaned.pop();
            }
            Component::ParentDir | Component::Prefix(_) | Component::RootDir | Component::Normal(_) => {
                cleaned.push(component);
            }
        }
    }
    cleaned
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut text = OsString::from(path);
    text.push(suffix);
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::testing::order;
    use crate::variables::{Flags, Variables};

    fn plan(variables: &[(&str, &str)], change: impl Fn(&mut Order)) -> Result<Workspace, String> {
        let mut order = order(variables);
        order.payload.git_info.repo_url = "https://gitlab-ci-token:x@gitlab.example/group/project.git".into();
        order.payload.job_info.project_id = 42;
        order.settings.custom_build_dir = true;
        change(&mut order);
        let list = Variables::build(&order, &Flags::resolve(&order), None);
        plan_workspace(&order, &Options::read(&order, &list)).map_err(|e| e.to_string())
    }

    fn project(url: &str) -> String {
        let url = url.to_owned();
        let workspace = plan(&[], |o| o.payload.git_info.repo_url = url.clone().into()).unwrap();
        workspace.project_dir.to_str().unwrap().to_owned()
    }

    #[test]
    fn usual_places() {
        let workspace = plan(&[], |_| ()).unwrap();
        assert_eq!(
            workspace,
            Workspace {
                builds_dir: "/builds".into(),
                project_dir: "/builds/abcdefghi/0/group/project".into(),
                temp_dir: "/builds/abcdefghi/0/group/project.tmp".into(),
                cache_dir: "/cache/group/project".into(),
            }
        );
        let empty = plan(&[("GIT_STRATEGY", "empty")], |o| o.concurrent_project_id = 2).unwrap();
        assert_eq!(empty.project_dir, Path::new("/builds/abcdefghi/2/group/project-empty"));
        assert_eq!(empty.cache_dir, Path::new("/cache/group/project-empty"));
        let docker = plan(&[], |o| o.info.executor = "docker".to_owned()).unwrap();
        assert_eq!(docker.project_dir, Path::new("/builds/group/project"));
        let host_bound = plan(&[], |o| {
            o.info.executor = "docker".to_owned();
            o.settings.shared_builds_dir = Some(true);
        });
        assert_eq!(host_bound.unwrap().project_dir, Path::new("/builds/abcdefghi/0/group/project"));
    }

    #[test]
    fn odd_addresses() {
        for (url, end) in [
            ("http://h/git/private//group/./project.git", "git/private/group/project"),
            ("http://h/a%20b.git", "a b"),
            ("http://h/a/../../etc", "project-42"),
            ("http://h/%2e%2e/x", "project-42"),
            ("http://h/", "project-42"),
            ("http://h", "project-42"),
            ("http://h/.git", "project-42"),
            ("file:///srv/p.git", "project-42"),
            ("git@h:group/project.git", "project-42"),
            ("", "project-42"),
            ("http://h/a%00b", "project-42"),
        ] {
            assert_eq!(project(url), format!("/builds/abcdefghi/0/{end}"), "{url}");
        }
    }

    #[test]
    fn clone_paths() {
        let path = plan(&[("GIT_CLONE_PATH", "$CI_BUILDS_DIR/x/./y/../z")], |_| ()).unwrap();
        assert_eq!(path.project_dir, Path::new("/builds/x/z"));
        assert_eq!(path.temp_dir, Path::new("/builds/x/z.tmp"));
        for bad in ["/etc", "/builds/../etc", "relative", "/buildsx", "../builds"] {
            assert_eq!(
                plan(&[("GIT_CLONE_PATH", bad)], |_| ()).unwrap_err(),
                format!("the GIT_CLONE_PATH=\"{bad}\" has to be within \"/builds\"")
            );
        }
        assert_eq!(
            plan(&[("GIT_CLONE_PATH", "/builds/x")], |o| o.settings.custom_build_dir = false).unwrap_err(),
            "setting GIT_CLONE_PATH is not allowed, enable `custom_build_dir` feature"
        );
    }

    #[test]
    fn directories_have_to_be_configured() {
        assert_eq!(
            plan(&[], |o| o.settings.builds_dir = PathBuf::new()).unwrap_err(),
            "the builds_dir is not configured"
        );
        assert_eq!(
            plan(&[], |o| o.settings.cache_dir = PathBuf::new()).unwrap_err(),
            "the cache_dir is not configured"
        );
    }
}
