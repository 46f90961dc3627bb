//! The browser as a process.

use super::wire::Wire;
use crate::program;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, Uid};
use std::fs::File;
use std::io::BufReader;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;
use tempfile::TempDir;

/// What names another one.
const NAMED: &str = "RUNNER_TESTS_BROWSER";
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// What it is told when it starts: nothing of its own on the network, nothing on the screen.
const FLAGS: [&str; 18] = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-back-forward-cache",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--password-store=basic",
    // Names are not asked for anywhere: pages of tests have addresses.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

/// A browser that runs.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) wire: Arc<Wire>,
    child: Child,
    reader: Option<JoinHandle<()>>,
    folder: TempDir,
}

impl Process {
    /// The one that runs, or a new one. Nothing where there is no program for it.
    pub(super) fn shared() -> Option<Arc<Self>> {
        static RUNNING: Mutex<Weak<Process>> = Mutex::new(Weak::new());
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(process) = running.upgrade().filter(|process| !process.wire.is_gone()) {
            return Some(process);
        }
        let process = Arc::new(Self::start(&find()?));
        *running = Arc::downgrade(&process);
        Some(process)
    }

    fn start(program: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("browser").tempdir().expect("a folder");
        let errors = File::create(folder.path().join("stderr")).expect("a file");
        // The protocol is spoken over the descriptors 3 and 4; a shell puts our pipes there.
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null"]).arg(program).args(FLAGS);
        command.arg(format!("--user-data-dir={}", folder.path().join("profile").display()));
        if Uid::effective().is_root() {
            command.arg("--no-sandbox");
        }
        // What it keeps outside its profile is kept there, too.
        command.env("HOME", folder.path()).env("TMPDIR", folder.path()).env("LANG", "C.UTF-8");
        command
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_CACHE_HOME")
            .env_remove("DBUS_SESSION_BUS_ADDRESS");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).process_group(0);
        let mut child = command.spawn().expect("a shell");
        let wire = Arc::new(Wire::new(child.stdin.take().expect("its input")));
        let input = BufReader::new(child.stdout.take().expect("its output"));
        let reading = Arc::clone(&wire);
        let reader = std::thread::Builder::new().name("browser".to_owned());
        let reader = reader.spawn(move || reading.read(input)).expect("a thread");
        Self { wire, child, reader: Some(reader), folder }
    }

    /// What it wrote to its standard error.
    pub(super) fn said(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stderr")).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let group = Pid::from_raw(self.child.id().cast_signed());
        let _ = killpg(group, Signal::SIGKILL);
        let _ = self.child.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

fn find() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(NAMED) {
        return Some(PathBuf::from(path));
    }
    NAMES.iter().find_map(|name| program::find(name))
}
