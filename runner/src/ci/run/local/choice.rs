//! Which executor a job runs on.

use super::settings::LocalSettings;
use crate::ci::run::args::ExecutorChoice;
use crate::environment::Environment;
use crate::error::CliError;
use crate::jobproc::engine_environment;
use executor_docker::{Engine, EngineEnvironment};
use std::cell::Cell;
use std::time::Duration;
use tokio::sync::OnceCell;

/// An engine that takes longer to say that it is there does not count as one.
const WITHIN: Duration = Duration::from_secs(10);

/// Decides on executors. The engine is asked once, when the first job wants to know.
#[derive(Debug)]
pub(crate) struct Executors {
    choice: ExecutorChoice,
    settings: executor_docker::Settings,
    environment: EngineEnvironment,
    engine: OnceCell<Result<(), String>>,
    /// Whether it was said why jobs with an image run on the shell.
    told: Cell<bool>,
}

/// What a job runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Whether it runs in containers.
    pub(crate) in_docker: bool,
    /// What people should know about it; only the first of several jobs has it.
    pub(crate) note: Option<String>,
}

impl Executors {
    /// Asks nobody yet.
    pub(crate) fn new(settings: &LocalSettings, environment: &Environment) -> Self {
        Self {
            choice: settings.choice,
            settings: settings.docker.clone(),
            environment: engine_environment(environment),
            engine: OnceCell::new(),
            told: Cell::new(false),
        }
    }

    /// Where a job of this name runs, which has this image or none.
    ///
    /// # Errors
    /// It has to run in a container, and there is no engine, or no image.
    pub(crate) async fn choose(&self, job: &str, image: &str) -> Result<Choice, CliError> {
        let has_image = !image.is_empty() || !self.settings.image.is_empty();
        let shell = |note| Ok(Choice { in_docker: false, note });
        match self.choice {
            ExecutorChoice::Shell => shell(None),
            ExecutorChoice::Auto if !has_image => shell(None),
            ExecutorChoice::Docker if !has_image => {
                Err(CliError::usage(format!("job `{job}` has no image to run in"))
                    .hint("--docker-image names the image of jobs that have none"))
            }
            ExecutorChoice::Auto | ExecutorChoice::Docker => match self.engine().await {
                Ok(()) => Ok(Choice { in_docker: true, note: None }),
                Err(reason) if self.choice == ExecutorChoice::Docker => {
                    Err(CliError::operation(format!("job `{job}` cannot run in a container"))
                        .because(reason)
                        .hint("--executor shell runs scripts on this machine"))
                }
                Err(reason) => {
                    let note = format!("jobs with an image run on this machine's shell: {reason}");
                    shell((!self.told.replace(true)).then_some(note))
                }
            },
        }
    }

    /// Whether an engine answers, or why not.
    async fn engine(&self) -> Result<(), String> {
        let ask = async || {
            let connecting = Engine::connect(&self.settings, &self.environment);
            match tokio::time::timeout(WITHIN, connecting).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(error.to_string()),
                Err(_) => {
                    Err(format!("the Docker engine does not answer within {} seconds", WITHIN.as_secs()))
                }
            }
        };
        self.engine.get_or_init(ask).await.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ci::run::args::{ExecutorArgs, HowArgs};

    fn executors(choice: ExecutorChoice, host: &str, image: Option<&str>) -> Executors {
        let flags = ExecutorArgs {
            executor: choice,
            docker_host: Some(host.to_owned()),
            docker_image: image.map(str::to_owned),
            ..ExecutorArgs::default()
        };
        let environment = Environment::default();
        let here = std::env::temp_dir();
        let settings =
            LocalSettings::of(&flags, &HowArgs::default(), &environment, &here, &mut Vec::new()).unwrap();
        Executors::new(&settings, &environment)
    }

    const NOWHERE: &str = "unix:///nonexistent.sock";

    #[tokio::test]
    async fn without_an_engine_images_do_not_count_and_that_is_said_once() {
        let executors = executors(ExecutorChoice::Auto, NOWHERE, None);
        assert_eq!(executors.choose("a", "").await.unwrap(), Choice { in_docker: false, note: None });
        let first = executors.choose("b", "alpine").await.unwrap();
        assert!(!first.in_docker && first.note.unwrap().contains("Cannot connect to the Docker daemon"));
        assert_eq!(executors.choose("c", "alpine").await.unwrap().note, None);
    }

    #[tokio::test]
    async fn who_wants_containers_is_told_what_is_missing() {
        let docker = executors(ExecutorChoice::Docker, NOWHERE, None);
        let error = docker.choose("a b", "").await.unwrap_err().render();
        assert!(error.contains("job `a b` has no image") && error.contains("--docker-image"), "{error}");
        let error = docker.choose("a", "alpine").await.unwrap_err().one_line();
        assert!(error.contains("/nonexistent.sock"), "{error}");
    }

    #[tokio::test]
    async fn an_engine_that_answers_is_asked_once() {
        use std::io::{Read as _, Write as _};
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("engine.sock");
        let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let engine = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 512];
            let _ = stream.read(&mut request).unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\nApi-Version: 1.44\r\n\r\nOK").unwrap();
            // Whoever asks again is refused.
        });
        let host = format!("unix://{}", socket.display());
        let executors = executors(ExecutorChoice::Auto, &host, Some("alpine"));
        assert!(executors.choose("a", "").await.unwrap().in_docker, "the default image counts");
        engine.join().unwrap();
        assert!(executors.choose("b", "busybox").await.unwrap().in_docker);
    }
}
