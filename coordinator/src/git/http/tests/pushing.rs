use super::*;
use crate::git::NO_SHA;
use crate::model::GitRef;
use rustix::fs::inotify;
use std::time::Duration;
use tokio::io::unix::AsyncFd;

#[tokio::test]
async fn a_push_makes_a_pipeline_and_says_where() {
    let rig = Rig::new().await;
    let first = rig.commit("a", b"1").await;
    let words = rig.push(&["main", "-o", "ci.variable=A=b c", "-o", "ci.input=n=1"]).await.unwrap();
    assert!(words.contains("remote: View the pipeline for main:"), "{words}");
    assert!(words.contains("remote:   http://ci/g/sub/p/-/pipelines/100"), "{words}");
    let updates = rig.updates();
    let new = updates[0].pipeline.as_ref().unwrap();
    assert_eq!((new.reference.clone(), new.sha.clone()), (GitRef::Branch("main".into()), first.clone()));
    assert_eq!((new.before_sha.clone(), new.skip, new.source.as_str()), (None, false, "push"));
    assert_eq!((new.variables[0].key.as_str(), new.variables[0].value.as_str()), ("A", "b c"));
    assert_eq!(new.inputs["n"], 1);
    let second = rig.commit("a", b"2").await;
    rig.push(&["main", "-o", "ci.skip"]).await.unwrap();
    let updates = rig.updates();
    let new = updates[0].pipeline.as_ref().unwrap();
    assert_eq!((new.before_sha.as_deref(), new.sha.as_str()), (Some(first.as_str()), second.as_str()));
    assert!(new.skip);
    // Nothing new is no update.
    rig.push(&["main"]).await.unwrap();
    assert!(rig.updates().is_empty());
}

#[tokio::test]
async fn tags_point_to_their_commits_and_deletions_make_nothing() {
    let rig = Rig::new().await;
    let sha = rig.commit("a", b"1").await;
    rig.push(&["main"]).await.unwrap();
    rig.updates();
    rig.git(&["tag", "--annotate", "--message", "big news", "v1"]).await;
    rig.push(&["v1", "main:side", "main:refs/notes/x"]).await.unwrap();
    let updates = rig.updates();
    let of = |name: &str| updates.iter().find(|update| update.reference == name).unwrap();
    let tag = of("refs/tags/v1");
    let new = tag.pipeline.as_ref().unwrap();
    assert_eq!((new.reference.clone(), new.sha.as_str()), (GitRef::Tag("v1".into()), sha.as_str()));
    assert_ne!(tag.after.as_deref(), Some(sha.as_str()));
    assert!(of("refs/heads/side").pipeline.is_some() && of("refs/notes/x").pipeline.is_none());
    rig.push(&[":side", ":v1"]).await.unwrap();
    let updates = rig.updates();
    assert_eq!(updates.len(), 2);
    assert!(updates.iter().all(|update| update.after.is_none() && update.pipeline.is_none()));
    // What the kernel learns of the tag.
    rig.push(&["v1"]).await.unwrap();
    let (git, first) = (rig.git.clone(), rig.first());
    let facts =
        tokio::task::spawn_blocking(move || git.facts(&first, &GitRef::Tag("v1".into()), &sha, Some(NO_SHA)));
    let facts = facts.await.unwrap().unwrap();
    assert_eq!(facts.commit.tag_message, "big news");
    assert_eq!(facts.commit.before_sha, NO_SHA);
}

#[tokio::test]
async fn no_more_than_four_pipelines_of_one_push() {
    let rig = Rig::new().await;
    rig.commit("a", b"1").await;
    let words = rig.push(&["main", "main:b1", "main:b2", "main:b3", "main:b4", "main:b5"]).await.unwrap();
    let updates = rig.updates();
    assert_eq!((updates.len(), updates.iter().filter(|update| update.pipeline.is_some()).count()), (6, 4));
    assert!(words.contains("none was made for"), "{words}");
    rig.commit("a", b"2").await;
    rig.push(&["main", "-o", "ci.no_pipeline"]).await.unwrap();
    assert!(rig.updates()[0].pipeline.is_none());
}

#[tokio::test]
async fn errors_of_the_configuration_reach_the_pusher_as_plain_text() {
    let rig = Rig::new().await;
    *rig.house.outcome.lock().unwrap() = |number| {
        let errors = vec!["\u{1b}[31m.gitlab-ci.yml:3: jobs:x wants a script".to_owned()];
        Outcome::Created(Created::Invalid { pipeline: Some(PipelineId(number as i64)), errors })
    };
    rig.commit("a", b"1").await;
    let words = rig.push(&["main", "-o", "what.ever"]).await.unwrap();
    assert!(words.contains(".gitlab-ci.yml:3: jobs:x wants a script"), "{words}");
    assert!(words.contains("push option what.ever is not known here"), "{words}");
    assert!(!words.contains("\u{1b}[31m"), "{words}");
}

#[tokio::test]
async fn protected_branches_stay_and_others_are_free() {
    let rig = Rig::new().await;
    rig.commit("a", b"1").await;
    rig.commit("a", b"2").await;
    rig.push(&["main", "main:side"]).await.unwrap();
    rig.updates();
    let words = rig.push(&[":main"]).await.unwrap_err();
    assert!(words.contains("The default branch of a project cannot be deleted"), "{words}");
    rig.git(&["reset", "--quiet", "--hard", "HEAD~1"]).await;
    let words = rig.push(&["--force", "main"]).await.unwrap_err();
    assert!(words.contains("You are not allowed to force push"), "{words}");
    assert!(rig.updates().is_empty());
    rig.push(&["--force", "main:side"]).await.unwrap();
    assert_eq!(rig.updates().len(), 1);
    // One of two is refused, the other one is taken; with --atomic none is.
    let words = rig.push(&["main:new", "main:refs/pipelines/5"]).await.unwrap_err();
    assert!(words.contains("This ref belongs to the server"), "{words}");
    let updates = rig.updates();
    assert_eq!(
        updates.iter().map(|update| update.reference.as_str()).collect::<Vec<_>>(),
        ["refs/heads/new"]
    );
    rig.push(&["--atomic", "main:newer", "main:refs/pipelines/5"]).await.unwrap_err();
    assert!(rig.updates().is_empty());
}

#[tokio::test]
async fn the_first_branch_becomes_the_default_branch() {
    let rig = Rig::new().await;
    rig.commit("a", b"1").await;
    rig.push(&["main:trunk"]).await.unwrap();
    assert_eq!(*rig.house.branches.lock().unwrap(), ["trunk"]);
    rig.push(&["main:other"]).await.unwrap();
    assert_eq!(*rig.house.branches.lock().unwrap(), ["trunk"]);
    rig.house.projects.lock().unwrap()[0].default_branch = "trunk".into();
    let url = rig.url("root:token@", "g/sub/p");
    rig.git_in(rig.folder.path(), &["clone", "--quiet", &url, "clone"]).await;
    assert_eq!(rig.git_in(&rig.folder.path().join("clone"), &["branch", "--show-current"]).await, "trunk");
}

#[tokio::test]
async fn pushes_at_the_same_time_all_arrive() {
    let rig = Rig::new().await;
    rig.commit("a", b"1").await;
    rig.push(&["main"]).await.unwrap();
    rig.updates();
    let names: Vec<String> = (0..8).map(|n| format!("main:branch-{n}")).collect();
    let arguments: Vec<[&str; 1]> = names.iter().map(|name| [name.as_str()]).collect();
    let pushes = arguments.iter().map(|name| rig.push(name));
    for result in futures_util::future::join_all(pushes).await {
        result.unwrap();
    }
    assert_eq!(rig.updates().len(), 8);
}

#[tokio::test]
async fn a_client_without_bands_gets_its_report_and_nothing_else() {
    let rig = Rig::new().await;
    let sha = rig.commit("a", b"1").await;
    rig.push(&["main"]).await.unwrap();
    rig.updates();
    let mut request = Vec::new();
    let line = format!("{NO_SHA} {sha} refs/heads/plain\0report-status");
    crate::git::pktline::push(&mut request, &[line.as_bytes()]);
    request.extend_from_slice(b"0000");
    // A pack of nothing: the commit is there.
    request.extend_from_slice(b"PACK\0\0\0\x02\0\0\0\0");
    request.extend_from_slice(&[
        0x02, 0x9d, 0x08, 0x82, 0x3b, 0xd8, 0xa8, 0xea, 0xb5, 0x10, 0xad, 0x6a, 0xc7, 0x5c, 0x82, 0x3c, 0xfd,
        0x3e, 0xd3, 0x1e,
    ]);
    let answer = hostile::post(&rig, "/g/sub/p.git/git-receive-pack", "git-receive-pack", &request).await;
    assert!(answer.contains("000eunpack ok\n0018ok refs/heads/plain\n0000"), "{answer}");
    assert_eq!(rig.updates().len(), 1);
}

/// As after `kill -9` between git's change and the kernel's pipeline.
#[tokio::test]
async fn a_push_is_told_after_a_restart_if_its_refs_were_changed() {
    let rig = Rig::new().await;
    let first = rig.commit("a", b"1").await;
    rig.push(&["main"]).await.unwrap();
    let folder = rig.git.folder(rig.first().id);
    let notes = folder.join("coordinator-pushes");
    assert_eq!(fs::read_dir(&notes).unwrap().count(), 0, "a settled push is kept");
    rig.updates();
    let second = rig.commit("a", b"2").await;
    rig.git(&["push", "--quiet", folder.to_str().unwrap(), "main"]).await;
    let commands = serde_json::json!([
        {"reference": "refs/heads/main", "before": first, "after": second},
        {"reference": "refs/heads/lost", "before": null, "after": first},
        {"reference": "refs/pipelines/9", "before": first, "after": null},
    ]);
    let kept = |commands| serde_json::json!({"project": rig.first(), "user": 1, "commands": commands, "options": ["ci.variable=A=1"]});
    fs::write(notes.join("push-x"), kept(commands).to_string()).unwrap();
    fs::write(notes.join("push-y"), "{\"project").unwrap();
    let http = GitHttp::new(rig.git.clone(), rig.house.clone(), rig.house.clone());
    assert_eq!(http.recover(Duration::ZERO).await, 2);
    let updates = rig.updates();
    assert_eq!(updates.len(), 1);
    let new = updates[0].pipeline.as_ref().unwrap();
    assert!(updates[0].again && new.before_sha == Some(first) && new.sha == second);
    assert_eq!(new.variables[0].key, "A");
    assert_eq!(http.recover(Duration::ZERO).await, 0);
}

#[tokio::test]
async fn many_pushes_are_tidied_up_after() {
    let rig = Rig::with(Limits { pushes_until_tidied: 3, ..Limits::default() }).await;
    let folder = rig.git.folder(rig.first().id);
    rig.git_in(&folder, &["config", "gc.autoPackLimit", "1"]).await;
    rig.git_in(&folder, &["config", "receive.unpackLimit", "1"]).await;
    let is_pack = |entry: &fs::DirEntry| entry.path().extension().is_some_and(|name| name == "pack");
    let packs = || fs::read_dir(folder.join("objects/pack")).unwrap().flatten().filter(is_pack).count();
    // Nobody is told when it is done, but each pack that comes or goes is an event.
    let events = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK).unwrap();
    let changes = inotify::WatchFlags::MOVED_TO | inotify::WatchFlags::CREATE | inotify::WatchFlags::DELETE;
    inotify::add_watch(&events, folder.join("objects/pack"), changes).unwrap();
    #[expect(deprecated, reason = "what replaces it is not safe Rust")]
    let events = AsyncFd::new(events).unwrap();
    for n in 0..3 {
        rig.commit("a", &[n]).await;
        rig.push(&["main"]).await.unwrap();
    }
    let done = async {
        while packs() != 1 {
            let mut ready = events.readable().await.unwrap();
            while rustix::io::read(ready.get_inner(), &mut [0; 4096]).is_ok() {}
            ready.clear_ready();
        }
    };
    tokio::time::timeout(Duration::from_secs(60), done).await.expect("nothing was tidied");
}
