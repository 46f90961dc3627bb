//! Git in the helper image, and helper images that the configuration names.

use super::rig::{Rig, docker};
use executor_docker::tools::{HELPER_HOME, Helper, ToolsError};
use std::path::Path;
use std::process::Command;

fn git(directory: &Path, arguments: &[&str]) {
    let mut command = Command::new("git");
    command.arg("-C").arg(directory).args(["-c", "user.name=a", "-c", "user.email=b"]).args(arguments);
    let ran = command.output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
}

#[tokio::test]
async fn git_works_for_everybody() {
    let Some(rig) = Rig::new().await else { return };
    let (tools, said) = rig.ensure(&rig.small("1"), Helper::Own).await.unwrap();
    let image = tools.helper_image.unwrap();
    assert!(said.contains(&format!("Making helper image {image} ")), "{said}");
    let script = "set -e; [ \"$HOME\" = \"$1\" ]; cd; git init -q x; cd x; echo a > .gitattributes; \
                  printf '#!/bin/sh\necho hooked | sed s/ed/ed!/\n' > .git/hooks/pre-commit; \
                  chmod +x .git/hooks/pre-commit; git add .; \
                  git -c user.name=a -c user.email=b commit -q -m x; git log --format=%s; git submodule status; \
                  which; printf 'x' > \"$(mktemp)\"; test -s /etc/ssl/certs/ca-certificates.crt; bash -c 'echo bash'";
    for user in ["--user=0", "--user=4711:4712", "--user=nobody"] {
        let run = ["run", "--rm", "--network=none", user, &image, "sh", "-c", script, "sh", HELPER_HOME];
        assert_eq!(docker(run).unwrap(), "x\nthe tool of a test\nbash\n", "{user}");
    }
    let modes =
        docker(["run", "--rm", "--network=none", &image, "stat", "-c", "%a", "/tmp", HELPER_HOME]).unwrap();
    assert_eq!(modes, "1777\n1777\n");
    let suid =
        docker(["run", "--rm", "--network=none", &image, "find", "/", "-xdev", "-perm", "/6000"]).unwrap();
    assert_eq!(suid, "", "nobody becomes somebody else");
}

#[tokio::test]
async fn git_finds_servers_by_name() {
    let Some(rig) = Rig::new().await else { return };
    let (tools, _) = rig.ensure(&rig.small("1"), Helper::Own).await.unwrap();
    let image = tools.helper_image.unwrap();
    let source = rig.folder.path().join("source");
    std::fs::create_dir(&source).unwrap();
    git(&source, &["init", "-q", "-b", "main", "."]);
    git(&source, &["commit", "-q", "--allow-empty", "-m", "served"]);
    git(&source, &["clone", "-q", "--bare", ".", "../www/repo.git"]);
    git(&rig.folder.path().join("www/repo.git"), &["update-server-info"]);

    let name = format!("tools-test-{}", rig.mark);
    docker(["network", "create", &name]).unwrap();
    rig.remove_later("network", &name);
    let busybox = rig.busybox();
    let network = format!("--network={name}");
    let server = ["create", &network, "--network-alias=git.test", &busybox];
    let id = docker([&server[..], &["httpd", "-f", "-h", "/www"]].concat()).unwrap().trim().to_owned();
    rig.remove_later("container", &id);
    docker(["cp", rig.folder.path().join("www").to_str().unwrap(), &format!("{id}:/www")]).unwrap();
    docker(["start", &id]).unwrap();
    // The server may not listen yet.
    let script = "cd; left=100; until git clone -q http://git.test/repo.git 2>/dev/null || [ $left = 0 ]; \
                  do left=$((left - 1)); done; git -C repo log --format=%s";
    let cloned = docker(["run", "--rm", &network, "--user=4711", &image, "sh", "-c", script]);
    docker(["kill", &id]).unwrap();
    assert_eq!(cloned.unwrap(), "served\n");
}

#[tokio::test]
async fn an_image_that_was_removed_is_made_again_when_it_is_missed() {
    let Some(rig) = Rig::new().await else { return };
    let executable = rig.small("1");
    let (tools, _) = rig.ensure(&executable, Helper::Own).await.unwrap();
    let image = tools.helper_image.clone().unwrap();
    docker(["image", "rm", &image]).unwrap();
    let path = rig.path();
    let records = rig.records();
    let request = executor_docker::tools::Request {
        engine: "the test's",
        executable: &executable,
        path: &path,
        records: Some(&records),
        owner: &rig.mark,
        helper: Helper::Own,
        doubt: true,
    };
    let log = super::rig::Log::default();
    let again = executor_docker::tools::ensure(&rig.docker, &request, &log).await.unwrap();
    assert_eq!(again, tools);
    assert_eq!(log.text().lines().count(), 1, "{}", log.text());
    docker(["image", "inspect", &image]).unwrap();
}

#[tokio::test]
async fn configured_images_are_looked_into() {
    let Some(rig) = Rig::new().await else { return };
    let executable = rig.small("1");
    let busybox = rig.busybox();
    let error = rig.ensure(&executable, Helper::Given(&busybox)).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("it has no git in its PATH (/usr/local/sbin:"), "{text}");
    let error = rig.ensure(&executable, Helper::Given("tools-test/none:none")).await.unwrap_err();
    assert!(
        matches!(error, ToolsError::HelperImage { .. })
            && error.to_string().ends_with("the engine does not have it")
    );

    let (own, _) = rig.ensure(&executable, Helper::Own).await.unwrap();
    let image = own.helper_image.unwrap();
    let id = docker(["image", "inspect", "--format={{.Id}}", &image]).unwrap().trim().to_owned();
    let (tools, _) = rig.ensure(&executable, Helper::Given(&id)).await.unwrap();
    assert_eq!(tools.helper_image.as_deref(), Some(id.as_str()));
    rig.requests();
    rig.ensure(&executable, Helper::Given(&id)).await.unwrap();
    assert_eq!(rig.requests(), 1, "an image is looked into once");
}
