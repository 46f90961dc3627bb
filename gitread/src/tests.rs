use super::*;
use std::fs;
use std::process::Command;

/// A repository in a folder of its own; the upper folder holds nothing else.
struct Made {
    folder: tempfile::TempDir,
}

impl Made {
    fn new() -> Self {
        let made = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(made.root()).unwrap();
        made.git(&["init", "--quiet", "--initial-branch=main"]);
        made
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com"])
            .args(arguments)
            .current_dir(self.root())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05+01:00")
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn repository(&self) -> Repository {
        Repository::open(&self.root()).unwrap()
    }
}

#[test]
fn a_branch_and_its_last_commit() {
    let made = Made::new();
    assert_eq!(made.repository().head(), Ok(Head::Branch("main".into())));
    assert_eq!(made.repository().commit("HEAD", false), Ok(None));
    let first = made.commit("one");
    made.git(&["tag", "v1"]);
    let second = made.commit("two\n\nmore [ci skip]\n");
    made.git(&["tag", "v2.0"]);
    made.git(&["tag", "--annotate", "--message", "big\n\nnews", "v2.1"]);
    let facts = made.repository().commit("HEAD", true).unwrap().unwrap();
    assert_eq!((facts.sha, facts.parent), (second.clone(), Some(first)));
    assert_eq!(facts.author, "Ann <ann@example.com>");
    assert_eq!(facts.timestamp, "2026-01-02T03:04:05+01:00");
    assert_eq!(facts.message, "two\n\nmore [ci skip]\n");
    assert_eq!(facts.tags, ["v2.1", "v2.0"]);
    let repository = made.repository();
    assert_eq!(repository.tag_message("v2.1").unwrap(), "big\n\nnews");
    assert_eq!(repository.tag_message("v2.0").unwrap(), "");
    assert_eq!(repository.tags().unwrap().iter().find(|(name, _)| name == "v2.1").unwrap().1, second);
    made.git(&["checkout", "--quiet", "--detach"]);
    assert_eq!(made.repository().head(), Ok(Head::Detached(second)));
}

#[test]
fn a_repository_is_found_from_below_and_not_mistaken() {
    let made = Made::new();
    made.write("a/b/c.txt", "");
    let found = Repository::discover(&made.root().join("a/b")).unwrap();
    assert_eq!(found.root(), made.root());
    assert!(Repository::discover(made.folder.path()).is_none());
    assert!(Repository::open(&made.root().join("a")).is_none());
}

#[test]
fn work_trees_share_refs() {
    let made = Made::new();
    made.commit("one");
    made.git(&["worktree", "add", "--quiet", "-b", "side", "../side"]);
    let side = Repository::open(&made.folder.path().join("side")).unwrap();
    assert_eq!(side.head(), Ok(Head::Branch("side".into())));
    assert!(side.has_ref("refs/heads/main"));
}

#[test]
fn refs_are_found_loose_and_packed_and_only_by_their_names() {
    let made = Made::new();
    let id = made.commit("one");
    made.git(&["branch", "feature/x"]);
    made.git(&["tag", "v1"]);
    made.git(&["pack-refs", "--all"]);
    made.git(&["branch", "later"]);
    let repository = made.repository();
    for (name, there) in [
        ("refs/heads/main", true),
        ("refs/heads/feature/x", true),
        ("refs/heads/later", true),
        ("refs/heads/feature", false),
        ("refs/heads/../heads/main", false),
        ("refs/heads/none", false),
    ] {
        assert_eq!(repository.has_ref(name), there, "{name}");
    }
    for name in ["main", "feature/x", "v1", &id, &id[..8]] {
        assert_eq!(repository.resolve(name), Ok(Some(id.clone())), "{name}");
    }
    for name in ["none", "HEAD^", "main@{0}", "main^{/one}", ":/one", "-x", "", "..", "a\nb", "0123456"] {
        assert_eq!(repository.resolve(name), Ok(None), "{name}");
    }
    assert_eq!(repository.resolve_typed("HEAD~0"), Ok(Some(id)));
}

#[test]
fn the_default_branch_is_that_of_origin() {
    let made = Made::new();
    made.commit("one");
    assert_eq!(made.repository().default_branch().as_deref(), Some("main"));
    made.git(&["branch", "--move", "master"]);
    assert_eq!(made.repository().default_branch().as_deref(), Some("master"));
    made.git(&["update-ref", "refs/remotes/origin/trunk", "HEAD"]);
    made.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk"]);
    assert_eq!(made.repository().default_branch().as_deref(), Some("trunk"));
}

#[test]
fn settings_name_origin_and_upstream() {
    let made = Made::new();
    assert_eq!(made.repository().settings(), Ok(&Settings::default()));
    made.git(&["config", "remote.origin.url", "git@gitlab.example.com:g/p.git"]);
    made.git(&["config", "branch.my.branch.remote", "origin"]);
    made.git(&["config", "branch.my.branch.merge", "refs/heads/theirs"]);
    made.git(&["config", "branch.local.remote", "."]);
    made.git(&["config", "branch.local.merge", "refs/heads/main"]);
    let repository = made.repository();
    let settings = repository.settings().unwrap();
    assert_eq!(settings.origin.as_ref().unwrap().project, "g/p");
    assert_eq!(settings.upstream("my.branch").as_deref(), Some("refs/remotes/origin/theirs"));
    assert_eq!(settings.upstream("local").as_deref(), Some("refs/heads/main"));
    assert_eq!(settings.upstream("main"), None);
}

#[test]
fn changed_paths_are_committed_staged_edited_new_and_deleted_ones() {
    let made = Made::new();
    made.write(".gitignore", "*.log\n");
    for path in ["same", "edited", "deleted", "moved", "staged"] {
        made.write(path, &format!("{path}\n").repeat(20));
    }
    made.commit("one");
    made.git(&["checkout", "--quiet", "-b", "side"]);
    made.write("dir/committed ü", "");
    made.commit("two");
    made.write("edited", "x");
    made.write("staged", "x");
    made.git(&["add", "staged"]);
    fs::remove_file(made.root().join("deleted")).unwrap();
    fs::rename(made.root().join("moved"), made.root().join("there")).unwrap();
    made.write("new", "");
    made.write("noise.log", "");
    // What others did meanwhile is not ours.
    made.git(&["worktree", "add", "--quiet", "../main", "main"]);
    fs::write(made.folder.path().join("main/theirs"), "").unwrap();
    let theirs = Command::new("sh")
        .args(["-c", "git add . && git -c user.name=a -c user.email=b commit -q -m theirs"])
        .current_dir(made.folder.path().join("main"))
        .status();
    assert!(theirs.unwrap().success());
    let repository = made.repository();
    let changed = repository.changed_in_work_tree("main").unwrap().unwrap();
    assert_eq!(changed, ["deleted", "dir/committed ü", "edited", "moved", "new", "staged", "there"]);
    assert_eq!(repository.changed_in("side", "main").unwrap().unwrap(), ["dir/committed ü"]);
    let there = repository.work_tree_paths().unwrap();
    assert_eq!(there, [".gitignore", "dir/committed ü", "edited", "new", "same", "staged", "there"]);
    let before = repository.paths_of("main~1").unwrap();
    assert_eq!(before, [".gitignore", "deleted", "edited", "moved", "same", "staged"]);
}

#[test]
fn unrelated_histories_have_no_difference() {
    let made = Made::new();
    made.commit("one");
    made.git(&["checkout", "--quiet", "--orphan", "other"]);
    made.commit("two");
    assert_eq!(made.repository().changed_in_work_tree("main"), Ok(None));
}

#[test]
fn files_of_a_commit_are_read_exactly_and_boundedly() {
    let made = Made::new();
    made.write("a/b.yml", "text\n");
    made.write("big", &"x".repeat(5000));
    made.write("empty", "");
    made.write("with space.yml", "s");
    let id = made.commit("one");
    let repository = made.repository();
    let blob = |path: &str| repository.objects().blob(&id, path, 4096).unwrap();
    assert_eq!(blob("a/b.yml"), Blob::Content(b"text\n".to_vec()));
    assert_eq!(blob("big"), Blob::TooBig);
    assert_eq!(blob("empty"), Blob::Content(Vec::new()));
    assert_eq!(blob("with space.yml"), Blob::Content(b"s".to_vec()));
    for path in ["a", "none", "./a/b.yml", "../repo/a/b.yml", "/a/b.yml", "", "a/b.yml\nHEAD:big"] {
        assert_eq!(blob(path), Blob::Missing, "{path:?}");
    }
}

/// Whoever made the repository must not decide what is run.
#[test]
fn nothing_in_a_repository_is_executed() {
    let made = Made::new();
    made.write("file.txt", "1");
    made.write(".gitattributes", "*.txt filter=evil diff=evil\n");
    made.commit("one");
    let mark = made.folder.path().join("executed");
    let evil = made.folder.path().join("evil.sh");
    fs::write(&evil, format!("#!/bin/sh\ntouch {}\ncat\n", mark.display())).unwrap();
    fs::set_permissions(&evil, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let evil = evil.to_str().unwrap();
    let hooks = made.root().join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    for hook in ["post-index-change", "fsmonitor-watchman", "reference-transaction", "post-checkout"] {
        fs::copy(evil, hooks.join(hook)).unwrap();
    }
    for name in [
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.askPass",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "gpg.program",
        "credential.helper",
        "alias.log",
        "alias.ls-files",
    ] {
        made.git(&["config", name, evil]);
    }
    made.git(&["config", "filter.evil.required", "true"]);
    made.git(&["config", "log.showSignature", "true"]);
    made.git(&["config", "remote.origin.url", &format!("ext::{evil}")]);
    made.git(&["config", "remote.origin.promisor", "true"]);
    made.git(&["config", "extensions.partialClone", "origin"]);
    let _ = fs::remove_file(&mark);
    // Same size and other content, so that git has to look inside.
    made.write("file.txt", "2");
    let repository = made.repository();
    assert_eq!(repository.commit("HEAD", true).unwrap().unwrap().message, "one\n");
    assert_eq!(repository.changed_in_work_tree("HEAD").unwrap().unwrap(), ["file.txt"]);
    repository.work_tree_paths().unwrap();
    repository.paths_of("HEAD").unwrap();
    repository.tags().unwrap();
    let id = repository.resolve("main").unwrap().unwrap();
    repository.objects().blob(&id, "file.txt", 10).unwrap();
    // An object that is not there is not fetched either.
    assert_eq!(repository.resolve("0123456789012345678901234567890123456789"), Ok(None));
    assert!(!mark.exists(), "something of the repository was executed");
}

#[test]
fn a_named_pipe_in_place_of_a_file_is_not_waited_for() {
    let made = Made::new();
    made.commit("one");
    let head = made.root().join(".git/HEAD");
    fs::remove_file(&head).unwrap();
    nix::unistd::mkfifo(&head, nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(Repository::open(&made.root()).is_none());
}

#[test]
fn lists_for_people() {
    let made = Made::new();
    made.write("dir/sub/a b.txt", "x");
    made.write("dir/z", "12345");
    made.write("file", "");
    std::os::unix::fs::symlink("file", made.root().join("link")).unwrap();
    let first = made.commit("first\n\nwith a body");
    made.git(&["tag", "plain"]);
    made.git(&["tag", "--annotate", "--message", "news\n\nmore", "noted"]);
    made.write("file", "2");
    let second = made.commit("second");
    made.git(&["branch", "a/side", &first]);
    // A tag of a folder stands for no commit.
    made.git(&["tag", "folder", "HEAD:dir"]);
    let repository = Repository::open_isolated(&made.root()).unwrap();
    let branches = repository.branches().unwrap();
    let of = |branch: &Branch| (branch.name.clone(), branch.sha.clone(), branch.title.clone());
    let expected = [("a/side", &first, "first"), ("main", &second, "second")];
    assert_eq!(
        branches.iter().map(of).collect::<Vec<_>>(),
        expected.map(|(a, b, c)| (a.into(), b.clone(), c.into()))
    );
    assert_eq!(branches[0].committed_at, "2026-01-02T03:04:05+01:00");
    let mut tags = repository.newest_tags().unwrap();
    tags.sort_by(|one, other| one.name.cmp(&other.name));
    let tags: Vec<_> =
        tags.iter().map(|tag| (tag.name.as_str(), tag.sha == first, tag.title.as_str())).collect();
    assert_eq!(tags, [("noted", true, "news"), ("plain", true, "")]);
    let log = repository.log("main", None, 0, 10).unwrap();
    assert_eq!(log.iter().map(LogEntry::title).collect::<Vec<_>>(), ["second", "first"]);
    assert_eq!(
        (log[0].parents.as_slice(), log[1].message.as_str()),
        ([first.clone()].as_slice(), "first\n\nwith a body\n")
    );
    assert_eq!((log[1].author_name.as_str(), log[1].committer_email.as_str()), ("Ann", "ann@example.com"));
    let titles = |path, skip, limit| {
        let log = repository.log("main", path, skip, limit).unwrap();
        log.iter().map(|entry| entry.title().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(titles(Some("dir/"), 0, 10), ["first"]);
    assert_eq!(titles(None, 1, 10), ["first"]);
    assert_eq!(titles(None, 0, 1), ["second"]);
    assert!(titles(Some("../x"), 0, 1).is_empty() && titles(Some(":(glob)**"), 0, 1).is_empty());
    assert!(repository.log("none", None, 0, 10).unwrap().is_empty());
    assert!(repository.log("--all", None, 0, 10).unwrap().is_empty());
    assert_eq!(repository.count_commits("main"), Ok(2));
    let names = |path| {
        let entries = repository.folder(&second, path).unwrap();
        entries
            .map(|all| all.into_iter().map(|entry| (entry.name, entry.kind, entry.size)).collect::<Vec<_>>())
    };
    let root = names("").unwrap();
    assert_eq!(root[0], ("dir".into(), EntryKind::Folder, None));
    assert_eq!(root[1], ("file".into(), EntryKind::File, Some(1)));
    assert_eq!(root[2].1, EntryKind::Link);
    assert_eq!(names("dir/sub/").unwrap(), [("a b.txt".into(), EntryKind::File, Some(1))]);
    for path in ["file", "none", "..", "dir/../dir", "dir//sub"] {
        assert_eq!(names(path), None, "{path}");
    }
    assert_eq!(repository.changed_between(&first, &second).unwrap().unwrap(), ["file"]);
    assert_eq!(repository.changed_between(&"1".repeat(40), &second), Ok(None));
    assert_eq!(repository.points_to("refs/heads/main"), Ok(Some(second.clone())));
    assert_ne!(repository.points_to("refs/tags/noted"), Ok(Some(first)));
    assert_eq!(repository.points_to(&second), Ok(None));
}

/// What a user or a machine is set to must not change what a service does.
#[test]
fn an_isolated_repository_knows_no_environment() {
    let command = isolated(Path::new("/srv/p.git"));
    let given: Vec<_> =
        command.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?))).collect();
    for expected in
        [("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("HOME", "/nonexistent")]
    {
        assert!(given.contains(&expected), "{expected:?}");
    }
    let made = Made::new();
    made.commit("one");
    let settings = isolated(&made.root()).args(["config", "--list", "--show-scope"]).output().unwrap();
    let settings = String::from_utf8(settings.stdout).unwrap();
    let foreign = |line: &&str| !line.starts_with("local") && !line.starts_with("command");
    assert_eq!(settings.lines().find(foreign), None);
}
