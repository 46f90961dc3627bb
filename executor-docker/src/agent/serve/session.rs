//! One host's orders, from the first to the end.

use super::desk::{Desk, Ending, Interruption};
use super::identity;
use super::memory::Memory;
use super::orders::Order;
use super::outgoing::Outgoing;
use super::own;
use crate::agent::graces::Graces;
use crate::agent::ownership::OwnDir;
use crate::agent::protocol::{Event, Failure, Hello};
use executor::{CancellationToken, Command, Executor, Output, Program, RunError, Stream, Workspace};
use std::sync::Arc;

/// What is said of commands that an order ends which ends everything.
const ENDED: &str = "all processes were ended";

/// Works through orders.
pub(super) struct Session<E, F> {
    desk: Desk,
    outgoing: Outgoing,
    hello: Hello,
    make: Option<F>,
    executor: Option<E>,
    /// Whether the executor was made ready since it last cleaned up.
    is_ready: bool,
    memory: Memory,
}

impl<E: Executor, F: FnOnce(&Hello, Graces) -> E> Session<E, F> {
    pub(super) fn new(desk: Desk, outgoing: Outgoing, hello: Hello, make: F) -> Self {
        let memory = Memory::watch();
        Self { desk, outgoing, hello, make: Some(make), executor: None, is_ready: false, memory }
    }

    /// Works until the end; then all processes of the executor are ended.
    pub(super) async fn run(mut self) -> Ending {
        let ending = self.work().await;
        if let Some(executor) = &mut self.executor
            && let Err(error) = executor.cleanup().await
        {
            tracing::error!(%error, "something outlives the agent");
        }
        ending
    }

    async fn work(&mut self) -> Ending {
        loop {
            let done = match self.desk.next().await {
                Order::Begin(graces) => {
                    if let Some(make) = self.make.take() {
                        self.executor = Some(make(&self.hello, graces));
                    }
                    Ok(())
                }
                Order::Run { id, command } => self.command(id, command).await,
                Order::Own { id, directories, uid, gid } => self.own(id, directories, uid, gid).await,
                Order::Become { id, uid, gid, groups } => {
                    self.answer(id, identity::become_user(uid, gid, &groups));
                    Ok(())
                }
                Order::KillAll { id } => Err(Interruption::KillAll { id }),
                // What it is about has ended meanwhile; a probe is begun where orders arrive.
                Order::Stop { .. } | Order::Probe { .. } => Ok(()),
                Order::End => Err(Interruption::End(Ending::Ordered)),
                Order::Nonsense => Err(Interruption::End(Ending::Nonsense)),
            };
            match done {
                Ok(()) => {}
                Err(Interruption::KillAll { id }) => self.kill_all(id).await,
                Err(Interruption::End(ending)) => return ending,
            }
        }
    }

    async fn command(&mut self, id: u32, command: Command) -> Result<(), Interruption> {
        let output = self.outgoing.output(id);
        let stop = CancellationToken::new();
        let run = run(&mut self.executor, &mut self.is_ready, &self.hello, command, output, &stop);
        let result = self.desk.meanwhile(Some((id, &stop)), Box::pin(run)).await;
        if let Some((kills, limit)) = self.memory.news() {
            self.outgoing.say(&Event::OutOfMemory { kills, limit });
        }
        match &result {
            Ok(Ok(exit)) => self.outgoing.say(&Event::Exit { id, exit: *exit }),
            Ok(Err(error)) => self.outgoing.say(&Event::Failed { id, failure: error.into() }),
            Err(_) => self.outgoing.say(&Event::Failed { id, failure: ended() }),
        }
        result.map(drop)
    }

    async fn own(
        &mut self,
        id: u32,
        directories: Vec<OwnDir>,
        uid: u32,
        gid: u32,
    ) -> Result<(), Interruption> {
        let work = tokio::task::spawn_blocking(move || own::own(&directories, uid, gid));
        match self.desk.meanwhile(None, work).await {
            Ok(Ok(result)) => self.answer(id, result),
            Ok(Err(panic)) => self.answer(id, Err(panic)),
            Err(interruption) => {
                self.outgoing.say(&Event::Failed { id, failure: ended() });
                return Err(interruption);
            }
        }
        Ok(())
    }

    async fn kill_all(&mut self, id: u32) {
        self.desk.clear(&ended());
        self.is_ready = false;
        let result = match &mut self.executor {
            Some(executor) => executor.cleanup().await,
            None => Ok(()),
        };
        identity::kill_others();
        self.answer(id, result);
    }

    fn answer(&self, id: u32, result: Result<(), impl std::fmt::Display>) {
        self.outgoing.say(&match result {
            Ok(()) => Event::Done { id },
            Err(error) => Event::Failed { id, failure: Failure::Refused { message: error.to_string() } },
        });
    }
}

fn ended() -> Failure {
    Failure::Gone { message: ENDED.into() }
}

/// Runs a command once the executor is ready.
async fn run<E: Executor>(
    executor: &mut Option<E>,
    is_ready: &mut bool,
    hello: &Hello,
    command: Command,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
) -> Result<executor::Exit, RunError> {
    let refused = |message: String| RunError::Refused { message };
    let executor = executor.as_mut().ok_or_else(|| refused("the host has not begun".into()))?;
    if matches!(command.program, Program::Script) && hello.shell.is_none() {
        let message = "the image has no shell that could run the job's script: bash or sh is needed";
        return Err(refused(message.into()));
    }
    if !*is_ready {
        executor.prepare(&nowhere(), Arc::new(Nobody)).await.map_err(|error| refused(error.to_string()))?;
        *is_ready = true;
    }
    executor.run(command, output, stop).await
}

/// An executor that works on the spot is not asked to make directories.
fn nowhere() -> Workspace {
    Workspace { builds_dir: "/".into(), project_dir: "/".into(), temp_dir: "/".into(), cache_dir: "/".into() }
}

/// For what an executor says of itself, which the host says in its own words.
struct Nobody;

impl Output for Nobody {
    fn write(&self, _stream: Stream, _bytes: &[u8]) {}
}
