use super::*;

const EXT: &str = "/b/p.tmp/.gitlab-runner.ext.conf";

fn project(config: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for dir in [".git/objects", ".git/refs"] {
        std::fs::create_dir_all(root.path().join(dir)).unwrap();
    }
    std::fs::write(root.path().join(".git/HEAD"), "ref: refs/heads/none\n").unwrap();
    std::fs::write(root.path().join(".git/config"), config).unwrap();
    root
}

fn config(more: &str) -> String {
    format!(
        "[init]\n\tdefaultBranch = none\n[fetch]\n\trecurseSubmodules = false\n[credential]\n\tinteractive = never\n\
         [gc]\n\tautoDetach = false\n[include]\n\tpath = {EXT}\n[core]\n\trepositoryformatversion = 0\n\
         \tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n[remote \"origin\"]\n\
         \turl = http://h/p.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n{more}"
    )
}

#[test]
fn what_a_job_before_made_needs_nothing() {
    let root = project(&config(
        "[user]\n\temail = a@b\n[submodule \"m\"]\n\tactive = true\n\turl = http://h/m.git\n",
    ));
    assert_eq!(strange_config(root.path(), EXT), [""; 0]);
    let repository = Repository::inspect(root.path());
    assert!(repository.is_initialised(""));
    assert!(repository.is_initialised("sha1"));
    assert!(!repository.is_initialised("sha256"));
    assert_eq!(repository.origin("http://h/p.git"), Found::Right);
    assert_eq!(repository.origin("http://h/q.git"), Found::Other);
    assert_eq!(repository.include(EXT), Found::Right);
    assert_eq!(repository.include("/elsewhere/.gitlab-runner.ext.conf"), Found::Other);
}

#[test]
fn what_is_missing_is_found_missing() {
    let root = project("[core]\n\trepositoryformatversion = 0\n\tbare = false\n");
    let repository = Repository::inspect(root.path());
    assert!(repository.is_initialised(""));
    assert_eq!((repository.origin("u"), repository.include(EXT)), (Found::Missing, Found::Missing));
    std::fs::remove_file(root.path().join(".git/HEAD")).unwrap();
    assert!(!Repository::inspect(root.path()).is_initialised(""));
    let empty = tempfile::tempdir().unwrap();
    assert!(!Repository::inspect(empty.path()).is_initialised(""));
}

#[test]
fn settings_that_run_or_redirect_are_named() {
    for (text, name) in [
        ("[core]\n\tfsmonitor = ./evil\n", "core.fsmonitor"),
        ("[core]\n\tsshCommand = evil\n", "core.sshcommand"),
        ("[core]\n\thooksPath = .husky\n", "core.hookspath"),
        ("[core]\n\tworktree = /\n", "core.worktree"),
        ("[credential]\n\thelper = !evil\n", "credential.helper"),
        ("[credential \"http://h\"]\n\tinteractive = x\n", "credential.interactive"),
        ("[http]\n\tproxy = http://evil\n", "http.proxy"),
        ("[url \"http://evil\"]\n\tinsteadOf = http://h\n", "url.insteadof"),
        ("[remote \"origin\"]\n\tuploadpack = evil\n", "remote.uploadpack"),
        ("[filter \"x\"]\n\tsmudge = evil\n", "filter.smudge"),
        ("[filter \"lfs\"]\n\tsmudge = \"git-lfs smudge; evil\"\n", "filter.smudge"),
        ("[include]\n\tpath = /tmp/evil\n", "include.path"),
        ("[includeIf \"gitdir:/\"]\n\tpath = /tmp/evil\n", "includeif.path"),
        ("[submodule \"m\"]\n\tupdate = !evil\n", "submodule.update"),
        ("[alias]\n\tfetch = !evil\n", "alias.fetch"),
        ("[lfs]\n\turl = http://evil\n", "lfs.url"),
        ("[broken\n", "unreadable lines"),
    ] {
        let root = project(&config(text));
        assert_eq!(strange_config(root.path(), EXT), [name], "{text}");
    }
    let root = project(&config("[filter \"lfs\"]\n\tprocess = git-lfs filter-process\n\trequired = true\n"));
    assert_eq!(strange_config(root.path(), EXT), [""; 0]);
}

#[test]
fn ways_around_the_configuration_are_found() {
    let root = project(&config(""));
    std::fs::write(root.path().join(".git/commondir"), "/tmp/evil").unwrap();
    assert_eq!(strange_config(root.path(), EXT), ["commondir"]);

    let root = project(&config("[extensions]\n\tworktreeConfig = true\n"));
    std::fs::write(root.path().join(".git/config.worktree"), "[core]\n\tsparseCheckout = true\n").unwrap();
    assert_eq!(strange_config(root.path(), EXT), [""; 0]);
    std::fs::write(root.path().join(".git/config.worktree"), "[core]\n\tfsmonitor = evil\n").unwrap();
    assert_eq!(strange_config(root.path(), EXT), ["core.fsmonitor"]);

    let root = project("");
    std::fs::remove_file(root.path().join(".git/config")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", root.path().join(".git/config")).unwrap();
    assert_eq!(strange_config(root.path(), EXT), ["no readable file"]);
}

#[test]
fn lines_are_added_to_a_configuration() {
    let root = project("[core]\n\tbare = false");
    append_config(root.path(), "[remote \"origin\"]\n\turl = u\n").unwrap();
    let text = std::fs::read_to_string(root.path().join(".git/config")).unwrap();
    assert_eq!(text, "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = u\n");
    assert!(!root.path().join(".git/config.lock").exists());
    std::fs::write(root.path().join(".git/config.lock"), "").unwrap();
    assert!(append_config(root.path(), "x").is_err(), "somebody else holds the lock");
}

#[test]
fn hooks_count_unless_they_are_samples() {
    let root = project("");
    assert!(!has_hooks(root.path(), true));
    let hooks = root.path().join(".git/hooks");
    std::fs::create_dir(&hooks).unwrap();
    std::fs::write(hooks.join("pre-push.sample"), "").unwrap();
    assert!(!has_hooks(root.path(), true));
    std::fs::create_dir_all(root.path().join(".git/modules/a/hooks")).unwrap();
    std::fs::write(root.path().join(".git/modules/a/hooks/post-checkout"), "").unwrap();
    assert!(!has_hooks(root.path(), false));
    assert!(has_hooks(root.path(), true));
    std::fs::write(hooks.join("reference-transaction"), "").unwrap();
    assert!(has_hooks(root.path(), false));
}

#[test]
fn submodule_configurations_are_judged_by_their_place() {
    let root = project("");
    let write = |name: &str, text: &str| {
        let dir = root.path().join(".git/modules").join(name);
        std::fs::create_dir_all(&dir).unwrap();
        std::fs::write(dir.join("config"), text).unwrap();
        dir.join("config")
    };
    let good = write("libs/a", "[core]\n\tworktree = ../../../../libs/a\n");
    let out = write("b", "[core]\n\tworktree = ../../../../b\n");
    let evil = write("libs/a/modules/c", "[core]\n\tfsmonitor = evil\n");
    let include = |path: &str| format!("[include]\n\tpath = {path}\n");
    let ours = write("libs/d", &include(EXT));
    let theirs = write("libs/e", &include("/tmp/evil/.gitlab-runner.ext.conf"));
    let mut strange = clean_submodule_config(root.path(), EXT).unwrap();
    strange.sort();
    assert_eq!(strange, ["core.fsmonitor", "core.worktree", "include.path"]);
    assert!(good.exists() && !out.exists() && !evil.exists());
    assert!(ours.exists() && !theirs.exists());
}

#[test]
fn another_jobs_include_may_stand_only_where_it_is_replaced() {
    let theirs = "[include]\n\tpath = /tmp/evil/.gitlab-runner.ext.conf\n";
    let root = project(theirs);
    assert_eq!(strange_config(root.path(), EXT), [""; 0]);
    let root = project("[extensions]\n\tworktreeConfig = true\n");
    std::fs::write(root.path().join(".git/config.worktree"), theirs).unwrap();
    assert_eq!(strange_config(root.path(), EXT), ["include.path"]);
}
