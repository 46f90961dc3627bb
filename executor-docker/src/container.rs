//! Making and starting containers.

use crate::connect::{answer, status};
use bollard::Docker;
use bollard::container::AttachContainerResults;
use bollard::errors::Error as EngineError;
use bollard::models::{ContainerCreateBody, ContainerState};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, InspectContainerOptions,
    StartContainerOptions,
};
use executor::PrepareError;

/// A container to be made.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Its name.
    pub name: String,
    /// `OS/ARCHITECTURE[/VARIANT]`, empty for the engine's own.
    pub platform: String,
    /// All that it is.
    pub body: ContainerCreateBody,
}

/// The engine refuses or fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ContainerError {
    /// What is asked for cannot be: the configuration or the job is wrong.
    #[error("{answer}")]
    Refused {
        /// The engine's answer.
        answer: String,
    },
    /// The image is not there any more.
    #[error("{answer}")]
    Missing {
        /// The engine's answer.
        answer: String,
    },
    /// Anything else; another try may succeed.
    #[error("{answer}")]
    Failed {
        /// The engine's answer.
        answer: String,
    },
}

impl ContainerError {
    fn of(error: &EngineError) -> Self {
        let answer = answer(error);
        match status(error) {
            Some(400) => Self::Refused { answer },
            Some(404) => Self::Missing { answer },
            _ => Self::Failed { answer },
        }
    }
}

impl From<ContainerError> for PrepareError {
    fn from(error: ContainerError) -> Self {
        let message = error.to_string();
        match error {
            ContainerError::Refused { .. } => Self::Configuration { message },
            ContainerError::Missing { .. } | ContainerError::Failed { .. } => Self::Temporary { message },
        }
    }
}

/// Makes a container and returns its id.
///
/// # Errors
/// [`ContainerError`].
pub(crate) async fn create(docker: &Docker, plan: Plan) -> Result<String, ContainerError> {
    let options = CreateContainerOptionsBuilder::new().name(&plan.name);
    let options = if plan.platform.is_empty() { options } else { options.platform(&plan.platform) };
    match docker.create_container(Some(options.build()), plan.body).await {
        Ok(made) => {
            for warning in &made.warnings {
                tracing::warn!(container = plan.name, warning, "The engine made a container with a warning");
            }
            Ok(made.id)
        }
        Err(error) => Err(ContainerError::of(&error)),
    }
}

/// Attaches to a container that is about to start, then starts it: nothing it writes is missed.
///
/// # Errors
/// [`ContainerError`]; a program that is not in the image is [`ContainerError::Refused`].
pub(crate) async fn start(docker: &Docker, id: &str) -> Result<AttachContainerResults, ContainerError> {
    let options =
        AttachContainerOptionsBuilder::new().stdin(true).stdout(true).stderr(true).stream(true).build();
    let attached =
        docker.attach_container(id, Some(options)).await.map_err(|error| ContainerError::of(&error))?;
    docker
        .start_container(id, None::<StartContainerOptions>)
        .await
        .map_err(|error| ContainerError::of(&error))?;
    Ok(attached)
}

/// What became of a container whose connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The engine knows no such container.
    Removed,
    /// It ended.
    Ended {
        /// Exit code of its main process.
        code: i64,
        /// Whether the kernel killed something in it for lack of memory.
        out_of_memory: bool,
        /// What the engine says went wrong; often empty.
        error: String,
    },
    /// It runs, but the connection to it is lost.
    Running,
    /// The engine does not say.
    Unknown {
        /// Its answer, or why there is none, as the end of a sentence.
        reason: String,
    },
}

impl Fate {
    /// Asks the engine.
    pub(crate) async fn of(docker: &Docker, id: &str) -> Self {
        match docker.inspect_container(id, None::<InspectContainerOptions>).await {
            Ok(found) => found.state.map_or_else(
                || Self::Unknown { reason: "the Docker engine tells no state".to_owned() },
                Self::from_state,
            ),
            Err(error) if status(&error) == Some(404) => Self::Removed,
            Err(error) if status(&error).is_some() => {
                Self::Unknown { reason: format!("the Docker engine says: {}", answer(&error)) }
            }
            Err(error) => {
                Self::Unknown { reason: format!("the Docker engine cannot be asked: {}", answer(&error)) }
            }
        }
    }

    fn from_state(state: ContainerState) -> Self {
        if state.running == Some(true) && state.dead != Some(true) {
            return Self::Running;
        }
        Self::Ended {
            code: state.exit_code.unwrap_or(-1),
            out_of_memory: state.oom_killed == Some(true),
            error: state.error.unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status_code: u16) -> ContainerError {
        ContainerError::of(&EngineError::DockerResponseServerError { status_code, message: "no\n".into() })
    }

    #[test]
    fn a_refusal_is_final() {
        let prepare = |status| PrepareError::from(error(status));
        assert!(
            matches!(prepare(400), PrepareError::Configuration { message } if message == "Error response from daemon: no")
        );
        assert!(matches!(prepare(500), PrepareError::Temporary { .. }));
        assert!(matches!(error(404), ContainerError::Missing { .. }));
    }

    #[test]
    fn fates() {
        let state = ContainerState { running: Some(true), ..ContainerState::default() };
        assert_eq!(Fate::from_state(state), Fate::Running);
        let state =
            ContainerState { exit_code: Some(137), oom_killed: Some(true), ..ContainerState::default() };
        assert_eq!(
            Fate::from_state(state),
            Fate::Ended { code: 137, out_of_memory: true, error: String::new() }
        );
    }
}
