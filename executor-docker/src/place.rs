//! A running container with the agent in it.

use crate::agent::{self, Client, Graces, Hello, NoHello};
use crate::container::{self, ContainerError, Fate};
use crate::foreword::Foreword;
use bollard::Docker;
use bollard::container::{AttachContainerResults, LogOutput};
use bollard::query_parameters::{KillContainerOptions, WaitContainerOptionsBuilder};
use executor::{CancellationToken, Command, Exit, Output, PrepareError, RunError, Stream};
use futures_util::StreamExt as _;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

/// How long the engine may take to end a container whose output has ended, and again to say how it ended: jobs that
/// are to stop do not wait for engines.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// A container in which commands can run.
pub(crate) struct Place {
    /// The container's id.
    pub(crate) id: String,
    /// The agent in it.
    pub(crate) client: Client,
    /// What the agent has said of itself.
    pub(crate) hello: Arc<Hello>,
    /// What others in the container write: the image's entrypoint.
    pub(crate) foreword: Arc<Foreword>,
    /// Why no command can run there any more.
    lost: OnceLock<String>,
}

/// There is no place for commands.
#[derive(Clone, thiserror::Error)]
pub(crate) enum PlaceError {
    /// The engine refuses to make or start the container, for what the job or the configuration asks.
    #[error("{message}")]
    Refused {
        /// The engine's answer.
        message: String,
    },
    /// The engine fails.
    #[error("{message}")]
    Failed {
        /// The engine's answer.
        message: String,
    },
    /// The container ended before anything could run in it: its entrypoint did.
    #[error("{message}")]
    Entrypoint {
        /// What to tell.
        message: String,
        /// Its exit code, where it is known.
        code: Option<i64>,
        /// What it wrote.
        foreword: Arc<Foreword>,
    },
}

impl std::fmt::Debug for PlaceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("PlaceError").field(&self.to_string()).finish()
    }
}

impl From<ContainerError> for PlaceError {
    fn from(error: ContainerError) -> Self {
        let message = error.to_string();
        match error {
            ContainerError::Refused { .. } => Self::Refused { message },
            ContainerError::Missing { .. } | ContainerError::Failed { .. } => Self::Failed { message },
        }
    }
}

impl From<PlaceError> for PrepareError {
    fn from(error: PlaceError) -> Self {
        let message = error.to_string();
        match error {
            PlaceError::Refused { .. } => Self::Configuration { message },
            PlaceError::Failed { .. } | PlaceError::Entrypoint { .. } => Self::Temporary { message },
        }
    }
}

impl Place {
    /// Starts a container that was made, and waits for the agent in it. `input` is what its standard input begins
    /// with; what others in it write goes to `foreword`. Given up, the container may or may not have started.
    ///
    /// # Errors
    /// [`PlaceError`].
    pub(crate) async fn start(
        docker: &Docker,
        id: String,
        graces: Graces,
        input: &str,
        foreword: Arc<Foreword>,
    ) -> Result<Self, PlaceError> {
        let mut attached = container::start(docker, &id).await?;
        // What fails here ends the output too, which tells why.
        let _ = attached.input.write_all(input.as_bytes()).await;
        let _ = attached.input.flush().await;
        let client = listen(attached, graces, &foreword);
        match client.hello().await {
            Ok(hello) => Ok(Self { id, client, hello, foreword, lost: OnceLock::new() }),
            Err(error) => Err(no_agent(docker, &id, &error, foreword).await),
        }
    }

    /// Runs a command.
    ///
    /// # Errors
    /// [`RunError`], with what became of the container where it is gone.
    pub(crate) async fn run(
        &self,
        docker: &Docker,
        command: Command,
        output: &Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Result<Exit, RunError> {
        if let Some(message) = self.lost.get() {
            return Err(RunError::Gone { message: message.clone() });
        }
        let ended = match self.client.run(command, Arc::clone(output), stop).await {
            Err(RunError::Gone { message }) => self.fate(docker, message, output).await,
            ended => ended,
        };
        if let Err(RunError::Gone { message }) = &ended {
            // The first reason is the one that tells.
            let _ = self.lost.set(message.clone());
        }
        ended
    }

    /// What became of a container whose agent is silent.
    async fn fate(&self, docker: &Docker, why: String, output: &Arc<dyn Output>) -> Result<Exit, RunError> {
        let gone = |message: String| Err(RunError::Gone { message });
        match settled_fate(docker, &self.id).await {
            Fate::Removed => gone("the container of the job was removed by somebody else".to_owned()),
            Fate::Ended { out_of_memory: true, .. } => {
                let line = "out of memory: the kernel has killed the job's container, see `memory` of [runners.docker]";
                output.write(Stream::Stderr, trace::Line::Error.format(line).as_bytes());
                Ok(Exit::Code(137))
            }
            Fate::Ended { code, error, .. } => {
                let more = if error.is_empty() { String::new() } else { format!(": {error}") };
                gone(format!(
                    "the container of the job ended (exit code {code}) while a command ran in it{more}"
                ))
            }
            Fate::Running => {
                // Nobody can tell what runs there any more.
                self.kill(docker).await;
                gone(format!("the container of the job does not answer: {why}"))
            }
            Fate::Unknown { reason } => gone(format!("{why}; {reason}")),
        }
    }

    /// Ends the container, since its agent does not answer; what commands fail with from now on.
    pub(crate) async fn give_up(&self, docker: &Docker) -> RunError {
        self.kill(docker).await;
        let message = "the container of the job does not answer".to_owned();
        RunError::Gone { message: self.lost.get_or_init(|| message).clone() }
    }

    async fn kill(&self, docker: &Docker) {
        let kill = docker.kill_container(&self.id, None::<KillContainerOptions>);
        match tokio::time::timeout(LAST_WORDS, kill).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(container = self.id, %error, "Cannot kill a container that does not answer");
            }
            Err(_) => tracing::warn!(container = self.id, "Neither a container nor its engine answers"),
        }
    }
}

/// Hands on what comes from an attached container until its end.
fn listen(attached: AttachContainerResults, graces: Graces, foreword: &Arc<Foreword>) -> Client {
    let said: Arc<dyn Output> = Arc::clone(foreword) as _;
    let AttachContainerResults { mut output, input } = attached;
    let (client, mut intake) = agent::connect(input, graces, Arc::clone(&said));
    tokio::spawn(async move {
        while let Some(piece) = output.next().await {
            match piece {
                Ok(LogOutput::StdOut { message } | LogOutput::Console { message }) => intake.feed(&message),
                // The agent never writes there, unless it is about to fail.
                Ok(LogOutput::StdErr { message }) => said.write(Stream::Stderr, &message),
                Ok(LogOutput::StdIn { .. }) => {}
                Err(error) => return intake.end(Err(io::Error::other(error))),
            }
        }
        intake.end(Ok(()));
    });
    client
}

/// The container's state once its main process is gone; while it runs, that.
async fn settled_fate(docker: &Docker, id: &str) -> Fate {
    let options = WaitContainerOptionsBuilder::new().condition("not-running").build();
    let mut end = docker.wait_container(id, Some(options));
    // Its answer is in the state as well; what counts is that there is one.
    let _ = tokio::time::timeout(LAST_WORDS, end.next()).await;
    let silent = |_| Fate::Unknown { reason: "the Docker engine does not answer".to_owned() };
    tokio::time::timeout(LAST_WORDS, Fate::of(docker, id)).await.unwrap_or_else(silent)
}

async fn no_agent(docker: &Docker, id: &str, error: &NoHello, foreword: Arc<Foreword>) -> PlaceError {
    match settled_fate(docker, id).await {
        Fate::Ended { code: 0, .. } => PlaceError::Entrypoint {
            message: "the image's entrypoint ended without running the script: it has to end by running the \
                      command it is given (exec \"$@\"), or be left out by `entrypoint: [\"\"]` of the job's image"
                .to_owned(),
            code: Some(0),
            foreword,
        },
        Fate::Ended { code, out_of_memory, .. } => PlaceError::Entrypoint {
            message: if out_of_memory {
                "out of memory: the kernel has killed the job's container before the script ran".to_owned()
            } else {
                format!("the job's container ended with exit code {code} before the script ran")
            },
            code: Some(code),
            foreword,
        },
        Fate::Removed => PlaceError::Failed { message: "the job's container was removed by somebody else".to_owned() },
        Fate::Running => PlaceError::Entrypoint {
            message: format!("the job's container does not run the script: {error}"),
            code: None,
            foreword,
        },
        Fate::Unknown { reason } => PlaceError::Failed {
            message: format!("the job's container does not run the script: {error}; {reason}"),
        },
    }
}

#[cfg(test)]
mod tests;
