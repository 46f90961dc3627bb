//! A project with a registry: an example's files, the pipelines of its commits, its variables.

use super::rig::Rig;
use kit::docker::{Engine, Registry};
use kit::git::Repository;
use kit::payload::Payload;
use kit::pipeline::{Commit, Pipeline};
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The name of a robot as registries make them; each of its marks is somebody's special character.
pub(crate) const USER: &str = "robot$team+ci";
pub(crate) const PASSWORD: &str = "s3cr$t+%41=";
const PATH: &str = "private/group/project";

/// A repository with the files of one of `examples/`.
pub(super) struct Project {
    repository: Repository,
}

impl Project {
    pub(super) fn new(rig: &Rig, example: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(example);
        let repository = rig.coordinator.git().create(PATH);
        // A bundle of files is a folder without its history.
        let copied = Command::new("cp").arg("-R").arg(folder.join(".")).arg(repository.work()).status();
        assert!(copied.is_ok_and(|status| status.success()), "{} cannot be copied", folder.display());
        Self { repository }
    }

    /// A file of the work tree.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.repository.work().join(name)
    }

    /// Changes a file of the work tree.
    pub(super) fn change(&self, name: &str, change: impl FnOnce(&str) -> String) {
        let text = std::fs::read_to_string(self.file(name)).expect("a file of the example");
        std::fs::write(self.file(name), change(&text)).expect("a file of the example");
    }

    /// Commits what is there to a branch; the pipeline of that push.
    pub(super) fn push(&self, branch: &str) -> Pipeline {
        self.repository.branch(branch);
        let sha = self.repository.commit("change", &[]);
        self.plan(branch, false, sha)
    }

    /// Commits what is there to `main` and names it; the pipeline of that tag.
    pub(super) fn tag(&self, name: &str) -> Pipeline {
        self.repository.branch("main");
        let sha = self.repository.commit("change", &[]);
        self.repository.tag(name);
        self.plan(name, true, sha)
    }

    fn plan(&self, name: &str, is_tag: bool, sha: String) -> Pipeline {
        let commit = Commit { path: PATH.to_owned(), name: name.to_owned(), is_tag, sha };
        Pipeline::plan(&self.repository, commit)
    }
}

/// Registries on this machine, and settings with which an engine in a container trusts them.
pub(crate) struct Registries {
    /// The project's, with a password.
    pub(crate) own: Registry,
    /// What takes the place of Docker Hub, without.
    pub(crate) mirror: Registry,
    settings: TempDir,
}

impl Registries {
    /// Starts them; the mirror has these images.
    #[track_caller]
    pub(crate) fn start(engine: &Engine, images: &[&str]) -> Option<Self> {
        let address = engine.require_registry_address()?;
        let own = Registry::start(address, Some((USER, PASSWORD)))?;
        let mirror = Registry::start(address, None)?;
        for image in images {
            mirror.push(engine, image, &format!("library/{image}"));
        }
        let settings = tempfile::tempdir().expect("a temporary folder");
        let text = json!({
            "registry-mirrors": [format!("http://{}", mirror.host())],
            "insecure-registries": [own.host(), mirror.host()],
            // In a network of the job it would take the address that the registries have here for its own network.
            "bip": "10.213.7.1/24",
        });
        std::fs::write(settings.path().join("daemon.json"), text.to_string()).expect("a file");
        Some(Self { own, mirror, settings })
    }

    /// A volume that gives these settings to an engine in a container.
    pub(crate) fn volume(&self) -> String {
        format!("{}:/etc/docker/daemon.json:ro", self.settings.path().join("daemon.json").display())
    }

    /// What a project with this registry has: its variables, and credentials that come with each job.
    pub(super) fn of_project(&self, payload: Payload) -> Payload {
        payload
            .variable("CI_REGISTRY", &self.own.host())
            .variable("CI_REGISTRY_IMAGE", &self.own.image("team/app"))
            .raw("CI_REGISTRY_USER", USER)
            .secret("CI_REGISTRY_PASSWORD", PASSWORD)
            .registry(&self.own.host(), USER, PASSWORD)
    }
}

/// What jobs make in the engine itself: gone at the end, whatever happens.
pub(crate) struct Left<'e> {
    pub(super) engine: &'e Engine,
    pub(super) containers: Vec<String>,
    pub(super) images: Vec<String>,
}

impl<'e> Left<'e> {
    pub(crate) fn new(engine: &'e Engine, containers: &[&str], images: &[&str]) -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self { engine, containers: names(containers), images: names(images) }
    }

    pub(super) fn remove(&self) {
        for container in &self.containers {
            self.engine.try_docker(&["rm", "--force", "--volumes", container]);
        }
        for image in &self.images {
            self.engine.try_docker(&["image", "rm", "--force", image]);
        }
    }
}

impl Drop for Left<'_> {
    fn drop(&mut self) {
        self.remove();
    }
}

/// An engine in a container, which wants certificates.
pub(crate) struct Dind<'e> {
    engine: &'e Engine,
    container: String,
    /// The container's address.
    pub(crate) address: String,
}

impl<'e> Dind<'e> {
    /// Starts one with these volumes, and waits until it answers.
    pub(crate) fn start(engine: &'e Engine, volumes: &[String]) -> Self {
        let run = ["run", "--detach", "--privileged", "--env", "DOCKER_TLS_CERTDIR=/certs"];
        let volumes: Vec<&str> = volumes.iter().flat_map(|volume| ["--volume", volume]).collect();
        let image = engine.image("docker:dind");
        let container = engine.docker(&[&run[..], &volumes, &[image]].concat());
        let address = engine.docker(&["inspect", "--format", "{{.NetworkSettings.IPAddress}}", &container]);
        let dind = Self { engine, container, address };
        dind.exec("until docker info >/dev/null 2>&1; do sleep 0.1; done");
        dind
    }

    /// Runs a script in the container; its output.
    #[track_caller]
    pub(crate) fn exec(&self, script: &str) -> String {
        self.engine.docker(&["exec", &self.container, "sh", "-c", script])
    }

    /// The client's `ca`, `cert` or `key`.
    pub(crate) fn certificate(&self, name: &str) -> String {
        self.exec(&format!("cat /certs/client/{name}.pem")) + "\n"
    }

    /// Gives it an image of the engine around it.
    pub(crate) fn copy(&self, image: &str) {
        let archive = tempfile::NamedTempFile::new().expect("a temporary file");
        let path = archive.path().to_string_lossy().into_owned();
        self.engine.docker(&["save", "--output", &path, self.engine.image(image)]);
        self.engine.docker(&["cp", &path, &format!("{}:/image.tar", self.container)]);
        self.exec("docker load --quiet --input /image.tar && rm /image.tar");
    }
}

impl Drop for Dind<'_> {
    fn drop(&mut self) {
        self.engine.try_docker(&["rm", "--force", "--volumes", &self.container]);
    }
}

/// The socket of the engine as a volume.
pub(crate) fn socket(engine: &Engine) -> String {
    let socket = engine.socket().expect("the engine's socket is on this machine");
    format!("{}:/var/run/docker.sock", socket.display())
}

/// What a job's shell asks a server: until it listens, which may be a moment later.
pub(crate) fn curl(address: &str) -> String {
    format!(
        "curl --silent --show-error --retry 30 --retry-all-errors --retry-delay 1 --max-time 30 '{address}'"
    )
}

/// What a server answers this machine on `/PATH`, once it does.
///
/// # Panics
/// When it does not within a while.
#[track_caller]
pub(crate) fn ask(host: &str, path: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match get(host, path) {
            Ok(answer) if answer.starts_with("HTTP/1.") => {
                assert!(answer.contains(" 200 "), "{answer}");
                return answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
            }
            other => assert!(Instant::now() < deadline, "{host} does not answer: {other:?}"),
        }
        // That somebody else's program begins to listen is no event.
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn get(host: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
