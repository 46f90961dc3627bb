use super::*;
use crate::ci::args::{Event, PlaceArgs};
use std::fs;
use std::path::Path;
use std::process::Command;

fn git(folder: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .status();
    assert!(status.unwrap().success(), "git {arguments:?}");
}

/// A repository on a branch `side` with a commit of its own and a change that is not committed.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    git(root, &["init", "--quiet", "--initial-branch=main"]);
    git(root, &["commit", "--quiet", "--allow-empty", "--message", "first"]);
    git(root, &["checkout", "--quiet", "-b", "side"]);
    fs::write(root.join("committed"), "").unwrap();
    git(root, &["add", "."]);
    git(root, &["commit", "--quiet", "--message", "second\n\nbody"]);
    fs::write(root.join("new"), "").unwrap();
    git(root, &["config", "remote.origin.url", "git@gitlab.example.com:team/app.git"]);
    folder
}

fn made(root: &Path, args: &ContextArgs) -> Result<(Project, Vec<Scene>), CliError> {
    let project = Project::open(&PlaceArgs::default(), args, root)?;
    let scenes = scenes(args, ".gitlab-ci.yml", &project)?;
    Ok((project, scenes))
}

fn one(root: &Path, args: &ContextArgs) -> (Context, Option<String>) {
    let (project, scenes) = made(root, args).unwrap();
    let scene = scenes.into_iter().next().unwrap();
    let changed = scene.changes.settle(&project).unwrap();
    (Context { changed, ..scene.context }, scene.assumed)
}

fn paths(context: &Context) -> Option<Vec<&str>> {
    match &context.changed {
        Changed::Unknown => None,
        Changed::Paths(paths) => Some(paths.iter().map(String::as_str).collect()),
    }
}

#[test]
fn without_flags_it_is_a_push_of_the_work_tree() {
    let folder = repository();
    let (context, assumed) = one(folder.path(), &ContextArgs::default());
    assert_eq!((context.source.as_str(), &context.reference), ("push", &Ref::Branch("side".into())));
    assert_eq!(context.commit.message, "second\n\nbody\n");
    assert_eq!(context.commit.before_sha.len(), 40);
    assert_eq!(
        (context.project.path.as_str(), context.project.server_url.as_str()),
        ("team/app", "https://gitlab.example.com")
    );
    assert_eq!((context.project.default_branch.as_str(), context.protected), ("main", false));
    assert_eq!(paths(&context), Some(vec!["committed", "new"]));
    assert_eq!(assumed, None);
}

#[test]
fn a_folder_that_is_no_repository_is_a_push_to_main_of_anything() {
    let folder = tempfile::tempdir().unwrap();
    let (context, _) = one(folder.path(), &ContextArgs::default());
    assert_eq!(context.reference, Ref::Branch("main".into()));
    assert_eq!((context.project.path.as_str(), context.commit.message.as_str()), ("g/p", "commit"));
    assert_eq!(paths(&context), None);
    assert!(context.protected);
}

#[test]
fn a_ref_by_name_is_somewhere_else_and_its_changes_are_unknown() {
    let folder = repository();
    let reference = Some("feat*".to_owned());
    let (context, _) = one(folder.path(), &ContextArgs { reference, ..Default::default() });
    assert_eq!((context.reference, context.changed), (Ref::Branch("feat*".into()), Changed::Unknown));
    let source = Some("push".to_owned());
    let changed = vec!["./a".to_owned()];
    let (context, _) = one(folder.path(), &ContextArgs { source, changed, ..Default::default() });
    assert_eq!(paths(&context), Some(vec!["a"]));
    let (context, _) = one(folder.path(), &ContextArgs { no_changes: true, ..Default::default() });
    assert_eq!(paths(&context), Some(vec![]));
    let changed_since = Some("HEAD".to_owned());
    let (context, _) = one(folder.path(), &ContextArgs { changed_since, ..Default::default() });
    assert_eq!(paths(&context), Some(vec!["new"]));
}

#[test]
fn a_merge_request_goes_into_the_default_branch() {
    let folder = repository();
    let event = vec![Event::MergeRequest];
    let (context, assumed) = one(folder.path(), &ContextArgs { event: event.clone(), ..Default::default() });
    assert_eq!(context.reference, Ref::MergeRequest("side".into()));
    let request = context.merge_request.as_ref().unwrap();
    assert_eq!((request.target.as_str(), request.iid, request.title.as_str()), ("main", 1, "second"));
    assert_eq!(request.diff_base_sha.len(), 40);
    assert_ne!(request.diff_base_sha, "0".repeat(40));
    assert_eq!(context.open_merge_requests, ["team/app!1"]);
    assert_eq!(paths(&context), Some(vec!["committed", "new"]));
    assert_eq!(assumed, None);
    git(folder.path(), &["checkout", "--quiet", "main"]);
    let (context, assumed) = one(folder.path(), &ContextArgs { event, ..Default::default() });
    assert_eq!(context.reference, Ref::MergeRequest("feature".into()));
    assert!(assumed.unwrap().contains("--ref"));
}

#[test]
fn a_tag_is_the_one_at_the_commit() {
    let folder = repository();
    let event = vec![Event::Tag];
    let (context, assumed) = one(folder.path(), &ContextArgs { event: event.clone(), ..Default::default() });
    assert_eq!(context.reference, Ref::Tag("v1.0.0".into()));
    assert!(assumed.is_some());
    git(folder.path(), &["tag", "--annotate", "--message", "news", "r7"]);
    let (context, assumed) = one(folder.path(), &ContextArgs { event, ..Default::default() });
    assert_eq!((context.reference, assumed), (Ref::Tag("r7".into()), None));
    assert_eq!((context.commit.tag_message.as_str(), context.commit.before_sha), ("news", "0".repeat(40)));
    git(folder.path(), &["checkout", "--quiet", "--detach"]);
    let (context, _) = one(folder.path(), &ContextArgs::default());
    assert_eq!(context.reference, Ref::Tag("r7".into()));
}

#[test]
fn several_events_are_several_contexts() {
    let folder = repository();
    let event = vec![Event::Push, Event::Schedule, Event::Push, Event::Web];
    let (_, scenes) = made(folder.path(), &ContextArgs { event, ..Default::default() }).unwrap();
    let labels: Vec<&str> = scenes.iter().map(|scene| scene.label.as_str()).collect();
    assert_eq!(labels, ["push", "schedule", "web"]);
    assert_eq!(scenes[1].changes, Changes::Settled(Changed::Unknown));
}

#[test]
fn wrong_calls_are_named() {
    let folder = repository();
    let refused = |args: ContextArgs| made(folder.path(), &args).unwrap_err().render();
    let text = |text: &str| Some(text.to_owned());
    let mut out = refused(ContextArgs { source: text("pushh"), ..Default::default() });
    out += &refused(ContextArgs { source: text("x"), ..Default::default() });
    out += &refused(ContextArgs { target: text("main"), source: text("push"), ..Default::default() });
    out += &refused(ContextArgs { tag: true, source: text("merge_request_event"), ..Default::default() });
    out += &refused(ContextArgs { sha: text("12"), ..Default::default() });
    out += &refused(ContextArgs { project: text("/"), ..Default::default() });
    out += &refused(ContextArgs { server: text("gitlab.com"), ..Default::default() });
    out += &refused(ContextArgs { changed_since: text("nowhere"), ..Default::default() });
    out += &refused(ContextArgs { variable: vec!["A".into()], ..Default::default() });
    insta::assert_snapshot!(out);
}
