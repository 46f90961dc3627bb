//! The host's side: asks the agent in a container for what a job needs.

mod intake;
mod link;
mod over;
mod pending;
mod writer;

pub use intake::Intake;
pub use link::OutOfMemory;
pub use over::{NoHello, RequestError, Why};

use super::graces::Graces;
use super::ownership::OwnDir;
use super::protocol::{Direction, Frame, Hello, MOST_INPUT, Request, RunRequest};
use executor::{CancellationToken, Command, Exit, Output, RunError};
use link::{Answer, Link};
use pending::Pending;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWrite;
use tokio::sync::mpsc;

/// How much longer than the graces an agent may take to say how a stopped command ended.
const MARGIN: Duration = Duration::from_secs(10);

/// Input goes to the agent in pieces of this many bytes.
const PIECE: usize = 64 << 10;

/// A conversation with the agent in one container. Clones are for the same conversation.
///
/// When the last one is dropped, the agent's standard input ends, and with it everything in the container.
#[derive(Clone)]
pub struct Client {
    link: Arc<Link>,
    queue: mpsc::UnboundedSender<Frame>,
}

/// Begins a conversation over the two ends of a container's attached streams; on a Tokio runtime.
///
/// `stdin` is the container's standard input. What the container writes to its standard output is to be fed to the
/// [`Intake`]; what of it is not the agent's, such as the entrypoint's words, goes to `said` as it comes. Nothing is
/// written to `stdin` before the agent is there.
pub fn connect(
    stdin: impl AsyncWrite + Send + Unpin + 'static,
    graces: Graces,
    said: Arc<dyn Output>,
) -> (Client, Intake) {
    let link = Arc::new(Link::new(graces));
    let (queue, frames) = mpsc::unbounded_channel();
    let client = Client { link: Arc::clone(&link), queue };
    client.send(&Request::Begin(graces));
    tokio::spawn(writer::write(stdin, frames, Arc::clone(&link)));
    (client, Intake::new(link, said))
}

impl Client {
    /// Waits for the agent's first word.
    ///
    /// # Errors
    /// [`NoHello`] when the container ends before, or something else than an agent of this version is there.
    pub async fn hello(&self) -> Result<Arc<Hello>, NoHello> {
        self.link.hello().await
    }

    /// Runs a command until it ends and hands on what it writes; see [`executor::Executor::run`]. Commands run one
    /// after another. The end by a signal is told as Docker does: exit code 128 and the signal's number.
    ///
    /// A command whose future is dropped is stopped, and so is one whose `stop` is cancelled. What is left of a command
    /// that ended, or of one whose future was dropped, still writes to `output`.
    ///
    /// # Errors
    /// [`RunError`]; [`RunError::Gone`] when the conversation ends meanwhile, or when the agent does not say in time
    /// how a stopped command ended. Then only the end of the container is certain to end the command.
    pub async fn run(
        &self,
        command: Command,
        output: Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Result<Exit, RunError> {
        if stop.is_cancelled() {
            return Err(RunError::Stopped);
        }
        let mut pending = Pending::new(self, Some(output)).map_err(|over| gone(&over))?;
        self.send_command(pending.id(), command)?;
        let answer = match stop.run_until_cancelled(pending.answer()).await {
            Some(answer) => answer,
            None => {
                self.send(&Request::Stop { id: pending.id() });
                let patience = self.patience();
                tokio::time::timeout(patience, pending.answer()).await.map_err(|_| {
                    let message =
                        format!("the container does not say how a stopped command ended ({patience:?})");
                    RunError::Gone { message }
                })?
            }
        };
        match answer.map_err(|over| gone(&over))? {
            Answer::Exit(Exit::Signal(number)) => Ok(Exit::Code(128_i32.saturating_add(number))),
            Answer::Exit(exit) => Ok(exit),
            Answer::Failed(failure) => Err(failure.into()),
            Answer::Done => Err(RunError::Gone { message: "the container answers what nobody asked".into() }),
        }
    }

    /// Makes directories and what is above them, and gives them to a user. The agent must be root.
    ///
    /// # Errors
    /// [`RequestError`]; as much as possible was done all the same.
    pub async fn own(&self, directories: &[OwnDir], uid: u32, gid: u32) -> Result<(), RequestError> {
        let directories = directories.to_vec();
        self.request(|id| Request::Own { id, directories, uid, gid }).await
    }

    /// Makes the agent a user's process for good, and all commands that come. The agent must be root. Their `HOME`
    /// stays as it is.
    ///
    /// # Errors
    /// [`RequestError`]; the agent then is of no use any more.
    pub async fn become_user(&self, uid: u32, gid: u32, groups: &[u32]) -> Result<(), RequestError> {
        let groups = groups.to_vec();
        self.request(|id| Request::Become { id, uid, gid, groups }).await
    }

    /// Waits until one of the ports of a host accepts connections, as seen from the container, and says which.
    /// Does not wait for commands. Given up when the future is dropped.
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn probe(&self, host: IpAddr, ports: &[u16]) -> Result<u16, RequestError> {
        let mut pending = Pending::new(self, None).map_err(|over| RequestError::from(&over))?;
        self.send(&Request::Probe { id: pending.id(), host, ports: ports.to_vec() });
        let stranger = || RequestError::Gone { message: "the container answers what nobody asked".into() };
        match pending.answer().await.map_err(|over| RequestError::from(&over))? {
            Answer::Exit(exit) => u16::try_from(exit.code()).map_err(|_| stranger()),
            Answer::Failed(failure) => Err(RequestError::Failed { message: failure.text() }),
            Answer::Done => Err(stranger()),
        }
    }

    /// Ends every process in the container but the agent, a running command included.
    ///
    /// # Errors
    /// [`RequestError`], also when something does not end.
    pub async fn kill_all(&self) -> Result<(), RequestError> {
        let work = self.request(|id| Request::KillAll { id });
        tokio::time::timeout(self.patience(), work).await.unwrap_or_else(|_| {
            Err(RequestError::Gone {
                message: "the container does not say whether its processes ended".into(),
            })
        })
    }

    /// Ends the agent with all processes. What it still has to say can be fed to the [`Intake`].
    pub fn end(&self) {
        self.send(&Request::End);
    }

    /// What the kernel killed for lack of memory since this was asked last. Known when a command's end is.
    pub fn take_out_of_memory(&self) -> Option<OutOfMemory> {
        self.link.take_out_of_memory()
    }

    async fn request<'a>(&self, request: impl FnOnce(u32) -> Request<'a>) -> Result<(), RequestError> {
        let mut pending = Pending::new(self, None).map_err(|over| RequestError::from(&over))?;
        self.send(&request(pending.id()));
        match pending.answer().await.map_err(|over| RequestError::from(&over))? {
            Answer::Done => Ok(()),
            Answer::Failed(failure) => Err(RequestError::Failed { message: failure.text() }),
            Answer::Exit(_) => {
                Err(RequestError::Gone { message: "the container answers what nobody asked".into() })
            }
        }
    }

    fn send_command(&self, id: u32, command: Command) -> Result<(), RunError> {
        let Command { program, environment, directory, mut stdin, .. } = command;
        let too_large = |what: &str| RunError::Refused { message: format!("{what} is too large") };
        let input = u32::try_from(stdin.len()).ok().filter(|_| stdin.len() <= MOST_INPUT);
        let input = input.ok_or_else(|| too_large("the command's input"))?;
        let program = RunRequest::program(program);
        let frame = Request::Run(RunRequest { id, program, environment, directory, input }).frame();
        if frame.payload.len() > Direction::ToAgent.most_payload() {
            return Err(too_large("the command's environment"));
        }
        self.queue(frame);
        while !stdin.is_empty() {
            let piece = stdin.split_to(stdin.len().min(PIECE));
            self.queue(Request::input_frame(id, piece));
        }
        Ok(())
    }

    fn send(&self, request: &Request<'_>) {
        self.queue(request.frame());
    }

    fn queue(&self, frame: Frame) {
        // Without a writer the conversation is over, which whoever waits for an answer learns.
        let _ = self.queue.send(frame);
    }

    /// How long after a stop an answer may take.
    pub(crate) fn patience(&self) -> Duration {
        let Graces { graceful, force } = self.link.graces;
        graceful.saturating_add(force).saturating_add(MARGIN)
    }
}

fn gone(over: &over::Over) -> RunError {
    RunError::Gone { message: over.why.to_string() }
}

#[cfg(test)]
mod tests;
