//! Strategies and states of a checkout, from repositories on this machine.

use super::kit::{Origin, Rig};
use executor::Exit;

fn rig() -> (Origin, Rig) {
    let origin = Origin::new();
    let rig = Rig::new(&origin.file_url(), &origin);
    (origin, rig)
}

#[tokio::test]
async fn first_fetch_and_warm_fetch() {
    let (origin, mut rig) = rig();
    let project = rig.project().display().to_string();
    let sha = origin.head();
    let first = rig.get_sources().await.ok();
    assert_eq!(
        first.lines(),
        [
            "Gitaly correlation ID: abc",
            "Fetching changes with git depth set to 20...",
            &format!("Initialized empty Git repository in {project}/.git/"),
            "Created fresh repository.",
            &format!("Checking out {} as detached HEAD (ref is main)...", &sha[..8]),
            "Skipping Git submodules setup",
        ]
    );
    assert_eq!(first.stderr, "");
    assert_eq!(rig.git(&["rev-parse", "HEAD"]), sha);
    assert_eq!(rig.git(&["status", "-sb"]), "## HEAD (no branch)");
    assert_eq!(
        rig.git(&["config", "--get-all", "remote.origin.fetch"]),
        "+refs/heads/*:refs/remotes/origin/*"
    );

    rig.write("leftover", "x");
    rig.write("README.md", "changed");
    let next = origin.commit("new", "n");
    rig.order.payload.git_info.sha = next.clone();
    let warm = rig.get_sources().await.ok();
    assert_eq!(
        warm.lines(),
        [
            "Gitaly correlation ID: abc",
            "Fetching changes with git depth set to 20...",
            &format!("Reinitialized existing Git repository in {project}/.git/"),
            &format!("Checking out {} as detached HEAD (ref is main)...", &next[..8]),
            "Removing leftover",
            "Skipping Git submodules setup",
        ]
    );
    let commands: Vec<&str> = warm
        .git
        .iter()
        .map(|args| args.iter().find(|a| !a.contains(['=', '-']) || *a == "fetch").unwrap().as_str())
        .collect();
    assert_eq!(commands, ["fetch", "checkout", "clean"], "a warm fetch is three processes");
    assert_eq!(rig.read("README.md").unwrap(), "hello\n");
    assert_eq!(rig.read("new").unwrap(), "n");
}

#[tokio::test]
async fn git_itself_says_the_same_of_an_existing_repository() {
    let (_origin, mut rig) = rig();
    rig.get_sources().await.ok();
    let said = rig.get_sources().await.ok().lines()[2].to_owned();
    assert_eq!(rig.git(&["init"]), said);
}

#[tokio::test]
async fn what_is_fetched_follows_the_payload() {
    let (origin, mut rig) = rig();
    origin.commit("a", "1");
    let middle = origin.head();
    origin.commit("b", "2");
    let sha = origin.head();
    let info = &mut rig.order.payload.git_info;
    info.sha = sha.clone();
    info.depth = 1;
    let outcome = rig.get_sources().await.ok();
    assert_eq!(outcome.lines()[1], "Fetching changes with git depth set to 1...");
    assert_eq!(rig.git(&["rev-list", "--count", "HEAD"]), "1");

    rig.order.payload.git_info.depth = 0;
    let outcome = rig.get_sources().await.ok();
    assert_eq!(outcome.lines()[1], "Fetching changes...");
    assert!(outcome.git.iter().any(|args| args.contains(&"--unshallow".to_owned())));
    assert_eq!(rig.git(&["rev-list", "--count", "HEAD"]), "3");
    let outcome = rig.get_sources().await.ok();
    assert!(!outcome.git.iter().any(|args| args.contains(&"--unshallow".to_owned())));

    origin.git(&["tag", "v1", &middle]);
    origin.git(&["push", "-q", "origin", "v1"]);
    let info = &mut rig.order.payload.git_info;
    info.refspecs = vec!["+refs/tags/v1:refs/tags/v1".to_owned()];
    (info.reference, info.sha) = ("v1".to_owned(), middle.clone());
    let outcome = rig.get_sources().await.ok();
    assert!(outcome.stdout.contains("(ref is v1)"));
    assert_eq!(rig.git(&["describe", "--tags"]), "v1");
    assert!(rig.read("b").is_none());

    origin.git(&["reset", "-q", "--hard", "HEAD~2"]);
    let forced = origin.commit("c", "3");
    let info = &mut rig.order.payload.git_info;
    info.refspecs = vec!["+refs/heads/main:refs/remotes/origin/main".to_owned()];
    info.sha = forced.clone();
    rig.get_sources().await.ok();
    assert_eq!(rig.git(&["rev-parse", "origin/main"]), forced);
}

#[tokio::test]
async fn a_commit_that_is_not_there_is_gits_failure() {
    let (_origin, mut rig) = rig();
    rig.order.payload.git_info.sha = "0123456789abcdef0123456789abcdef01234567".to_owned();
    let outcome = rig.get_sources().await;
    assert_eq!(outcome.exit(), Exit::Code(128));
    assert!(outcome.stdout.ends_with("Checking out 01234567 as detached HEAD (ref is main)...\n"));
    assert_eq!(outcome.stderr, "fatal: reference is not a tree: 0123456789abcdef0123456789abcdef01234567\n");

    rig.order.payload.git_info.repo_url = "file:///nonexistent/x.git".into();
    let outcome = rig.get_sources().await;
    assert_eq!(outcome.exit(), Exit::Code(128));
    let cleared = rig.clear_worktree().await.ok();
    assert_eq!(cleared.stdout, "Deleting tracked and untracked files...\n");
    assert!(rig.read("README.md").is_none());
}

#[tokio::test]
async fn options_look_like_no_references() {
    let (_origin, mut rig) = rig();
    rig.order.payload.git_info.refspecs = vec!["--upload-pack=touch evil;".to_owned()];
    let outcome = rig.get_sources().await;
    assert!(outcome.result.unwrap_err().to_string().contains("impossible git reference"));
    assert!(outcome.git.is_empty());
}

#[tokio::test]
async fn strategies_without_a_fetch() {
    let (_origin, mut rig) = rig();
    rig.get_sources().await.ok();
    rig.write("left", "x");
    rig.set("GIT_STRATEGY", "none");
    let none = rig.get_sources().await.ok();
    assert_eq!(
        none.lines(),
        ["Skipping Git repository setup", "Skipping Git checkout", "Skipping Git submodules setup"]
    );
    assert!(none.git.is_empty());
    assert!(rig.read("left").is_some());

    rig.set("GIT_STRATEGY", "empty");
    rig.write("left", "x");
    assert!(rig.project().ends_with("project-42-empty"));
    let empty = rig.get_sources().await.ok();
    assert_eq!(empty.lines()[0], "Skipping Git repository setup and creating an empty build directory");
    assert_eq!(std::fs::read_dir(rig.project()).unwrap().count(), 0);

    rig.set("GIT_STRATEGY", "clone");
    rig.write("untracked/deep", "x");
    let clone = rig.get_sources().await.ok();
    assert!(clone.lines()[2].starts_with("Initialized empty"));
    assert_eq!(clone.lines()[3], "Created fresh repository.");
    assert!(rig.read("untracked/deep").is_none());
}

#[tokio::test]
async fn flags_are_handed_to_git() {
    let (_origin, mut rig) = rig();
    rig.set("GIT_FETCH_EXTRA_FLAGS", "--prune --no-tags");
    rig.set("GIT_CLEAN_FLAGS", "none");
    let outcome = rig.get_sources().await.ok();
    assert!(outcome.git.iter().any(|args| args.ends_with(&["--prune".to_owned(), "--no-tags".to_owned()])));
    rig.write("stay", "x");
    rig.get_sources().await.ok();
    assert!(rig.read("stay").is_some());
    rig.set("GIT_CLEAN_FLAGS", "-ffdx -e *.keep");
    rig.write("a.keep", "x");
    rig.get_sources().await.ok();
    assert!(rig.read("stay").is_none() && rig.read("a.keep").is_some());

    rig.set("GIT_CHECKOUT", "false");
    let outcome = rig.get_sources().await.ok();
    assert!(outcome.lines().contains(&"Skipping Git checkout"));
    assert_eq!(outcome.git.len(), 1);
}

#[tokio::test]
async fn locks_of_a_killed_git_do_not_matter() {
    let (_origin, mut rig) = rig();
    rig.get_sources().await.ok();
    for lock in ["index.lock", "shallow.lock", "HEAD.lock", "config.lock", "refs/remotes/origin/main.lock"] {
        rig.write(&format!(".git/{lock}"), "");
    }
    rig.get_sources().await.ok();
    for lock in ["index.lock", "refs/remotes/origin/main.lock"] {
        rig.write(&format!(".git/{lock}"), "");
    }
    rig.clean_up().await.ok();
    assert!(rig.read(".git/index.lock").is_none());
}

#[tokio::test]
async fn another_place_and_another_address_are_noticed() {
    let (origin, mut rig) = rig();
    rig.get_sources().await.ok();
    rig.write(
        ".git/config",
        &rig.read(".git/config").unwrap().replace("p.git", "q.git").replace("/builds/", "/elsewhere/"),
    );
    rig.get_sources().await.ok();
    assert_eq!(rig.git(&["config", "--get-all", "remote.origin.url"]), origin.file_url());
    let ext = rig.workspace().temp_dir.join(".gitlab-runner.ext.conf");
    assert_eq!(rig.git(&["config", "--local", "--get-all", "include.path"]), ext.to_str().unwrap());
}

#[tokio::test]
async fn an_object_format_is_asked_for() {
    let own = tempfile::tempdir().unwrap();
    let origin = Origin::with_format(&own.path().join("p.git"), "sha256");
    let mut rig = Rig::new(&origin.file_url(), &origin);
    rig.order.payload.git_info.repo_object_format = "sha256".to_owned();
    rig.get_sources().await.ok();
    assert_eq!(rig.git(&["rev-parse", "HEAD"]), origin.head());
    let warm = rig.get_sources().await.ok();
    assert_eq!(warm.git.len(), 3);
}

#[tokio::test]
async fn a_clone_by_git_itself_where_it_can() {
    let (origin, mut rig) = rig();
    rig.set("GIT_STRATEGY", "clone");
    rig.set("FF_USE_GIT_NATIVE_CLONE", "true");
    rig.set("GIT_CLONE_EXTRA_FLAGS", "--no-tags");
    let bin = rig.root.path().join("bin");
    let real = which("git");
    std::fs::create_dir(&bin).unwrap();
    let fake = |version: &str| {
        let text = format!(
            "#!/bin/sh\n[ \"$1\" = version ] && echo git version {version} && exit\nexec {real} \"$@\"\n"
        );
        std::fs::write(bin.join("git"), text).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(bin.join("git"), mode).unwrap();
    };
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    rig.executor.inherit("PATH", path.clone());
    rig.set("PATH", &path);

    fake("2.49.0");
    let outcome = rig.get_sources().await.ok();
    assert_eq!(outcome.lines()[1], "Cloning repository for main with git depth set to 20...");
    assert_eq!(outcome.git.len(), 4, "{:?}", outcome.git);
    assert_eq!(rig.git(&["rev-parse", "HEAD"]), origin.head());
    assert!(rig.read("README.md").is_some());

    fake("2.48.9");
    let outcome = rig.get_sources().await.ok();
    assert_eq!(outcome.lines()[1], "Fetching changes with git depth set to 20...");
}

fn which(program: &str) -> String {
    let path = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&path).map(|dir| dir.join(program)).find(|p| p.is_file());
    found.unwrap().display().to_string()
}

#[tokio::test]
async fn hooks_share_their_environment_with_git() {
    let (_origin, mut rig) = rig();
    let hook = |name: &str, script: &[&str]| protocol::Hook {
        name: name.to_owned(),
        script: script.iter().map(|&c| c.to_owned()).collect(),
    };
    let trace = rig.root.path().join("trace");
    rig.order.settings.pre_get_sources_script = "echo pre-config".to_owned();
    rig.order.settings.post_get_sources_script = "echo post-config $FROM_PRE".to_owned();
    rig.order.payload.hooks = vec![
        hook(
            "pre_get_sources_script",
            &["export FROM_PRE=\"a'b\"", &format!("export GIT_TRACE={}", trace.display())],
        ),
        hook("post_get_sources_script", &["echo $GIT_TERMINAL_PROMPT $GIT_LFS_SKIP_SMUDGE; ls"]),
    ];
    let outcome = rig.get_sources().await.ok();
    let lines = outcome.lines();
    assert_eq!(lines[..2], ["$ echo pre-config", "pre-config"]);
    assert!(lines[2].starts_with("$ export FROM_PRE"));
    assert_eq!(
        lines[lines.len() - 5..],
        [
            "$ echo $GIT_TERMINAL_PROMPT $GIT_LFS_SKIP_SMUDGE; ls",
            "0 1",
            "README.md",
            "$ echo post-config $FROM_PRE",
            "post-config a'b"
        ]
    );
    assert!(std::fs::read_to_string(trace).unwrap().contains("fetch"), "what a hook exports reaches git");
    assert!(!rig.workspace().temp_dir.join("get_sources.env").exists());

    rig.order.settings.pre_get_sources_script = "exit 7".to_owned();
    let outcome = rig.get_sources().await;
    assert_eq!(outcome.exit(), Exit::Code(7));
    assert!(outcome.git.is_empty());
    rig.set("GIT_STRATEGY", "none");
    rig.get_sources().await.ok();
}

#[tokio::test]
async fn names_that_the_shell_keeps_are_not_handed_from_hook_to_hook() {
    let (_origin, mut rig) = rig();
    rig.order.settings.pre_get_sources_script = "export UID EUID PPID SHELLOPTS; export KEPT=1".to_owned();
    rig.order.settings.post_get_sources_script = "echo kept=$KEPT".to_owned();
    let outcome = rig.get_sources().await.ok();
    assert!(outcome.lines().contains(&"kept=1"), "{}{}", outcome.stdout, outcome.stderr);
}

#[tokio::test]
async fn what_scripts_left_for_later_stages_adds_to_what_is_inherited() {
    let (_origin, mut rig) = rig();
    let temp = rig.workspace().temp_dir;
    std::fs::create_dir_all(&temp).unwrap();
    std::fs::write(temp.join("gitlab_runner_env"), "PATH+=:/nowhere\nLEFT=behind\n").unwrap();
    rig.order.settings.post_get_sources_script = "echo $LEFT $PATH".to_owned();
    let outcome = rig.get_sources().await.ok();
    let expected = format!("behind {}:/nowhere", std::env::var("PATH").unwrap());
    assert!(outcome.lines().contains(&expected.as_str()), "{}", outcome.stdout);
}

#[tokio::test]
async fn file_variables_of_the_job_reach_git() {
    let (_origin, mut rig) = rig();
    rig.set("GIT_CONFIG_COUNT", "1");
    rig.set("GIT_CONFIG_KEY_0", "core.abbrev");
    rig.set("GIT_CONFIG_VALUE_0", "broken");
    let outcome = rig.get_sources().await;
    assert_eq!(outcome.exit(), Exit::Code(128), "{}", outcome.stderr);
}

#[tokio::test]
async fn leaving_the_work_tree_clean() {
    let (_origin, mut rig) = rig();
    rig.get_sources().await.ok();
    rig.write("README.md", "changed");
    rig.write("left", "x");
    rig.clean_up().await.ok();
    assert!(rig.read("left").is_some(), "not asked for");

    rig.set("FF_ENABLE_JOB_CLEANUP", "true");
    let outcome = rig.clean_up().await.ok();
    assert_eq!(outcome.lines()[0], "Removing left");
    assert!(outcome.lines()[1].starts_with("HEAD is now at "));
    assert_eq!(rig.read("README.md").unwrap(), "hello\n");
    rig.set("GIT_STRATEGY", "none");
    assert_eq!(rig.clean_up().await.ok().stdout, "Skipping build directory cleanup step\n");
    rig.set("GIT_STRATEGY", "clone");
    rig.clean_up().await.ok();
    assert!(!rig.project().exists());
}

#[tokio::test]
async fn settings_of_the_runner_reach_git() {
    let (_origin, mut rig) = rig();
    rig.order.settings.safe_directory_checkout = true;
    rig.order.settings.clean_git_config = true;
    rig.set("FF_USE_GIT_PROACTIVE_AUTH", "true");
    rig.get_sources().await.ok();
    rig.write(".git/config", &format!("{}[user]\n\tname = somebody\n", rig.read(".git/config").unwrap()));
    rig.write(".git/hooks/pre-push", "");
    let second = rig.get_sources().await.ok();
    let trusted = rig.git(&["config", "--global", "--get-all", "safe.directory"]);
    assert_eq!(trusted, rig.project().to_str().unwrap(), "once is enough");
    assert_eq!(rig.git(&["config", "user.name"]), "", "made anew for every job");
    assert!(rig.read(".git/hooks/pre-push").is_none());
    assert!(second.stdout.contains("Created fresh repository."));
    // Without a host there is nobody to authenticate to.
    assert!(!second.git.iter().flatten().any(|arg| arg.contains("proactiveAuth")));
    rig.order.payload.git_info.repo_url = "http://127.0.0.1:9/x.git".into();
    let outcome = rig.get_sources().await;
    assert!(
        outcome
            .git
            .iter()
            .any(|args| args.contains(&"http.http://127.0.0.1:9.proactiveAuth=basic".to_owned()))
    );
}

#[tokio::test]
async fn a_stopped_stage_starts_nothing() {
    let (_origin, mut rig) = rig();
    rig.stop.cancel();
    let outcome = rig.get_sources().await;
    assert!(matches!(outcome.result, Err(crate::StageError::Stopped)));
    assert!(outcome.git.is_empty());
}
