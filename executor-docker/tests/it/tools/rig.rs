//! What these tests share: an engine, files that no other test has, and removal of what was made.

use bollard::Docker;
use executor::{Output, Stream};
use executor_docker::tools::{Helper, Request, Tools, ToolsError, ensure};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An engine, and what a test has made on it.
pub(super) struct Rig {
    pub(super) docker: Docker,
    pub(super) folder: tempfile::TempDir,
    /// Different in every test and run.
    pub(super) mark: String,
    requests: Arc<AtomicUsize>,
    rubbish: Mutex<Vec<[String; 3]>>,
}

/// Collects what the job log gets.
#[derive(Default)]
pub(super) struct Log(Mutex<Vec<u8>>);

impl Output for Log {
    fn write(&self, _: Stream, bytes: &[u8]) {
        self.0.lock().unwrap().extend_from_slice(bytes);
    }
}

impl Log {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Rig {
    /// None without an engine.
    pub(super) async fn new() -> Option<Self> {
        let docker = Docker::connect_with_defaults().unwrap();
        let docker = match docker.negotiate_version().await {
            Ok(docker) => docker,
            Err(error) => {
                let is_set = |name| std::env::var_os(name).is_some();
                let needed = is_set("RUNNER_TESTS_NEED_DOCKER")
                    || (is_set("CI") && !is_set("RUNNER_TESTS_WITHOUT_DOCKER"));
                assert!(!needed, "no Docker engine answers: {error}");
                eprintln!("skipped: no Docker engine answers");
                return None;
            }
        };
        let requests = Arc::new(AtomicUsize::new(0));
        let counter = requests.clone();
        let docker = docker.with_request_modifier(move |request| {
            counter.fetch_add(1, Ordering::Relaxed);
            request
        });
        let folder = tempfile::tempdir().unwrap();
        let mark = format!("{:016x}", getrandom::u64().unwrap());
        Some(Self { docker, folder, mark, requests, rubbish: Mutex::default() })
    }

    /// Requests since the last call.
    pub(super) fn requests(&self) -> usize {
        self.requests.swap(0, Ordering::Relaxed)
    }

    pub(super) fn requests_so_far(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// An executable that works like `original` and is another one for the runner.
    pub(super) fn executable(&self, original: &Path, name: &str, version: &str) -> PathBuf {
        let mut content =
            fs::read(original).unwrap_or_else(|error| panic!("{}: {error}", original.display()));
        content.extend_from_slice(self.mark.as_bytes());
        content.extend_from_slice(version.as_bytes());
        let new = self.folder.path().join("new");
        fs::write(&new, content).unwrap();
        fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
        let path = self.folder.path().join(name);
        fs::rename(new, &path).unwrap();
        path
    }

    /// A small dynamic program; version after version at the same path.
    pub(super) fn small(&self, version: &str) -> PathBuf {
        self.executable(&Path::new("/bin/true").canonicalize().unwrap(), "small", version)
    }

    /// A `PATH` whose first directory has a tool that no other machine has.
    pub(super) fn path(&self) -> OsString {
        let directory = self.folder.path().join("bin");
        let tool = directory.join("which");
        if tool.exists() {
            return directory.into_os_string();
        }
        fs::create_dir_all(&directory).unwrap();
        fs::write(&tool, format!("#!/bin/sh\n# {}\necho the tool of a test\n", self.mark)).unwrap();
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
        directory.into_os_string()
    }

    pub(super) fn records(&self) -> PathBuf {
        self.folder.path().join("records")
    }

    /// With records and what is said.
    pub(super) async fn ensure(
        &self,
        executable: &Path,
        helper: Helper<'_>,
    ) -> Result<(Tools, String), ToolsError> {
        self.ensure_with(executable, helper, &self.records()).await
    }

    pub(super) async fn ensure_with(
        &self,
        executable: &Path,
        helper: Helper<'_>,
        records: &Path,
    ) -> Result<(Tools, String), ToolsError> {
        let path = self.path();
        let request = Request {
            engine: "the test's",
            executable,
            path: &path,
            records: Some(records),
            owner: &self.mark,
            helper,
            doubt: false,
        };
        let log = Log::default();
        let tools = ensure(&self.docker, &request, &log).await?;
        self.remember(&tools);
        Ok((tools, log.text()))
    }

    /// What is to be removed in the end.
    pub(super) fn remember(&self, tools: &Tools) {
        if let Some(image) = tools.helper_image.as_ref().filter(|image| image.starts_with("runner-helper:")) {
            self.remove_later("image", image);
        }
        self.remove_later("volume", sign(&tools.volume));
        self.remove_later("volume", &tools.volume);
    }

    pub(super) fn remove_later(&self, kind: &str, name: &str) {
        self.rubbish.lock().unwrap().push([kind.to_owned(), "rm".to_owned(), name.to_owned()]);
    }

    /// An image with nothing but busybox.
    pub(super) fn busybox(&self) -> String {
        let root = self.folder.path().join("root");
        let script = "mkdir -p $1/bin $1/tmp && chmod 1777 $1/tmp && cp \"$(command -v busybox)\" $1/bin/busybox && \
                      cd $1/bin && for applet in $(./busybox --list); do \
                      [ $applet = busybox ] || ln -sf busybox $applet; done && \
                      tar -C $1 -c . | docker import - $2 && rm -r $1";
        let name = format!("tools-test/busybox:{}", self.mark);
        let made = Command::new("sh").args(["-ec", script, "sh"]).arg(root).arg(&name).output().unwrap();
        assert!(made.status.success(), "{made:?}");
        self.remove_later("image", &name);
        name
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        for arguments in self.rubbish.lock().unwrap().iter().rev() {
            let _ = Command::new("docker").args(arguments).output();
        }
    }
}

/// The name of the volume that says that another one is filled.
pub(super) fn sign(volume: &str) -> &str {
    volume.rsplit_once('-').unwrap().0
}

/// Runs `docker`; what it wrote, or what it complained of.
pub(super) fn docker<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Result<String, String> {
    let ran = Command::new("docker").args(arguments).output().unwrap();
    if ran.status.success() {
        Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned())
    }
}

/// The runner as it was built for tests; `RUNNER_BINARY` names another one.
pub(super) fn runner() -> PathBuf {
    if let Some(runner) = std::env::var_os("RUNNER_BINARY") {
        return runner.into();
    }
    let test = std::env::current_exe().unwrap();
    let runner = test.parent().and_then(Path::parent).unwrap().join("runner");
    assert!(runner.exists(), "{} is missing: cargo build -p runner", runner.display());
    runner
}
