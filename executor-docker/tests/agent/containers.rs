//! Agents as the first process of real containers. The engine must be able to mount files of this machine.

use crate::kit::{Agent, GRACES, ROLE, block_on, unique};
use executor::{Exit, RunError, Stream};
use executor_docker::agent::{Extent, OwnDir};
use kit::docker::Engine;
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::Output;

/// Where this program lies in containers.
const HERE: &str = "/opt/test-agent";

/// The C library and what else this program is linked with, which images need not have.
struct Libraries {
    folder: tempfile::TempDir,
    loader: String,
}

impl Libraries {
    fn gather() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let mapped = maps.lines().filter_map(|line| line.find('/').map(|at| PathBuf::from(&line[at..])));
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut loader = None;
        for path in mapped.filter(|path| name(path).contains(".so")) {
            let name = name(&path);
            std::fs::copy(&path, folder.path().join(&name)).unwrap();
            if name.starts_with("ld-linux") {
                loader = Some(name);
            }
        }
        Self { folder, loader: loader.unwrap() }
    }
}

/// A container of a test; it goes with it.
struct Container {
    engine: Engine,
    name: String,
    _libraries: Libraries,
    agent: Agent,
}

impl Container {
    /// Starts one, if there is an engine.
    fn start(options: &[&str], image: &str) -> Option<Self> {
        let engine = Engine::require()?;
        engine.image(image);
        let libraries = Libraries::gather();
        let name = unique();
        let program = std::env::current_exe().unwrap();
        let mut command = tokio::process::Command::from(engine.command());
        let mount = |from: &Path, to: &str| format!("--volume={}:{HERE}/{to}:ro", from.display());
        command
            .args(["run", "--interactive", "--name", &name, "--log-driver=none"])
            .args(["--label", "executor-docker-test-agent"])
            .args([mount(&program, "agent"), mount(libraries.folder.path(), "lib")])
            .args(["--env", &format!("{ROLE}=1"), "--entrypoint", ""])
            .args(options)
            .args([image, &format!("{HERE}/lib/{}", libraries.loader), "--library-path"])
            .args([&format!("{HERE}/lib"), &format!("{HERE}/agent")])
            .args(["--exact", "kit::process", "--ignored", "--nocapture"]);
        let agent = Agent::connected(command, GRACES);
        Some(Self { engine, name, _libraries: libraries, agent })
    }

    /// Runs a script that must succeed; what it writes.
    async fn said(&self, script: &str) -> String {
        let (exit, output) = self.agent.script(script).await;
        assert_eq!(exit.unwrap(), Exit::Code(0), "{}", output.text(Stream::Stderr));
        output.text(Stream::Stdout)
    }

    fn docker(&self, arguments: &[&str]) -> Output {
        self.engine.try_docker(&[arguments, &[&self.name]].concat())
    }

    /// Waits for its end, while the conversation goes on; its exit code.
    async fn exit_code(&self) -> String {
        let (engine, name) = (self.engine.clone(), self.name.clone());
        tokio::task::spawn_blocking(move || engine.docker(&["wait", &name])).await.unwrap()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        self.docker(&["rm", "--force", "--volumes"]);
    }
}

/// What still runs or was not reaped, but for the agent and the script itself.
const OTHERS: &str = "for stat in /proc/[0-9]*/stat; do read -r pid name state parent rest <$stat || continue
    case $pid in 1|$$) ;; *) echo $name $state;; esac; done 2>/dev/null";

#[test]
fn the_first_process_takes_care_of_all_others() {
    block_on(async {
        let Some(container) = Container::start(&[], "rig/busybox") else { return };
        let hello = container.agent.client.hello().await.unwrap();
        assert_eq!((hello.pid, hello.uid, hello.home.as_deref()), (1, 0, Some("/root".as_ref())));
        assert_eq!(hello.shell.as_deref(), Some(Path::new("/bin/sh")));
        // Orphans that end are reaped; one that ends later says so by a fifo.
        let orphans = "mkfifo /tmp/f; for i in 1 2 3 4 5; do (setsid sh -c 'exit 3' &); done
            (setsid sh -c 'echo >/tmp/f' &); read x </tmp/f; kill -9 $$";
        let (exit, _) = container.agent.script(orphans).await;
        assert_eq!(exit.unwrap(), Exit::Code(137), "a signal to the shell is one");
        let deaf = "trap '' TERM; echo >/tmp/f; while :; do sleep 1; done";
        container.said(&format!("(env -i setsid sh -c \"{deaf}\" &); read x </tmp/f")).await;
        assert!(container.said(OTHERS).await.contains("(sh)"));
        container.agent.client.kill_all().await.unwrap();
        assert_eq!(container.said(OTHERS).await, "");
        container.agent.client.end();
        assert_eq!(container.exit_code().await, "0");
    });
}

#[test]
fn it_ends_when_the_engine_stops_it() {
    block_on(async {
        let Some(container) = Container::start(&[], "rig/busybox") else { return };
        container.said("(setsid sh -c \"trap '' TERM; while :; do sleep 1; done\" &)").await;
        assert!(container.docker(&["stop", "--time", "60"]).status.success());
        // Not killed: that would be 137.
        assert_eq!(container.exit_code().await, "0");
    });
}

#[test]
fn it_ends_with_its_host() {
    block_on(async {
        let Some(container) = Container::start(&[], "rig/busybox") else { return };
        container.said("(setsid sh -c \"trap '' TERM; while :; do sleep 1; done\" &)").await;
        kill_process(Pid::from_raw(container.agent.pid().cast_signed()).unwrap(), Signal::KILL).unwrap();
        assert_eq!(container.exit_code().await, "0");
    });
}

#[test]
fn what_is_killed_for_lack_of_memory_is_told_with_the_limit() {
    block_on(async {
        let options = ["--memory", "64m", "--memory-swap", "64m"];
        let Some(container) = Container::start(&options, "rig/busybox") else { return };
        // A line without end, which is kept as a whole.
        let (exit, _) = container.agent.script("head -c 300m /dev/zero | tail -n 1 >/dev/null").await;
        assert_eq!(exit.unwrap(), Exit::Code(137));
        let killed = container.agent.client.take_out_of_memory().unwrap();
        assert_eq!((killed.kills, killed.limit), (1, Some(64 << 20)));
        // The agent goes on, and so does the job.
        assert_eq!(container.said("echo on").await, "on\n");
        assert_eq!(container.agent.client.take_out_of_memory(), None);
    });
}

#[test]
fn another_first_process_and_a_user_without_a_name() {
    block_on(async {
        let options = ["--init", "--user", "4321:55", "--group-add", "66", "--read-only", "--env", "PATH="];
        let Some(container) = Container::start(&options, "rig/busybox") else { return };
        let hello = container.agent.client.hello().await.unwrap();
        assert_eq!((hello.uid, hello.gid, &hello.groups[..]), (4321, 55, &[55, 66][..]));
        assert_ne!(hello.pid, 1);
        assert_eq!(container.said("echo $(/bin/id -u)").await, "4321\n");
        let wish = [OwnDir { path: "/builds/project".into(), extent: Extent::Tree }];
        let error = container.agent.client.own(&wish, 4321, 55).await.unwrap_err().to_string();
        assert!(error.starts_with("cannot make directory /builds: "), "{error}");
        container.agent.client.end();
        assert_eq!(container.exit_code().await, "0");
    });
}

#[test]
fn an_image_without_a_shell_is_told() {
    block_on(async {
        let Some(container) = Container::start(&[], "rig/scratch") else { return };
        assert_eq!(container.agent.client.hello().await.unwrap().shell, None);
        let (refused, _) = container.agent.script("true").await;
        let Err(RunError::Refused { message }) = refused else { panic!("{refused:?}") };
        assert!(message.contains("no shell"), "{message}");
    });
}

/// Volumes in volumes lie on one file system of the engine's machine.
#[test]
fn what_is_mounted_in_a_tree_stays_whose_it_is() {
    block_on(async {
        let options = ["--volume", "/builds", "--volume", "/builds/project/cache"];
        let Some(container) = Container::start(&options, "rig/busybox") else { return };
        container.said("touch /builds/project/a /builds/project/cache/b; ln -s /bin /builds/link").await;
        let wish = |path: &str| [OwnDir { path: path.into(), extent: Extent::Tree }];
        container.agent.client.own(&wish("/builds/project"), 4321, 55).await.unwrap();
        let owners =
            container.said("stat -c '%u:%g %n' /builds/project/a /builds/project/cache/b /bin").await;
        assert_eq!(owners, "4321:55 /builds/project/a\n0:0 /builds/project/cache/b\n0:0 /bin\n");
        let refused = container.agent.client.own(&wish("/builds/link/x"), 4321, 55).await;
        assert!(refused.is_err());
    });
}
