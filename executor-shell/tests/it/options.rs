//! What an executor is told by others than the configuration of the shell executor.

use crate::kit::{Shells, block_on, settings, turn, with_job};
use executor::{CancellationToken, Command, Executor, Exit, Output, Stream};
use executor_shell::{CgroupChoice, Cgroups, Shell, ShellExecutor};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use tokio::sync::Notify;

#[test]
fn a_shell_may_be_given_by_its_path() {
    let _turn = turn();
    let mut shells = Shells::with(CgroupChoice::Never).unwrap();
    // It is not looked for along PATH, which may be anything.
    shells.change = |settings| {
        settings.shell = Shell::At("/bin/sh".into());
        settings.environment = vec![("PATH".into(), "/nonexistent".into())];
    };
    with_job(&shells, async |job| {
        assert_eq!(job.script("echo $0; exit 4").await?, Exit::Code(4));
        assert_eq!(job.stdout(), "/bin/sh\n");
        Ok(())
    });
}

#[test]
fn commands_are_killed_more_readily_for_lack_of_memory() {
    let _turn = turn();
    let mut shells = Shells::with(CgroupChoice::Never).unwrap();
    shells.change = |settings| settings.oom_score = Some(321);
    with_job(&shells, async |job| {
        let script = "cat /proc/$$/oom_score_adj; (cat /proc/self/oom_score_adj)";
        assert_eq!(job.script(script).await?, Exit::Code(0));
        assert_eq!(job.stdout(), "321\n321\n");
        Ok(())
    });
}

/// Takes nothing until it is opened.
#[derive(Default)]
struct Gate {
    is_open: AtomicBool,
    waiting: Mutex<Option<Waker>>,
    asked: Notify,
    taken: AtomicUsize,
}

impl Gate {
    fn open(&self) {
        self.is_open.store(true, Ordering::SeqCst);
        if let Some(waiting) = self.waiting.lock().unwrap().take() {
            waiting.wake();
        }
    }
}

impl Output for Gate {
    fn write(&self, _stream: Stream, bytes: &[u8]) {
        self.taken.fetch_add(bytes.len(), Ordering::SeqCst);
    }

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<()> {
        self.asked.notify_one();
        *self.waiting.lock().unwrap() = Some(context.waker().clone());
        if self.is_open.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
    }
}

const MORE_THAN_A_PIPE_HOLDS: usize = 1_000_000;

/// Runs a command that writes a lot while its output is not welcome, and does something meanwhile.
fn with_blocked_command(meanwhile: impl FnOnce(&Gate, &CancellationToken)) -> (Exit, usize) {
    let _turn = turn();
    block_on(async {
        let mut executor = ShellExecutor::new(settings(&Cgroups::default()));
        let (gate, stop) = (Arc::new(Gate::default()), CancellationToken::new());
        let command = Command::script("test", format!("head -c {MORE_THAN_A_PIPE_HOLDS} /dev/zero"));
        let run = executor.run(command, gate.clone(), &stop);
        let then = async {
            gate.asked.notified().await;
            assert_eq!(gate.taken.load(Ordering::SeqCst), 0);
            meanwhile(&gate, &stop);
        };
        let (exit, ()) = tokio::join!(run, then);
        executor.cleanup().await.unwrap();
        (exit.unwrap(), gate.taken.load(Ordering::SeqCst))
    })
}

#[test]
fn a_command_waits_for_who_takes_its_output() {
    assert_eq!(with_blocked_command(|gate, _| gate.open()), (Exit::Code(0), MORE_THAN_A_PIPE_HOLDS));
}

#[test]
fn a_command_whose_output_nobody_takes_can_be_stopped() {
    let (exit, taken) = with_blocked_command(|_, stop| stop.cancel());
    assert!(!exit.is_success(), "{exit}");
    assert!(taken < MORE_THAN_A_PIPE_HOLDS, "{taken}");
}
