//! `CI_DEBUG_SERVICES`: what services write, in the job's log.

mod lines;

use super::service::Service;
use crate::connect::answer;
use crate::voice::Voice;
use bollard::Docker;
use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptionsBuilder;
use executor::{CancellationToken, Output};
use futures_util::StreamExt;
use lines::Lines;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How many lines may come between the last that was followed and the end.
const LAST_LINES: usize = 10_000;
/// How long the engine may take for them.
const PATIENCE: Duration = Duration::from_secs(5);

/// Those who follow the logs of a job's services.
pub(super) struct Followers {
    end: CancellationToken,
    tasks: Mutex<JoinSet<()>>,
}

impl Followers {
    /// Follows the logs of these services from their beginning.
    pub(super) fn of<'a>(
        services: impl Iterator<Item = &'a Service>,
        docker: &Docker,
        output: &Arc<dyn Output>,
    ) -> Self {
        let end = CancellationToken::new();
        let mut tasks = JoinSet::new();
        for service in services {
            let follower = Follower {
                docker: docker.clone(),
                id: service.id.clone(),
                name: service.name.clone(),
                lines: Lines::new(&service.aliases),
                output: Arc::clone(output),
            };
            tasks.spawn(follower.follow(end.clone()));
        }
        Self { end, tasks: Mutex::new(tasks) }
    }

    /// Ends following, after all was told that services have written until now.
    pub(super) async fn finish(&self) {
        self.end.cancel();
        let mut tasks = self.tasks.lock().await;
        while tasks.join_next().await.is_some() {}
    }
}

struct Follower {
    docker: Docker,
    id: String,
    name: String,
    lines: Lines,
    output: Arc<dyn Output>,
}

impl Follower {
    async fn follow(mut self, end: CancellationToken) {
        let asked = || LogsOptionsBuilder::new().stdout(true).stderr(true).timestamps(true);
        let mut log = Box::pin(self.docker.logs(&self.id, Some(asked().follow(true).build())));
        let trouble = loop {
            tokio::select! {
                biased;
                piece = log.next() => match piece {
                    Some(Ok(piece)) => self.tell(&piece),
                    Some(Err(error)) => break Some(answer(&error)),
                    None => break None,
                },
                () = end.cancelled() => break None,
            }
        };
        if let Some(reason) = trouble {
            let text = format!("error streaming logs for container {}: {reason}", self.name);
            Voice::new(Arc::clone(&self.output)).warning(&text);
        } else if end.is_cancelled() {
            let rest = self.docker.logs(&self.id, Some(asked().tail(&LAST_LINES.to_string()).build()));
            let mut rest = Box::pin(rest);
            let read = async {
                while let Some(Ok(piece)) = rest.next().await {
                    if self.lines.is_new(&piece) {
                        self.tell(&piece);
                    }
                }
            };
            let _ = timeout(PATIENCE, read).await;
        }
        let rest = self.lines.finish();
        self.output.service(rest.as_bytes());
    }

    fn tell(&mut self, piece: &LogOutput) {
        let lines = self.lines.push(piece);
        if !lines.is_empty() {
            self.output.service(lines.as_bytes());
        }
    }
}
