use super::*;

#[tokio::test]
async fn clones_by_those_who_may() {
    let rig = Rig::new().await;
    let sha = rig.commit("a", b"1").await;
    rig.push(&["main"]).await.unwrap();
    for (number, version) in ["0", "1", "2"].into_iter().enumerate() {
        let name = format!("clone-{number}");
        let setting = format!("protocol.version={version}");
        let url = rig.url("root:token@", "G/sub/P");
        rig.git_in(rig.folder.path(), &["-c", &setting, "clone", "--quiet", &url, &name]).await;
        assert_eq!(rig.git_in(&rig.folder.path().join(&name), &["rev-parse", "HEAD"]).await, sha);
    }
    let fails = async |login: &str, path: &str| {
        let output = run_git(rig.folder.path(), &["ls-remote", &rig.url(login, path)]).await;
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(fails("root:wrong@", "g/sub/p").await.contains("Authentication failed"));
    assert!(fails("", "g/sub/p").await.contains("could not read Username"));
    assert!(fails("root:token@", "g/none").await.contains("not found"));
    assert!(fails("gitlab-ci-token:job@", "g/other").await.contains("not found"));
    rig.house.projects.lock().unwrap()[1].visibility = "public".into();
    rig.git_in(rig.folder.path(), &["ls-remote", &rig.url("", "g/other")]).await;
}

#[tokio::test]
async fn jobs_fetch_as_runners_do_and_push_nothing() {
    let rig = Rig::new().await;
    for n in 0..5 {
        rig.commit("a", &[n]).await;
    }
    let old = rig.git(&["rev-parse", "HEAD~2"]).await;
    rig.push(&["main"]).await.unwrap();
    let lost = rig.commit("a", b"lost").await;
    rig.push(&["main:side"]).await.unwrap();
    let (git, first) = (rig.git.clone(), rig.first());
    {
        let lost = lost.clone();
        tokio::task::spawn_blocking(move || {
            git.keep(&first, PipelineId(77), &lost).unwrap();
            git.keep(&first, PipelineId(78), &lost).unwrap();
            assert!(git.keep(&first, PipelineId(79), "--stdin").is_err());
        })
        .await
        .unwrap();
    }
    rig.push(&[":side"]).await.unwrap();
    let job = rig.folder.path().join("job");
    rig.git_in(rig.folder.path(), &["init", "--quiet", "job"]).await;
    let url = rig.url("gitlab-ci-token:job@", "g/sub/p");
    // By the commit alone, whatever refs there are.
    let by_sha = format!("+{old}:refs/pipelines/5");
    rig.git_in(&job, &["fetch", "--quiet", "--depth=1", &url, &by_sha]).await;
    assert_eq!(rig.git_in(&job, &["rev-list", "--count", "refs/pipelines/5"]).await, "1");
    // By the ref that keeps the commit, whose branch is gone.
    let own = "+refs/pipelines/77:refs/pipelines/77";
    rig.git_in(&job, &["fetch", "--quiet", "--depth", "20", "--prune", &url, own]).await;
    assert_eq!(rig.git_in(&job, &["rev-parse", "refs/pipelines/77"]).await, lost);
    let branch = "+refs/heads/main:refs/remotes/origin/main";
    rig.git_in(&job, &["fetch", "--quiet", "--depth=2", &url, branch]).await;
    // Refs of other pipelines are nobody's business, and people see none of them.
    let seen = rig.git_in(&job, &["ls-remote", &url]).await;
    assert!(seen.contains("refs/pipelines/77") && !seen.contains("refs/pipelines/78"), "{seen}");
    let seen = rig.git(&["ls-remote", "origin"]).await;
    assert!(!seen.contains("refs/pipelines"), "{seen}");
    let output = run_git(&job, &["push", &url, "refs/pipelines/77:refs/heads/evil"]).await;
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && words.contains("403"), "{words}");
    let (git, first) = (rig.git.clone(), rig.first());
    tokio::task::spawn_blocking(move || {
        git.release(&first, PipelineId(77)).unwrap();
        git.release(&first, PipelineId(77)).unwrap();
    })
    .await
    .unwrap();
    assert!(!rig.git_in(&job, &["ls-remote", &url]).await.contains("refs/pipelines"));
}

#[tokio::test]
async fn long_requests_are_packed_by_git_and_understood() {
    let rig = Rig::new().await;
    rig.commit("a", b"1").await;
    let many: Vec<String> =
        (0..400).map(|n| format!("HEAD:refs/heads/branch/with/a/rather/long/name/{n}")).collect();
    rig.push(&many.iter().map(String::as_str).collect::<Vec<_>>()).await.unwrap();
    for n in 0..20 {
        rig.commit("a", format!("{n}").as_bytes()).await;
        rig.git(&["branch", &format!("own/{n}")]).await;
    }
    rig.git(&["push", "--quiet", "--all", "origin"]).await;
    let url = rig.url("root:token@", "g/sub/p");
    rig.git_in(rig.folder.path(), &["-c", "protocol.version=0", "clone", "--quiet", "--mirror", &url, "m"])
        .await;
    rig.commit("a", b"last").await;
    rig.push(&["main"]).await.unwrap();
    rig.git_in(&rig.folder.path().join("m"), &["fetch", "--quiet"]).await;
    let count =
        rig.git_in(&rig.folder.path().join("m"), &["for-each-ref", "--count=1000", "--format=x"]).await;
    assert_eq!(count.lines().count(), 421);
}

#[tokio::test]
async fn partial_clones_are_served() {
    let rig = Rig::new().await;
    rig.commit("a", &[b'x'; 5000]).await;
    rig.push(&["main"]).await.unwrap();
    let url = rig.url("root:token@", "g/sub/p");
    let arguments = ["clone", "--quiet", "--filter=blob:none", "--no-checkout", &url, "partial"];
    rig.git_in(rig.folder.path(), &arguments).await;
    let partial = rig.folder.path().join("partial");
    rig.git_in(&partial, &["checkout", "--quiet", "main"]).await;
    assert_eq!(fs::read(partial.join("a")).unwrap().len(), 5000);
}
