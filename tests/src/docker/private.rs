//! An engine of a test's own, to be stopped, killed and started again.

use super::engine::Engine;
use super::network::Network;
use super::{cgroups, skip};
use crate::program;
use nix::unistd::Uid;
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long an engine may take to answer, or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is started: what a killed engine has left may be in the way of the next.
const TRIES: u32 = 3;

/// Between two looks whether an engine answers.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// An engine in namespaces of its own (processes, mounts, network): it shares nothing with the engine of the other
/// tests but the machine. Everything in it ends when this value goes, or the test's process.
#[derive(Debug)]
pub struct PrivateEngine {
    engine: Engine,
    network: Network,
    arguments: Vec<String>,
    orders: Option<ChildStdin>,
    news: Receiver<String>,
    namespaces: Child,
    group: String,
    folder: TempDir,
}

impl PrivateEngine {
    /// Starts one with copies of these images of another engine; nothing, and a line that says so, where that is not
    /// possible.
    ///
    /// # Panics
    /// When it does not come up, or is not possible and `RUNNER_TESTS_NEED_DOCKER` is set.
    #[track_caller]
    pub fn start(from: &Engine, images: &[&str]) -> Option<Self> {
        Self::start_with(from, images, &[])
    }

    /// As [`PrivateEngine::start`], with further arguments such as `--live-restore`.
    ///
    /// # Panics
    /// As [`PrivateEngine::start`].
    #[track_caller]
    pub fn start_with(from: &Engine, images: &[&str], arguments: &[&str]) -> Option<Self> {
        if !Uid::effective().is_root() {
            skip("only root can start an engine");
            return None;
        }
        if let Some(tool) = ["dockerd", "iptables", "ip"].iter().find(|tool| program::find(tool).is_none()) {
            skip(&format!("no {tool} for an engine of the test's own (tests/engine/up installs it)"));
            return None;
        }
        let mut private = Self::prepare(arguments);
        private.start_again();
        private.copy(from, images);
        Some(private)
    }

    fn prepare(arguments: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("kit-engine-").tempdir().expect("a temporary directory");
        let network = Network::take();
        let (mut namespaces, orders, news) = namespaces(folder.path(), network.machine());
        let group = format!("runner-tests-{}", namespaces.id());
        let here = news.recv_timeout(PATIENCE);
        if here.as_deref() != Ok("here") {
            // It may have ended by itself, which is the better reason to fail.
            let _ = namespaces.kill();
            panic!("the namespaces of a private engine cannot be made: {here:?}");
        }
        network.connect(namespaces.id());
        let mut all: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        all.extend(network.arguments());
        // Groups that can be found and removed, whatever becomes of the engine.
        all.push(format!("--cgroup-parent=/{group}"));
        all.push("--exec-opt=native.cgroupdriver=cgroupfs".to_owned());
        let host = format!("unix://{}", folder.path().join("docker.sock").display());
        let engine = Engine::at(host, Some(network.machine()));
        Self { engine, network, arguments: all, orders: Some(orders), news, namespaces, group, folder }
    }

    /// For commands to it. [`Engine::machine_address`] is this machine as its containers see it.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The address at which this machine finds the ports that its containers publish, and that it listens on itself
    /// when it is told to (`--host=tcp://…`).
    pub fn address(&self) -> Ipv4Addr {
        self.network.engine()
    }

    /// What it wrote.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("dockerd.log")).unwrap_or_default()
    }

    /// Starts it after [`PrivateEngine::stop`] or [`PrivateEngine::kill`], with everything that it had.
    ///
    /// # Panics
    /// When it does not answer in time.
    #[track_caller]
    pub fn start_again(&mut self) {
        let start = format!("start {}", self.arguments.join(" "));
        self.order(&start);
        let deadline = Instant::now() + PATIENCE;
        let mut tries = 1;
        while !self.engine.is_answering() {
            let ended = self.news.try_recv();
            if ended.is_ok() && tries < TRIES {
                tries += 1;
                self.order(&start);
                continue;
            }
            let hopeless = ended.is_ok() || Instant::now() > deadline;
            assert!(!hopeless, "the private engine did not come up ({ended:?}):\n{}", self.log());
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Ends it as an administrator would; without `--live-restore` it ends its containers before.
    ///
    /// # Panics
    /// When it does not end in time.
    #[track_caller]
    pub fn stop(&mut self) {
        self.order("signal TERM");
        self.wait_for_end();
    }

    /// Kills it. Its containers go on until it is started again.
    ///
    /// # Panics
    /// When it does not end in time.
    #[track_caller]
    pub fn kill(&mut self) {
        self.order("signal KILL");
        self.wait_for_end();
    }

    /// Has it stand still: it takes connections and answers nothing, until [`PrivateEngine::thaw`].
    ///
    /// # Panics
    /// When it cannot be told.
    #[track_caller]
    pub fn freeze(&mut self) {
        self.order("signal STOP");
    }

    /// Has it go on.
    ///
    /// # Panics
    /// When it cannot be told.
    #[track_caller]
    pub fn thaw(&mut self) {
        self.order("signal CONT");
    }

    /// Copies images from another engine.
    ///
    /// # Panics
    /// When the other has not got them.
    #[track_caller]
    pub fn copy(&self, from: &Engine, images: &[&str]) {
        if images.is_empty() {
            return;
        }
        let images: Vec<_> = images.iter().map(|name| from.image(name)).collect();
        let archive = self.folder.path().join("images.tar");
        let archive = archive.to_str().expect("a path that is text");
        from.docker(&[&["save", "--output", archive], &images[..]].concat());
        self.engine.docker(&["load", "--quiet", "--input", archive]);
        std::fs::remove_file(archive).expect("the archive was just written");
    }

    #[track_caller]
    fn order(&mut self, line: &str) {
        let orders = self.orders.as_mut().expect("they are open until the end");
        writeln!(orders, "{line}").expect("the first process of the namespaces reads orders");
    }

    #[track_caller]
    fn wait_for_end(&self) {
        let ended = self.news.recv_timeout(PATIENCE);
        assert!(ended.is_ok(), "the private engine did not end:\n{}", self.log());
    }
}

impl Drop for PrivateEngine {
    fn drop(&mut self) {
        // The end of its orders ends the first process, and the kernel whatever else is in its namespaces.
        drop(self.orders.take());
        let _ = self.namespaces.wait();
        cgroups::remove(&self.group);
    }
}

/// Starts the first process in new namespaces; what it reads, and what it says.
fn namespaces(folder: &Path, machine: Ipv4Addr) -> (Child, ChildStdin, Receiver<String>) {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("engine/private");
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]);
    command.arg(script).arg(folder).arg(machine.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("unshare can be started");
    let stdin = child.stdin.take().expect("its input is a pipe");
    let stdout = child.stdout.take().expect("its output is a pipe");
    (child, stdin, news(stdout))
}

fn news(stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        // Whoever does not listen any more has no need of it.
        BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    receiver
}

#[cfg(test)]
mod tests;
