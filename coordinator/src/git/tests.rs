//! Repositories as the kernel sees them.

use super::testing::project;
use super::*;
use crate::kernel::{FindProject, Repositories as _};
use crate::model::{GitRef, Project};
use ci_yaml::{Changed, ComponentAddress, FileIssue, Found, SourceError};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

struct Made {
    folder: TempDir,
    git: Git,
    own: Project,
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    let mut command = std::process::Command::new("git");
    command.args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]).args(arguments);
    let output = command.current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

impl Made {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let git = Git::open(folder.path(), Limits::default()).unwrap();
        let own = project(1, "g/p");
        git.create(&own).unwrap();
        run(folder.path(), &["init", "--quiet", "--initial-branch=main", "work"]);
        Self { folder, git, own }
    }

    fn git(&self, arguments: &[&str]) -> String {
        run(&self.folder.path().join("work"), arguments)
    }

    fn commit(&self, files: &[(&str, &str)]) -> String {
        for (path, text) in files {
            let path = self.folder.path().join("work").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "Title\n\nBody"]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn push(&self, project: &Project) {
        let to = self.git.folder(project.id);
        self.git(&["push", "--quiet", "--force", to.to_str().unwrap(), "refs/*:refs/*"]);
    }
}

fn branch(name: &str) -> GitRef {
    GitRef::Branch(name.into())
}

#[test]
fn repositories_come_and_go() {
    let made = Made::new();
    let folder = made.git.folder(made.own.id);
    assert!(run(&folder, &["config", "receive.fsckObjects"]) == "true" && !folder.join("hooks").exists());
    let sha = made.commit(&[]);
    made.push(&made.own);
    made.git.create(&made.own).unwrap();
    assert_eq!(made.git.head(&made.own, &branch("main")), Ok(Some(sha)), "it was made anew");
    made.git.remove(made.own.id).unwrap();
    made.git.remove(made.own.id).unwrap();
    assert!(!folder.exists() && made.git.repository(made.own.id).is_none());
    let left = fs::read_dir(made.folder.path().join("repositories")).unwrap().count();
    assert_eq!(left, 0);
    assert!(made.git.head(&made.own, &branch("main")).is_err());
    made.git.release(&made.own, pipeline::PipelineId(1)).unwrap();
    // What a killed coordinator left half made or half removed.
    for name in [".new-x", ".old-x", "7.git"] {
        fs::create_dir_all(made.folder.path().join("repositories").join(name).join("objects")).unwrap();
    }
    Git::open(made.folder.path(), Limits::default()).unwrap();
    let left: Vec<_> = fs::read_dir(made.folder.path().join("repositories")).unwrap().flatten().collect();
    assert!(left.len() == 1 && left[0].file_name() == "7.git");
}

#[test]
fn refs_and_commits_are_told() {
    let made = Made::new();
    let first = made.commit(&[("a", "1"), ("dir/b", "1")]);
    made.git(&["tag", "both"]);
    made.git(&["branch", "both"]);
    let second = made.commit(&[("dir/b", "2"), ("c", "1")]);
    made.git(&["tag", "--annotate", "--message", "news", "v1"]);
    made.push(&made.own);
    let resolve = |name: &str| made.git.resolve(&made.own, name).unwrap();
    assert_eq!(resolve("main"), Some((branch("main"), second.clone())));
    assert_eq!(resolve("both"), Some((branch("both"), first.clone())));
    assert_eq!(resolve("refs/tags/both"), Some((GitRef::Tag("both".into()), first.clone())));
    assert_eq!(resolve("v1"), Some((GitRef::Tag("v1".into()), second.clone())));
    for name in ["none", "main~1", "", "HEAD", "--all", "a\nb", &first] {
        assert_eq!(resolve(name), None, "{name}");
    }
    let facts = |reference: &GitRef, before| made.git.facts(&made.own, reference, &second, before).unwrap();
    let push = facts(&branch("main"), Some(first.as_str()));
    let Changed::Paths(paths) = push.changed else { panic!("it is known what was changed") };
    assert_eq!(*paths, ["c".to_owned(), "dir/b".to_owned()]);
    assert_eq!((push.commit.before_sha, push.commit.sha.clone()), (first.clone(), second.clone()));
    assert_eq!(
        (push.commit.message.as_str(), push.commit.author.as_str()),
        ("Title\n\nBody\n", "Ann <ann@example.com>")
    );
    let new = facts(&branch("main"), None);
    assert_eq!((new.changed, new.commit.before_sha.as_str()), (Changed::Unknown, NO_SHA));
    assert_eq!(facts(&GitRef::Tag("v1".into()), None).commit.tag_message, "news");
    let gone = "1".repeat(40);
    assert_eq!(facts(&branch("main"), Some(&gone)).changed, Changed::Unknown);
    for sha in [gone.as_str(), "main", "--all", ""] {
        assert!(made.git.facts(&made.own, &branch("main"), sha, None).is_err(), "{sha}");
    }
}

#[test]
fn files_of_this_and_other_projects() {
    let made = Made::new();
    let other = project(2, "Lib/Shared");
    made.git.create(&other).unwrap();
    let old =
        made.commit(&[(".gitlab-ci.yml", "a: {}"), ("templates/x.yml", "spec: {}"), ("dir/y.yml", "ü")]);
    made.git(&["tag", "1.2.0"]);
    let sha = made.commit(&[("dir/z.yml", "")]);
    made.push(&made.own);
    made.push(&other);
    let find: FindProject = {
        let other = other.clone();
        Arc::new(move |path| path.eq_ignore_ascii_case(&other.path).then(|| other.clone()))
    };
    let sources = made.git.sources(&made.own, find).unwrap();
    let tree = |found| match found {
        Ok(Found::Tree(tree)) => tree,
        other => panic!("{other:?}"),
    };
    let own = tree(sources.project("G/P", None));
    assert_eq!((&*own.project, &*own.revision), ("g/p", sha.as_str()));
    assert_eq!(&*sources.file(&own, "dir/y.yml").unwrap(), "ü");
    assert_eq!(sources.file(&own, "../1.git/config"), Err(FileIssue::Missing.into()));
    assert_eq!(
        *sources.paths(&own).unwrap(),
        [".gitlab-ci.yml", "dir/y.yml", "dir/z.yml", "templates/x.yml"]
    );
    let shared = tree(sources.project("lib/shared", Some("1.2.0")));
    assert_eq!((&*shared.project, &*shared.revision), ("Lib/Shared", old.as_str()));
    assert_eq!(sources.paths(&shared).unwrap().len(), 3);
    assert_eq!(sources.project("lib/none", None), Ok(Found::NoProject));
    assert_eq!(sources.project("lib/shared", Some("none")), Ok(Found::NoRevision));
    assert_eq!(sources.changed_since(&own, "1.2.0").unwrap().unwrap()[..], ["dir/z.yml".to_owned()]);
    assert_eq!(sources.changed_since(&own, "none"), Ok(None));
    assert_eq!(sources.last_commit(&own, "templates").unwrap(), Some(old.clone()));
    assert_eq!(sources.blob_id(&own, "none"), Ok(None));
    let address = |name: &str, version: &str| ComponentAddress {
        host: "ci".into(),
        project: "lib/shared".into(),
        name: name.into(),
        version: version.into(),
    };
    let found = sources.component(&address("x", "1")).unwrap().unwrap();
    assert_eq!((found.path.as_str(), found.facts.sha.as_str()), ("templates/x.yml", old.as_str()));
    assert_eq!(found.facts.version.as_deref(), Some("1.2.0"));
    assert_eq!(sources.component(&address("none", "1")), Ok(None));
    assert_eq!(sources.component(&address("x", "2")), Ok(None));
    for error in [
        sources.remote("https://user:secret@example.com/x.yml").unwrap_err(),
        sources.template("Jobs/Build.gitlab-ci.yml").unwrap_err(),
    ] {
        assert!(
            matches!(&error, SourceError::Unavailable { help: Some(_), .. })
                && !error.to_string().contains("secret")
        );
    }
}
