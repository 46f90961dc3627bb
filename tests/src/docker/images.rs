//! What the images of `tests/engine` promise.

use super::Engine;
use super::bounded::run_bounded;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

/// Containers and a network of a test; they go with it, however it ends.
struct Made<'e> {
    engine: &'e Engine,
    network: String,
    containers: Vec<String>,
}

impl<'e> Made<'e> {
    fn new(engine: &'e Engine, name: &str) -> Self {
        let network = format!("kit-images-{name}-{}", std::process::id());
        engine.docker(&["network", "create", &network]);
        Self { engine, network, containers: Vec::new() }
    }

    fn service(&mut self, arguments: &[&str]) -> String {
        let run = ["run", "--detach", "--network", &self.network];
        let id = self.engine.docker(&[&run[..], arguments].concat());
        self.containers.push(id.clone());
        id
    }
}

impl Drop for Made<'_> {
    fn drop(&mut self) {
        let containers: Vec<_> = self.containers.iter().map(String::as_str).collect();
        if !containers.is_empty() {
            self.engine.try_docker(&[&["rm", "--force", "--volumes"], &containers[..]].concat());
        }
        self.engine.try_docker(&["network", "rm", &self.network]);
    }
}

/// Standard output, the first line of standard error, and the exit status of a container.
fn run(engine: &Engine, arguments: &[&str]) -> (String, String, Option<i32>) {
    let output = engine.try_docker(&[&["run", "--rm"], arguments].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

#[test]
fn entrypoints() {
    let Some(engine) = Engine::require() else { return };
    let said = |image: &str| run(&engine, &[engine.image(image), "sh", "-c", "echo ran ${EP:-alone}"]);
    assert_eq!(said("rig/busybox").0, "ran alone");
    assert_eq!(said("rig/entry").0, "ran entrypoint");
    let (output, _, status) = said("rig/swallow");
    assert_eq!((output.as_str(), status), ("nothing to do", Some(0)));
}

#[test]
fn users() {
    let Some(engine) = Engine::require() else { return };
    let who = |image: &str| run(&engine, &[engine.image(image), "sh", "-c", "id -u; id -un; echo $HOME"]);
    assert_eq!(who("rig/busybox").0, "0\nroot\n/root");
    assert_eq!(who("rig/named").0, "1234\napp\n/home/app");
    let (output, _, _) = who("rig/user");
    assert!(output.starts_with("1000\n") && output.ends_with("\n/"), "{output}");
}

#[test]
fn without_a_shell() {
    let Some(engine) = Engine::require() else { return };
    let image = engine.image("rig/scratch");
    assert_eq!(run(&engine, &[image]).2, Some(0));
    let (_, error, status) = run(&engine, &[image, "sh", "-c", "true"]);
    assert_eq!(status, Some(127));
    assert!(error.contains("executable file not found"), "{error}");
}

#[test]
fn a_service_that_dies() {
    let Some(engine) = Engine::require() else { return };
    let died = run(&engine, &["--env", "DIES_LINES=2", engine.image("rig/dies")]);
    assert_eq!(died, ("line 1\nline 2".to_owned(), "cannot start".to_owned(), Some(3)));
}

#[test]
fn services_that_come_up() {
    let Some(engine) = Engine::require() else { return };
    let mut made = Made::new(&engine, "services");
    made.service(&["--network-alias", "web", engine.image("rig/web")]);
    made.service(&["--network-alias", "late", "--env", "LATE_SECONDS=0.5", engine.image("rig/late")]);
    let script =
        "until wget -q -O- http://web:8080; do :; done; until wget -q -O- http://late:8080; do :; done";
    let (output, ..) =
        run(&engine, &["--network", &made.network, "rig/busybox", "timeout", "50", "sh", "-c", script]);
    assert_eq!(output, "web-ok\nlate-ok");
}

#[test]
fn a_service_that_knows_its_health() {
    let Some(engine) = Engine::require() else { return };
    let mut made = Made::new(&engine, "health");
    let id = made.service(&[engine.image("rig/healthy")]);
    let filters = ["--filter", &format!("container={id}"), "--filter", "event=health_status"];
    let mut command = engine.command();
    command.args(["events", "--since", "1", "--format", "{{.Status}}"]).args(filters).stdout(Stdio::piped());
    let mut events = command.spawn().unwrap();
    let mut lines = BufReader::new(events.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    events.kill().unwrap();
    events.wait().unwrap();
    assert_eq!(first, "health_status: healthy");
    assert_eq!(engine.docker(&["port", &id]), "");
}

/// Builds and runs an image in the engine that a service is.
fn uses_the_service(engine: &Engine, made: &Made<'_>, arguments: &[&str]) {
    let script = "until docker info >/dev/null 2>&1; do sleep 0.1; done
        mkdir /tmp/context && cd /tmp/context
        tar -cf root.tar -C / lib lib64 bin usr/bin/sh usr/bin/dash usr/lib64 usr/lib/x86_64-linux-gnu/libc.so.6 \
            usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
        printf 'FROM scratch\nADD root.tar /\nRUN echo built > /x\n' > Dockerfile
        docker build --quiet --tag built . && docker run --rm --privileged built sh -c 'read x < /x && echo $x'
        echo $DOCKER_HOST";
    let mut command = engine.command();
    command.args(["run", "--rm", "--network", &made.network]).args(arguments);
    command.args([engine.image("docker:cli"), "timeout", "100", "bash", "-euc", script]);
    let output = run_bounded(&mut command, b"", Duration::from_secs(120));
    let (output, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.contains("\nbuilt\ntcp://docker:237"), "{output}{error}");
}

#[test]
fn docker_in_docker() {
    let Some(engine) = Engine::require() else { return };
    let mut made = Made::new(&engine, "dind");
    let plain = ["--env", "DOCKER_TLS_CERTDIR="];
    let service = ["--privileged", "--network-alias", "docker"];
    made.service(&[&service[..], &plain, &[engine.image("docker:dind")]].concat());
    uses_the_service(&engine, &made, &plain);
}

#[test]
fn docker_in_docker_with_certificates() {
    let Some(engine) = Engine::require() else { return };
    let mut made = Made::new(&engine, "dind-tls");
    let service = ["--privileged", "--network-alias", "docker", "--volume", "/certs/client"];
    let id = made.service(&[&service[..], &[engine.image("docker:dind")]].concat());
    uses_the_service(&engine, &made, &["--volumes-from", &id]);
}
