use super::*;
use client::Proxies;
use std::fs;
use std::path::Path;
use std::process::Command;

fn git(folder: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .status();
    assert!(status.unwrap().success(), "git {arguments:?}");
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Own project `g/p` (checked out: `side`), and a clone of `Lib/Tools` below a root.
struct World {
    folder: tempfile::TempDir,
    sources: DiskSources,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (own, tools) = (folder.path().join("own"), folder.path().join("clones/Lib/Tools"));
        for root in [&own, &tools] {
            fs::create_dir_all(root).unwrap();
            git(root, &["init", "--quiet", "--initial-branch=main"]);
        }
        write(&own, "ci.yml", "on: main\n");
        write(&own, "only-main", "");
        commit(&own);
        git(&own, &["checkout", "--quiet", "-b", "side"]);
        git(&own, &["rm", "--quiet", "only-main"]);
        write(&own, "ci.yml", "on: side\n");
        commit(&own);
        write(&own, "ci.yml", "on: disk\n");
        write(&own, "new.yml", "new: 1\n");
        for version in ["1.0.0", "1.1.0", "2.0.0-rc"] {
            write(&tools, "templates/lint.yml", &format!("v: {version}\n"));
            write(&tools, "templates/deep/template.yml", "deep: 1\n");
            commit(&tools);
            git(&tools, &["tag", version]);
        }
        write(&tools, "templates/lint.yml", "v: main\n");
        commit(&tools);
        let tree = Tree { project: "g/p".into(), revision: WORK_TREE.into() };
        let own = Own {
            project: "g/p".into(),
            place: Rc::new(Place::open(&own).unwrap()),
            tree,
            reference: "side".into(),
            default_branch: "main".into(),
        };
        let projects = Projects::new(Vec::new(), Some(folder.path().join("clones")));
        let web = Web::new(None, true, Proxies::default());
        Self { sources: DiskSources::new(own, projects, None, web), folder }
    }

    fn tree(&self, project: &str, revision: Option<&str>) -> Tree {
        match self.sources.project(project, revision) {
            Ok(Found::Tree(tree)) => tree,
            other => panic!("{other:?}"),
        }
    }

    fn text(&self, project: &str, revision: Option<&str>, path: &str) -> String {
        self.sources.file(&self.tree(project, revision), path).unwrap().to_string()
    }
}

fn commit(root: &Path) {
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--message", "m"]);
}

#[test]
fn the_evaluated_ref_is_the_work_tree_and_others_are_commits() {
    let world = World::new();
    assert_eq!(world.text("G/P", Some("side"), "ci.yml"), "on: disk\n");
    assert_eq!(world.text("g/p", None, "ci.yml"), "on: main\n");
    assert_eq!(world.sources.project("g/p", Some("none")), Ok(Found::NoRevision));
    let own = world.tree("g/p", Some("side"));
    assert_eq!(&*world.sources.paths(&own).unwrap(), ["ci.yml", "new.yml"]);
    assert_eq!(&*world.sources.paths(&world.tree("g/p", None)).unwrap(), ["ci.yml", "only-main"]);
    let changed = world.sources.changed_since(&own, "main").unwrap().unwrap();
    assert_eq!(&*changed, ["ci.yml", "new.yml", "only-main"]);
    assert_eq!(world.sources.changed_since(&own, "none"), Ok(None));
}

#[test]
fn files_outside_are_not_read() {
    let world = World::new();
    let root = world.folder.path().join("own");
    write(world.folder.path(), "secret", "hunter2");
    std::os::unix::fs::symlink("../secret", root.join("out.yml")).unwrap();
    std::os::unix::fs::symlink("ci.yml", root.join("in.yml")).unwrap();
    std::os::unix::fs::symlink("..", root.join("up")).unwrap();
    nix::unistd::mkfifo(&root.join("pipe.yml"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let file = |path: &str| world.sources.file(&world.tree("g/p", Some("side")), path);
    assert_eq!(&*file("in.yml").unwrap(), "on: disk\n");
    for path in ["out.yml", "up/secret"] {
        assert!(matches!(file(path), Err(SourceError::Failed(_))), "{path}");
    }
    for path in
        ["../secret", "./ci.yml", "/ci.yml", "a/../ci.yml", "none", "pipe.yml", ".git/config", "ci.yml/x", ""]
    {
        assert_eq!(file(path), Err(ci_yaml::FileIssue::Missing.into()), "{path}");
    }
    fs::write(root.join("big.yml"), vec![b'a'; usize::try_from(FILE_LIMIT).unwrap() + 1]).unwrap();
    assert_eq!(file("big.yml"), Err(ci_yaml::FileIssue::TooBig(FILE_LIMIT).into()));
    fs::write(root.join("bytes.yml"), [0xff, 0xfe]).unwrap();
    assert_eq!(file("bytes.yml"), Err(ci_yaml::FileIssue::NotText.into()));
}

#[test]
fn clones_are_found_without_regard_to_case() {
    let world = World::new();
    assert_eq!(world.text("lib/tools", None, "templates/lint.yml"), "v: main\n");
    assert_eq!(world.text("LIB/Tools", Some("1.0.0"), "templates/lint.yml"), "v: 1.0.0\n");
    assert_eq!(&*world.tree("lib/tools", None).project, "Lib/Tools");
    let Err(SourceError::Unavailable { help: Some(help), .. }) = world.sources.project("lib/none", None)
    else {
        panic!("found");
    };
    assert!(help.contains("--project-dir lib/none=FOLDER"), "{help}");
    for path in ["..", "lib/../lib/tools", "lib//tools", ""] {
        assert!(matches!(world.sources.project(path, None), Err(SourceError::Unavailable { .. })), "{path}");
    }
}

#[test]
fn components_come_from_tags_then_from_whatever_names_a_commit() {
    let world = World::new();
    let component = |name: &str, version: &str| {
        let address = ComponentAddress {
            host: "gitlab.com".into(),
            project: "lib/tools".into(),
            name: name.into(),
            version: version.into(),
        };
        let found = world.sources.component(&address).unwrap();
        found.map(|found| (found.text.to_string(), found.facts.version))
    };
    let release = |version: &str| Some((format!("v: {version}\n"), Some(version.to_owned())));
    assert_eq!(component("lint", "~latest"), release("1.1.0"));
    assert_eq!(component("lint", "1"), release("1.1.0"));
    assert_eq!(component("lint", "1.0"), release("1.0.0"));
    assert_eq!(component("lint", "2.0.0-rc"), release("2.0.0-rc"));
    assert_eq!(component("lint", "main"), Some(("v: main\n".into(), None)));
    assert_eq!(component("lint", "2"), None);
    assert_eq!(component("none", "1"), None);
    assert_eq!(component("deep", "1").unwrap().0, "deep: 1\n");
    assert_eq!(component("../../x", "1"), None);
}

/// What git says.
fn told(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).current_dir(folder).output().unwrap();
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

#[test]
fn ids_of_blobs_are_those_of_git() {
    let world = World::new();
    let root = world.folder.path().join("own");
    fs::write(root.join("bytes"), vec![0xff; 3 * 1024 * 1024]).unwrap();
    std::os::unix::fs::symlink("ci.yml", root.join("link")).unwrap();
    write(&root, ".gitignore", "ignored\n");
    write(&root, "ignored", "");
    let (disk, main) = (world.tree("g/p", Some("side")), world.tree("g/p", None));
    let id = |tree: &Tree, path: &str| world.sources.blob_id(tree, path).unwrap();
    for path in ["ci.yml", "new.yml", "bytes"] {
        assert_eq!(id(&disk, path), told(&root, &["hash-object", path]), "{path}");
    }
    for path in ["none", "ignored", "..", "../own/ci.yml", ".git/config", "", "only-main"] {
        assert_eq!(id(&disk, path), None, "{path}");
    }
    for path in ["ci.yml", "only-main"] {
        assert_eq!(id(&main, path), told(&root, &["rev-parse", &format!("main:{path}")]), "{path}");
    }
    assert_eq!(id(&main, "new.yml"), None);
    let link = id(&disk, "link");
    commit(&root);
    for path in ["link", "bytes"] {
        let committed =
            Tree { revision: told(&root, &["rev-parse", "HEAD"]).unwrap().into(), ..main.clone() };
        assert_eq!(id(&committed, path), told(&root, &["rev-parse", &format!("HEAD:{path}")]), "{path}");
    }
    assert_eq!(link, told(&root, &["rev-parse", "HEAD:link"]));
}

#[test]
fn the_last_commit_of_a_path_is_found_where_the_history_has_it() {
    let world = World::new();
    let root = world.folder.path().join("own");
    write(&root, "folder/*", "1");
    commit(&root);
    let literal = told(&root, &["rev-parse", "HEAD"]);
    write(&root, "folder/other", "1");
    commit(&root);
    write(&root, "ci.yml", "not committed");
    let (disk, main) = (world.tree("g/p", Some("side")), world.tree("g/p", None));
    let last = |tree: &Tree, path: &str| world.sources.last_commit(tree, path).unwrap();
    assert_eq!(last(&disk, "folder/*"), literal);
    assert_eq!(last(&disk, "folder/"), told(&root, &["rev-parse", "HEAD"]));
    assert_eq!(last(&disk, "ci.yml"), told(&root, &["rev-parse", "HEAD~1"]), "it came with the other");
    assert_eq!(last(&main, "only-main"), told(&root, &["rev-parse", "main"]));
    for path in ["none", "*", "../own", "--all", ":/", ":(top)ci.yml", ""] {
        assert_eq!(last(&main, path), None, "{path}");
    }
    let shallow = world.folder.path().join("clones/lib/shallow");
    let from = format!("file://{}", root.display());
    git(world.folder.path(), &["clone", "--quiet", "--depth=1", &from, &shallow.display().to_string()]);
    let tree = world.tree("lib/shallow", None);
    let Err(SourceError::Unavailable { help: Some(help), .. }) = world.sources.last_commit(&tree, "ci.yml")
    else {
        panic!("known");
    };
    assert!(help.contains("--unshallow"), "{help}");
    assert_eq!(world.sources.last_commit(&tree, "none"), Ok(None));
}
