//! A real registry with a password.

use super::bounded::run_bounded;
use super::engine::Engine;
use super::skip;
use crate::program;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tempfile::TempDir;

/// How long the registry may take until it listens.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// How long a login or a push may take.
const PUSHES_WITHIN: Duration = Duration::from_secs(120);

/// A registry on a port of its own, which asks everyone for a name and a password if it was given one. Plain HTTP.
#[derive(Debug)]
pub struct Registry {
    address: SocketAddr,
    user: Option<(String, String)>,
    child: Child,
    folder: TempDir,
}

impl Registry {
    /// Starts one at an address of this machine: the loopback, or [`Engine::require_registry_address`] if containers
    /// are to reach it. Nothing, and a line that says so, where the program is not installed.
    ///
    /// # Panics
    /// When it does not come up, or is not installed and `RUNNER_TESTS_NEED_DOCKER` is set.
    #[track_caller]
    pub fn start(address: Ipv4Addr, user: Option<(&str, &str)>) -> Option<Self> {
        let programs = (program::find("docker-registry"), program::find("htpasswd"));
        let (Some(registry), Some(htpasswd)) = programs else {
            skip("no docker-registry or no htpasswd (tests/engine/up installs them)");
            return None;
        };
        let folder =
            tempfile::Builder::new().prefix("kit-registry-").tempdir().expect("a temporary directory");
        if let Some((name, password)) = user {
            write_passwords(&htpasswd, folder.path(), name, password);
        }
        fs::write(folder.path().join("config.yml"), config(folder.path(), address, user.is_some()))
            .expect("a file in the temporary directory");
        let access =
            File::create(folder.path().join("access.log")).expect("a file in the temporary directory");
        let mut command = Command::new(registry);
        command.arg("serve").arg(folder.path().join("config.yml"));
        command.stdin(Stdio::null()).stdout(access).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the registry can be started");
        let listens = listens(&mut child);
        let user = user.map(|(name, password)| (name.to_owned(), password.to_owned()));
        let Ok(address) = listens.recv_timeout(STARTS_WITHIN) else {
            // It may have ended by itself.
            let _ = child.kill();
            panic!("the registry did not come up");
        };
        Some(Self { address, user, child, folder })
    }

    /// `ADDRESS:PORT`, as in the names of its images.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// The full name of an image in it.
    pub fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    /// Puts an image of an engine into it under a name such as `group/app:1`; the full name, which the engine itself
    /// does not keep.
    ///
    /// # Panics
    /// When the engine or the registry refuses.
    #[track_caller]
    pub fn push(&self, engine: &Engine, image: &str, name: &str) -> String {
        let full = self.image(name);
        let config = tempfile::tempdir().expect("a temporary directory");
        let docker = |arguments: &[&str], input: &str| {
            let mut command = engine.command();
            command.arg("--config").arg(config.path()).args(arguments);
            let output = run_bounded(&mut command, input.as_bytes(), PUSHES_WITHIN);
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "docker {arguments:?}: {error}");
        };
        if let Some((user, password)) = &self.user {
            docker(&["login", "--username", user, "--password-stdin", &self.host()], password);
        }
        engine.docker(&["tag", engine.image(image), &full]);
        docker(&["push", &full], "");
        engine.docker(&["image", "rm", &full]);
        full
    }

    /// What it was asked until now, as `METHOD PATH STATUS`, in the order of its answers.
    pub fn requests(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default();
        log.lines().filter_map(request).collect()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // What it stored goes with it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_passwords(htpasswd: &PathBuf, folder: &Path, name: &str, password: &str) {
    // The password comes through standard input, bcrypt is what the registry reads.
    let mut command = Command::new(htpasswd);
    let output = run_bounded(command.args(["-n", "-i", "-B", name]), password.as_bytes(), STARTS_WITHIN);
    assert!(output.status.success(), "htpasswd: {}", String::from_utf8_lossy(&output.stderr));
    fs::write(folder.join("htpasswd"), output.stdout).expect("a file in the temporary directory");
}

fn config(folder: &Path, address: Ipv4Addr, with_user: bool) -> String {
    let folder = folder.display();
    let auth = if with_user {
        format!("auth:\n  htpasswd:\n    realm: kit\n    path: {folder}/htpasswd\n")
    } else {
        String::new()
    };
    format!(
        "version: 0.1\nlog:\n  level: info\n  formatter: text\n\
         storage:\n  filesystem:\n    rootdirectory: {folder}/data\n  delete:\n    enabled: true\n\
         http:\n  addr: {address}:0\n{auth}"
    )
}

/// Where it listens, once it does. The rest of what it says is read and dropped, so that it never waits for a reader.
fn listens(child: &mut Child) -> Receiver<SocketAddr> {
    let stderr = child.stderr.take().expect("its standard error is a pipe");
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if let Some(address) = address_in(&line) {
                // Only the first is waited for.
                let _ = sender.send(address);
            }
        }
    });
    receiver
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let rest = line.split_once("listening on ")?.1;
    rest.split(['"', ' ', ',']).next()?.parse().ok()
}

/// A line of the access log as `METHOD PATH STATUS`.
fn request(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('"')?;
    let (request, rest) = rest.split_once('"')?;
    let (method_and_path, _protocol) = request.rsplit_once(' ')?;
    let status = rest.split_whitespace().next()?;
    Some(format!("{method_and_path} {status}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: (&str, &str) = ("robot$team+ci", "p$ss:w\"rd+ %41'");

    #[test]
    fn lines_of_its_logs() {
        let line = r#"time="2026-11-21" level=info msg="listening on 127.0.0.1:41233" go.version=go1.19"#;
        assert_eq!(address_in(line), Some(([127, 0, 0, 1], 41233).into()));
        let line = r#"127.0.0.1 - - [21/Nov/2026:20:00:00 +0000] "GET /v2/ HTTP/1.1" 401 87 "" "docker/20""#;
        assert_eq!(request(line).as_deref(), Some("GET /v2/ 401"));
    }

    #[test]
    fn it_wants_the_password() {
        let Some(engine) = Engine::require() else { return };
        let Some(registry) = Registry::start(Ipv4Addr::LOCALHOST, Some(USER)) else { return };
        let image = registry.push(&engine, "rig/busybox", "group/app:1");
        let config = tempfile::tempdir().unwrap();
        let docker = |arguments: &[&str], input: &[u8]| {
            let mut command = engine.command();
            command.arg("--config").arg(config.path()).args(arguments);
            run_bounded(&mut command, input, PUSHES_WITHIN)
        };
        let refused = docker(&["pull", &image], b"");
        assert!(!refused.status.success());
        assert!(String::from_utf8_lossy(&refused.stderr).contains("no basic auth credentials"));
        let login = ["login", "--username", USER.0, "--password-stdin", &registry.host()];
        assert!(!docker(&login, b"wrong").status.success());
        assert!(docker(&login, USER.1.as_bytes()).status.success());
        assert!(docker(&["pull", &image], b"").status.success());
        engine.docker(&["image", "rm", &image]);
        let requests = registry.requests();
        let found = |request: &String| request.ends_with(" /v2/group/app/manifests/1 200");
        assert!(requests.iter().any(found), "{requests:?}");
    }

    #[test]
    fn containers_reach_it_at_the_address_of_the_machine() {
        let Some(engine) = Engine::require() else { return };
        let Some(registry) = Registry::start(engine.machine_address(), None) else { return };
        let url = format!("http://{}/v2/", registry.host());
        let image = engine.image("rig/busybox");
        assert_eq!(engine.docker(&["run", "--rm", image, "wget", "-q", "-O-", &url]), "{}");
    }
}
