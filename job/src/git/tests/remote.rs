//! Credentials, from repositories behind a password.

use super::kit::{Origin, Rig, Server, TOKEN, files_with};
use std::os::unix::fs::PermissionsExt;

fn rig() -> (Server, Origin, Rig) {
    let server = Server::start(TOKEN);
    let origin = Origin::at(&server.bare("group/project"));
    let mut rig = Rig::new(&server.url_with("group/project", TOKEN), &origin);
    rig.order.url = server.base();
    (server, origin, rig)
}

#[tokio::test]
async fn the_token_is_neither_in_the_repository_nor_on_a_command_line() {
    let (server, origin, mut rig) = rig();
    let trace = rig.root.path().join("trace");
    rig.set("GIT_TRACE", trace.to_str().unwrap());
    let outcome = rig.get_sources().await.ok();
    assert_eq!(rig.git(&["rev-parse", "HEAD"]), origin.head());
    assert!(outcome.git.iter().flatten().all(|arg| !arg.contains(TOKEN)));
    let started = std::fs::read_to_string(&trace).unwrap();
    assert!(started.contains("git-remote-http"), "{started}");
    assert!(!started.contains(TOKEN), "{started}");
    assert_eq!(files_with(&rig.project(), TOKEN), [""; 0].map(std::path::PathBuf::from));
    let ext = rig.workspace().temp_dir.join(".gitlab-runner.ext.conf");
    assert_eq!(files_with(rig.root.path(), TOKEN), std::slice::from_ref(&ext));
    assert_eq!(std::fs::metadata(&ext).unwrap().permissions().mode() & 0o777, 0o600);

    // What scripts see is what they see under gitlab-runner.
    assert_eq!(rig.git(&["config", "remote.origin.url"]), server.url("group/project"));
    assert_eq!(rig.git(&["remote", "get-url", "origin"]), server.url_with("group/project", TOKEN));
    assert!(rig.git(&["ls-remote", "origin"]).contains(&origin.head()));

    let heads = server.seen().join("\n\n");
    assert!(heads.contains("X-Gitaly-Correlation-ID: abc"));
    assert!(heads.contains("User-Agent: runner 0.1.0 linux/amd64"), "{heads}");

    rig.clean_up().await.ok();
    assert_eq!(files_with(rig.root.path(), TOKEN), [""; 0].map(std::path::PathBuf::from));
    assert_eq!(rig.git(&["remote", "get-url", "origin"]), server.url("group/project"), "no rules are left");
}

#[tokio::test]
async fn nobody_sees_the_token_among_the_processes() {
    let token = "glcbt-64_of0this0test0alone";
    let server = Server::start(token);
    let origin = Origin::at(&server.bare("p"));
    let mut rig = Rig::new(&server.url_with("p", token), &origin);
    rig.order.url = server.base();
    rig.order.payload.token = token.into();
    rig.set("CI_JOB_TOKEN", token);
    rig.get_sources().await.ok();
    let lines = server.command_lines().join("\n");
    assert!(lines.contains("remote-http"), "the server looked while it was asked: {lines}");
    assert!(!lines.contains(token), "{lines}");
    // The same look finds it where a script's git, which is told such addresses, talks to the server.
    rig.git(&["ls-remote", "origin"]);
    assert!(server.command_lines().join("\n").contains(token));
}

#[tokio::test]
async fn another_job_brings_its_own_token() {
    let server = Server::start("second-token");
    let origin = Origin::at(&server.bare("p"));
    let mut rig = Rig::new(&server.url_with("p", TOKEN), &origin);
    rig.order.url = server.base();
    let outcome = rig.get_sources().await;
    assert_eq!(outcome.exit(), executor::Exit::Code(128));
    assert!(!outcome.stderr.contains(TOKEN), "{}", outcome.stderr);
    rig.order.payload.token = "second-token".into();
    rig.order.payload.git_info.repo_url = server.url_with("p", "second-token").into();
    rig.get_sources().await.ok();
    assert_eq!(rig.git(&["rev-parse", "HEAD"]), origin.head());
}

#[tokio::test]
async fn clone_url_is_where_sources_come_from() {
    let (server, origin, mut rig) = rig();
    rig.order.payload.git_info.repo_url =
        format!("http://gitlab-ci-token:{TOKEN}@gitlab.invalid/group/project.git").into();
    rig.order.url = "http://gitlab.invalid".to_owned();
    rig.order.settings.clone_url = server.base();
    rig.set("CI_PROJECT_PATH", "group/project");
    rig.get_sources().await.ok();
    assert_eq!(rig.git(&["rev-parse", "HEAD"]), origin.head());
    assert_eq!(rig.git(&["config", "remote.origin.url"]), server.url("group/project"));
}

#[tokio::test]
async fn without_tokens_in_addresses_scripts_have_a_helper() {
    let (server, origin, mut rig) = rig();
    rig.set("FF_GIT_URLS_WITHOUT_TOKENS", "true");
    let home = rig.root.path().join("home/.gitconfig");
    std::fs::write(&home, "[user]\n\tname = me\n").unwrap();
    rig.get_sources().await.ok();
    let global = std::fs::read_to_string(rig.workspace().temp_dir.join(".glr.gconf")).unwrap();
    assert!(global.contains(home.to_str().unwrap()), "the user's own settings stay in force: {global}");
    assert_eq!(files_with(rig.root.path(), TOKEN), [""; 0].map(std::path::PathBuf::from));
    assert_eq!(rig.git(&["remote", "get-url", "origin"]), server.url("group/project"));
    assert!(rig.git(&["ls-remote", "origin"]).contains(&origin.head()));

    rig.set("GIT_STRATEGY", "none");
    rig.get_sources().await.ok();
    let global = rig.workspace().temp_dir.join(".glr.gconf");
    rig.executor.inherit("GIT_CONFIG_GLOBAL", global.clone());
    std::fs::create_dir_all(rig.project()).unwrap();
    assert!(rig.git(&["ls-remote", &server.url("group/project")]).contains(&origin.head()));
    rig.clean_up().await.ok();
    assert!(!global.exists());
}

#[tokio::test]
async fn helpers_of_the_machine_are_made_to_forget() {
    let (server, _origin, mut rig) = rig();
    let store = rig.root.path().join("home/.git-credentials");
    std::fs::write(rig.root.path().join("home/.gitconfig"), "[credential]\n\thelper = store\n").unwrap();
    rig.get_sources().await.ok();
    assert!(!store.exists(), "fetching does not tell it");
    // A script's own git does: its addresses hold the token.
    rig.git(&["ls-remote", "origin"]);
    assert!(std::fs::read_to_string(&store).unwrap().contains(TOKEN));
    let outcome = rig.clean_up().await.ok();
    assert!(outcome.git.iter().any(|args| args.ends_with(&["credential".to_owned(), "reject".to_owned()])));
    assert_eq!(std::fs::read_to_string(&store).unwrap(), "", "{}", server.base());
}

#[tokio::test]
async fn certificates_are_set_for_the_server_alone() {
    let (server, _origin, mut rig) = rig();
    rig.order.tls.ca = "PEM".to_owned();
    rig.get_sources().await.ok();
    let ext = std::fs::read_to_string(rig.workspace().temp_dir.join(".gitlab-runner.ext.conf")).unwrap();
    let ca = rig.workspace().temp_dir.join("CI_SERVER_TLS_CA_FILE");
    assert!(
        ext.contains(&format!("[http \"{}\"]\n\tsslCAInfo = {}\n", server.base(), ca.display())),
        "{ext}"
    );
    assert_eq!(std::fs::read_to_string(ca).unwrap(), "PEM");
}

#[tokio::test]
async fn large_files_are_pulled_once_where_there_are_any() {
    let (_server, origin, mut rig) = rig();
    let bin = rig.root.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::fs::write(bin.join("git-lfs"), "#!/bin/sh\necho lfs \"$@\" $GIT_LFS_SKIP_SMUDGE\n").unwrap();
    std::fs::set_permissions(bin.join("git-lfs"), PermissionsExt::from_mode(0o755)).unwrap();
    rig.set("PATH", &format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
    let outcome = rig.get_sources().await.ok();
    assert!(!outcome.stdout.contains("lfs"), "nothing says that there are any");

    rig.order.payload.git_info.sha = origin.commit("deep/.gitattributes", "*.bin filter=lfs\n");
    let outcome = rig.get_sources().await.ok();
    let lines = outcome.lines();
    assert_eq!(lines[lines.len() - 2..], ["lfs pull 1", "Skipping Git submodules setup"]);
    assert!(outcome.stdout.contains("lfs pull 1\n\n"));
    rig.set("GIT_LFS_SKIP_SMUDGE", "true");
    assert!(!rig.get_sources().await.ok().stdout.contains("lfs"));
}

#[tokio::test]
async fn the_real_git_lfs_brings_content() {
    let version = std::process::Command::new("git").args(["lfs", "version"]).output().unwrap();
    if !version.status.success() {
        eprintln!("skipped: git-lfs is not installed");
        return;
    }
    let origin = Origin::new();
    origin.git(&["lfs", "install", "--local"]);
    origin.git(&["lfs", "track", "*.bin"]);
    std::fs::write(origin.work().join("big.bin"), "content of a large file").unwrap();
    origin.commit("other", "1");
    let mut rig = Rig::new(&origin.file_url(), &origin);
    rig.set("GIT_LFS_SKIP_SMUDGE", "true");
    rig.get_sources().await.ok();
    assert!(rig.read("big.bin").unwrap().starts_with("version https://git-lfs"), "a pointer");
    rig.set("GIT_LFS_SKIP_SMUDGE", "");
    rig.git(&["lfs", "install", "--skip-repo"]);
    let outcome = rig.get_sources().await.ok();
    assert_eq!(
        rig.read("big.bin").unwrap(),
        "content of a large file",
        "{}{}",
        outcome.stdout,
        outcome.stderr
    );
    assert_eq!(rig.git(&["status", "--short"]), "");
    // It stays so, also with what git-lfs leaves in the repository.
    let outcome = rig.get_sources().await.ok();
    assert!(!outcome.stdout.contains("an earlier job changed"), "{}", outcome.stdout);
    assert_eq!(rig.read("big.bin").unwrap(), "content of a large file");
}
