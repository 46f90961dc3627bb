//! What host and agent do for each other.

use crate::kit::{Agent, GRACES, PATIENCE, block_on};
use executor::behaviour::{Record, processes_tagged};
use executor::{CancellationToken, Command, Exit, Output, RunError, Stream};
use executor_docker::agent::{Extent, Graces, OwnDir};
use rustix::process::{WaitId, WaitIdOptions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

#[test]
fn the_hello_tells_who_and_where() {
    block_on(async {
        let agent = Agent::behind("cd /usr; HOME=/home/of/nobody exec $AGENT", GRACES);
        let hello = agent.client.hello().await.unwrap();
        assert_eq!(hello.uid, rustix::process::getuid().as_raw());
        assert_eq!(hello.gid, rustix::process::getgid().as_raw());
        assert_eq!(hello.pid, agent.pid());
        assert_eq!(hello.home.as_deref(), Some("/home/of/nobody".as_ref()));
        assert_eq!(hello.directory.as_deref(), Some(Path::new("/usr")));
        assert_eq!(hello.architecture, std::env::consts::ARCH);
        let shell = hello.shell.clone().unwrap();
        assert!(shell.is_absolute() && shell.exists(), "{}", shell.display());
    });
}

#[test]
fn commands_have_the_environment_of_the_agent_and_none_of_its_files() {
    block_on(async {
        // What an entrypoint has opened goes to commands, as it does without an agent.
        let list = "for fd in /proc/self/fd/*; do printf '%s ' ${fd##*/}; done; echo";
        let agent =
            Agent::behind(&format!("(exec sh -c \"{}\"); exec $AGENT", list.replace('$', "\\$")), GRACES);
        let output = Arc::new(Record::default());
        let mut command = Command::helper("test", "sh", ["-c", &format!("{list}; echo $INHERITED $OWN")]);
        command.environment = vec![("OWN".into(), "too".into())];
        agent.client.run(command, output.clone(), &CancellationToken::new()).await.unwrap();
        let (text, said) = (output.text(Stream::Stdout), agent.said.text(Stream::Stdout));
        let mut lines = text.lines();
        assert_eq!(lines.next(), said.lines().next());
        assert_eq!(lines.next(), Some("yes too"));
    });
}

#[test]
fn a_command_reads_nothing_of_the_conversation() {
    block_on(async {
        let agent = Agent::start();
        let command = Command::helper("test", "cat", [""; 0]);
        let output = Arc::new(Record::default());
        let exit = agent.client.run(command, output.clone(), &CancellationToken::new()).await;
        assert_eq!(exit.unwrap(), Exit::Code(0));
        assert_eq!(output.text(Stream::Stdout), "");
    });
}

#[test]
fn a_signal_is_told_as_docker_tells_it() {
    block_on(async {
        let agent = Agent::start();
        assert_eq!(agent.script("kill -9 $$").await.0.unwrap(), Exit::Code(137));
        assert_eq!(agent.script("kill -TERM $$").await.0.unwrap(), Exit::Code(143));
    });
}

#[test]
fn commands_wait_for_each_other() {
    block_on(async {
        let agent = Agent::start();
        let lines = "i=0; while [ $i -lt 3000 ]; do echo LETTER $i; i=$((i+1)); done";
        let (a, b) = (lines.replace("LETTER", "a"), lines.replace("LETTER", "b"));
        let output = Arc::new(Record::default());
        let stop = CancellationToken::new();
        let run = |script: String| agent.client.run(Command::script("test", script), output.clone(), &stop);
        let (first, second) = tokio::join!(run(a), run(b));
        assert_eq!((first.unwrap(), second.unwrap()), (Exit::Code(0), Exit::Code(0)));
        let text = output.text(Stream::Stdout);
        let letters: Vec<&str> = text.lines().map(|line| &line[..1]).collect();
        assert_eq!(letters.len(), 6000);
        assert!(letters.is_sorted(), "one ran while the other did");
    });
}

#[test]
fn a_command_that_waits_does_not_start_once_it_is_stopped() {
    block_on(async {
        let agent = Agent::start();
        let (output, other) = (Arc::new(Record::default()), Arc::new(Record::default()));
        let (stop, stop_other) = (CancellationToken::new(), CancellationToken::new());
        let script = Command::script("test", "echo ready; sleep 1000");
        let first = agent.client.run(script, output.clone(), &stop);
        let second = async {
            output.until(Stream::Stdout, "ready").await;
            let waits = agent.client.run(Command::script("test", "echo ran"), other.clone(), &stop_other);
            let (waited, ()) = tokio::join!(waits, async { stop_other.cancel() });
            stop.cancel();
            waited
        };
        let (first, second) = tokio::join!(first, second);
        assert_eq!(first.unwrap(), Exit::Code(143));
        assert!(matches!(second, Err(RunError::Stopped)), "{second:?}");
        assert_eq!(other.text(Stream::Stdout), "");
    });
}

#[test]
fn a_command_that_nobody_waits_for_is_stopped() {
    block_on(async {
        let agent = Agent::start();
        let tag = crate::kit::unique();
        let output = Arc::new(Record::default());
        let mut command =
            Command::script("test", "trap 'echo asked; exit' TERM; echo ready; sleep 1000 & wait");
        command.environment = vec![("TAG".into(), tag.clone().into())];
        let stop = CancellationToken::new();
        tokio::select! {
            exit = agent.client.run(command, output.clone(), &stop) => panic!("{exit:?}"),
            () = output.until(Stream::Stdout, "ready") => {}
        }
        output.until(Stream::Stdout, "asked").await;
        // The next has its turn when it is over.
        assert_eq!(agent.script("exit 5").await.0.unwrap(), Exit::Code(5));
        assert_eq!(processes_tagged(&tag), [""; 0]);
    });
}

#[test]
fn an_agent_that_does_not_answer_is_not_waited_for() {
    block_on(async {
        let short = Duration::from_millis(10);
        let agent = Agent::behind("exec $AGENT", Graces { graceful: short, force: short });
        let (output, stop) = (Arc::new(Record::default()), CancellationToken::new());
        let run = agent.client.run(Command::script("test", "kill -STOP $PPID"), output, &stop);
        let pid = rustix::process::Pid::from_raw(agent.pid().cast_signed()).unwrap();
        let stopped = tokio::task::spawn_blocking(move || {
            let options = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT;
            rustix::process::waitid(WaitId::Pid(pid), options).unwrap();
        });
        let start = Instant::now();
        let (ended, ()) = tokio::join!(run, async {
            stopped.await.unwrap();
            stop.cancel();
        });
        assert!(matches!(&ended, Err(RunError::Gone { .. })), "{ended:?}");
        assert!(start.elapsed() < PATIENCE);
    });
}

/// Counts.
#[derive(Default)]
struct Count(AtomicUsize);

impl Output for Count {
    fn write(&self, _stream: Stream, bytes: &[u8]) {
        self.0.fetch_add(bytes.len(), Ordering::Relaxed);
    }
}

/// Much in both directions at once, with a command that reads only after it has written.
#[test]
fn much_input_and_much_output_do_not_block_each_other() {
    block_on(async {
        let agent = Agent::start();
        let count = Arc::new(Count::default());
        let script = "head -c 30000000 /dev/zero; head -c 30000000 /dev/zero >&2; cat";
        let mut command = Command::helper("test", "sh", ["-c", script]);
        command.stdin = vec![b'x'; 30_000_000].into();
        let exit = agent.client.run(command, count.clone(), &CancellationToken::new()).await;
        assert_eq!(exit.unwrap(), Exit::Code(0));
        assert_eq!(count.0.load(Ordering::Relaxed), 90_000_000);
    });
}

#[test]
fn much_output_takes_little_memory_of_the_agent() {
    block_on(async {
        let agent = Agent::start();
        let count = Arc::new(Count::default());
        let command = Command::script("test", "head -c 300000000 /dev/zero");
        agent.client.run(command, count.clone(), &CancellationToken::new()).await.unwrap();
        assert_eq!(count.0.load(Ordering::Relaxed), 300_000_000);
        let status = std::fs::read_to_string(format!("/proc/{}/status", agent.pid())).unwrap();
        let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let kilobytes: u64 = most.trim().strip_suffix(" kB").unwrap().parse().unwrap();
        assert!(kilobytes < 40 << 10, "{kilobytes} kB at most");
    });
}

/// As in a helper container: directories first, then the job's user.
#[test]
fn an_agent_that_is_root_prepares_directories_and_becomes_a_user() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("skipped: only root can become another user");
        return;
    }
    const UID: u32 = 54321;
    block_on(async {
        let agent = Agent::start();
        let root = tempfile::tempdir().unwrap();
        std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = root.path().join("group/project");
        let own = [OwnDir { path: path.clone(), extent: Extent::Tree }];
        agent.client.own(&own, UID, 7).await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().uid(), UID);
        assert_eq!(agent.script("id -u").await.1.text(Stream::Stdout), "0\n");

        agent.client.become_user(UID, 7, &[8, 9]).await.unwrap();
        let script = format!(
            "id -u; id -g; id -G; touch {0}/file; touch {1}/file; cat /proc/self/oom_score_adj",
            path.display(),
            root.path().display()
        );
        let (exit, output) = agent.script(&script).await;
        assert_eq!(exit.unwrap(), Exit::Code(0));
        assert_eq!(output.text(Stream::Stdout), format!("{UID}\n7\n7 8 9\n200\n"));
        assert!(path.join("file").exists() && !root.path().join("file").exists());

        let error = agent.client.become_user(0, 0, &[]).await.unwrap_err().to_string();
        assert!(error.starts_with("cannot take the groups of user 0"), "{error}");
        let error = agent.client.own(&own, 1, 1).await.unwrap_err().to_string();
        assert!(error.starts_with("cannot change"), "{error}");
    });
}

/// Where `/proc` shows no process, what does not listen to the stop is killed all the same.
#[test]
fn a_stop_works_without_processes_to_be_seen() {
    let hidden = "unshare --mount sh -c 'mount -t tmpfs none /proc'";
    if !std::process::Command::new("sh").args(["-c", hidden]).status().unwrap().success() {
        eprintln!("skipped: only root can hide processes");
        return;
    }
    block_on(async {
        let short = Graces { graceful: Duration::from_millis(50), force: Duration::from_secs(10) };
        let entrypoint = "unshare --mount sh -c 'mount -t tmpfs none /proc && exec $AGENT'";
        let agent = Agent::behind(entrypoint, short);
        let (output, stop) = (Arc::new(Record::default()), CancellationToken::new());
        let script = "trap '' TERM; echo ready; while :; do sleep 1000; done";
        let run = agent.client.run(Command::script("test", script), output.clone(), &stop);
        let (ended, ()) = tokio::join!(run, async {
            output.until(Stream::Stdout, "ready").await;
            stop.cancel();
        });
        assert_eq!(ended.unwrap(), Exit::Code(137));
        assert_eq!(agent.script("exit 8").await.0.unwrap(), Exit::Code(8));
    });
}
