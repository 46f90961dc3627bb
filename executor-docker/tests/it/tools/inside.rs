//! A runner that is itself in a container, with the engine's socket mounted.

use super::rig::{Log, Rig, docker, runner, sign};
use executor_docker::tools::{AGENT_DIR, Helper, Request, ensure};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[tokio::test]
async fn a_runner_in_a_container_brings_its_own_files() {
    let Some(rig) = Rig::new().await else { return };
    let host = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
    let Some(socket) = host.strip_prefix("unix://") else {
        eprintln!("skipped: the engine has no socket on this machine");
        return;
    };
    // A container with git that is not this machine: the helper image, and a tool that only it has.
    let (outside, _) = rig.ensure(&rig.small("1"), Helper::Own).await.unwrap();
    let image = outside.helper_image.unwrap();
    let executable = rig.executable(&runner(), "runner", "");
    let tool = rig.folder.path().join("tool");
    fs::write(&tool, format!("#!/bin/sh\n# inside {}\necho inside\n", rig.mark)).unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();

    let bind = format!("{socket}:/var/run/docker.sock");
    let mark = format!("MARK={}", rig.mark);
    let command = ["/test", "--exact", "tools::inside::what_that_runner_does", "--ignored", "--nocapture"];
    let create = ["create", "-v", &bind, "--env", &mark, &image];
    let id = docker([&create[..], &command].concat()).unwrap().trim().to_owned();
    rig.remove_later("container", &id);
    let test = std::env::current_exe().unwrap();
    for (from, to) in [(&test, "/test"), (&executable, "/runner"), (&tool, "/usr/local/bin/nproc")] {
        docker(["cp", from.to_str().unwrap(), &format!("{id}:{to}")]).unwrap();
    }
    let said = docker(["start", "-a", &id]).unwrap();
    let value = |name: &str| {
        let found = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_else(|| panic!("{said}")).to_owned()
    };
    let (volume, inner) = (value("volume"), value("helper_image"));
    rig.remove_later("volume", sign(&volume));
    rig.remove_later("volume", &volume);
    rig.remove_later("image", &inner);
    assert_ne!(inner, image);

    let bind = format!("{volume}:{AGENT_DIR}:ro,nocopy");
    let script = format!("nproc; git --version; exec {} --version", value("agent"));
    let ran = docker(["run", "--rm", "--network=none", "-v", &bind, &inner, "sh", "-c", &script]).unwrap();
    assert!(ran.starts_with("inside\ngit version ") && ran.contains("Version:"), "{ran}");
}

#[tokio::test]
#[ignore = "the test before runs it in a container"]
async fn what_that_runner_does() {
    let docker = bollard::Docker::connect_with_unix_defaults().unwrap().negotiate_version().await.unwrap();
    let owner = std::env::var("MARK").unwrap();
    let request = Request {
        engine: "unix:///var/run/docker.sock",
        executable: Path::new("/runner"),
        path: &std::env::var_os("PATH").unwrap(),
        records: Some(Path::new("/records")),
        owner: &owner,
        helper: Helper::Own,
        doubt: false,
    };
    let tools = ensure(&docker, &request, &Log::default()).await.unwrap();
    println!("\nvolume={}", tools.volume);
    println!("helper_image={}", tools.helper_image.clone().unwrap());
    println!("agent={}", tools.agent.join(" "));
    let log = Log::default();
    assert_eq!(ensure(&docker, &request, &log).await.unwrap(), tools);
    assert_eq!(log.text(), "");
}
