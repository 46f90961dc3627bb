//! The runner in images that have nothing it needs.

use super::rig::{Rig, docker, runner};
use executor_docker::agent::PRELOAD;
use executor_docker::tools::Helper;

#[tokio::test]
async fn it_runs_in_any_image() {
    let Some(rig) = Rig::new().await else { return };
    let executable = rig.executable(&runner(), "runner", "");
    let (tools, said) = rig.ensure(&executable, Helper::Absent).await.unwrap();
    assert!(said.contains("Copying the runner into the engine") && said.lines().count() == 1, "{said}");
    let image = rig.busybox();
    let script = tools.script(&["--version"]);
    let bind = tools.bind();
    let common = ["run", "--rm", "--network=none", "-v", &bind];
    for further in [
        &["--read-only"][..],
        &["--user=4711:4712", "--cap-drop=ALL", "--security-opt=no-new-privileges"],
        // A library that cannot be loaded.
        &["--env=LD_PRELOAD=/bin/busybox", "--env=LD_LIBRARY_PATH=/bin"],
    ] {
        let command = [&common[..], further, &[&image, "sh", "-c", &script]].concat();
        let version = docker(command).unwrap();
        assert!(version.contains("Version:") && version.contains(env!("CARGO_PKG_VERSION")), "{version}");
    }
    // Without a shell: the command itself.
    let entrypoint = format!("--entrypoint={}", tools.agent[0]);
    let mut command = [&common[..], &[&entrypoint, &image]].concat();
    command.extend(tools.agent[1..].iter().map(String::as_str));
    let version = docker(command.into_iter().chain(["--version"])).unwrap();
    assert!(version.contains("Version:"), "{version}");
    // Nobody changes it.
    let write = "echo x >> /opt/runner-agent/runner";
    let refused = docker([&common[..], &[&image, "sh", "-c", write]].concat()).unwrap_err();
    assert!(refused.contains("Read-only file system"), "{refused}");
}

#[tokio::test]
async fn what_the_image_preloads_waits_for_the_agent() {
    let Some(rig) = Rig::new().await else { return };
    // `printenv` runs as the runner would.
    let printenv = std::path::Path::new("/usr/bin/printenv").canonicalize().unwrap();
    let executable = rig.executable(&printenv, "printenv", "");
    let (tools, _) = rig.ensure(&executable, Helper::Absent).await.unwrap();
    let image = rig.busybox();
    let bind = tools.bind();
    let run = |preload: &str, names: &[&str]| {
        let script = format!("{} || :", tools.script(names).replace("exec ", ""));
        docker(["run", "--rm", "--network=none", "-v", &bind, preload, &image, "sh", "-c", &script]).unwrap()
    };
    assert_eq!(run("--env=LD_PRELOAD=/a b.so", &[PRELOAD]), "/a b.so\n");
    assert_eq!(run("--env=LD_PRELOAD=/a b.so", &["LD_PRELOAD"]), "\n");
    assert_eq!(run("--env=X=y", &[PRELOAD]), "\n");
}

#[tokio::test]
async fn an_engine_of_another_architecture_is_named() {
    let Some(rig) = Rig::new().await else { return };
    // A static program for another machine: nothing of it but its header is looked at.
    let mut program = vec![0; 64];
    program[..6].copy_from_slice(b"\x7fELF\x02\x01");
    program[18] = if std::env::consts::ARCH == "aarch64" { 0x3e } else { 0xb7 };
    let path = rig.folder.path().join("foreign");
    std::fs::write(&path, program).unwrap();
    let error = rig.ensure(&path, Helper::Absent).await.unwrap_err();
    let (foreign, own) =
        if std::env::consts::ARCH == "aarch64" { ("amd64", "arm64") } else { ("arm64", "amd64") };
    let text = error.to_string();
    assert!(
        text.starts_with(&format!(
            "this runner is built for {foreign}, the Docker engine's machine is {own}"
        )),
        "{text}"
    );
    assert!(matches!(executor::PrepareError::from(error), executor::PrepareError::Configuration { .. }));
}
