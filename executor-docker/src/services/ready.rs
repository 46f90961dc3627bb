//! Waits until services are ready.

use super::events::Events;
use super::health::{self, End, Run};
use super::logs::last_lines;
use super::probe::{ProbeError, Prober};
use super::report::{DID_NOT_START, Trouble, lateness};
use super::sentry::Sentry;
use super::service::Service;
use crate::voice::Voice;
use bollard::Docker;
use executor::CancellationToken;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// How many lines of its log a service that is late is shown with.
const LINES: usize = 200;
/// How long a probe that was stopped may take to end.
const GRACE: Duration = Duration::from_secs(5);

/// A wait for services.
pub(super) struct Wait<'a, P> {
    pub(super) docker: &'a Docker,
    pub(super) events: &'a Events,
    pub(super) voice: &'a Voice,
    pub(super) prober: &'a P,
    /// How long each may take.
    pub(super) patience: Duration,
    /// Ends the wait.
    pub(super) stop: &'a CancellationToken,
}

/// How the wait for one service ended.
enum Outcome {
    Ready,
    Unknown(String),
    Ended,
    Late,
    Stopped,
}

/// Whether there is anything about a service to wait for: that it is ready, or that its end is told.
pub(super) fn is_awaited(service: &Service) -> bool {
    let (condition, reachable) = (&service.condition, service.target.is_some());
    condition.test.is_some() || (!condition.ports.is_empty() && reachable) || service.ended.is_some()
}

impl<P: Prober> Wait<'_, P> {
    /// Waits for one service and tells what is wrong with it. Nothing of this fails a job.
    pub(super) async fn one(&self, sentry: &Sentry) {
        let service = &sentry.service;
        let last = Mutex::new(None);
        match self.outcome(service, &last).await {
            Outcome::Ready => sentry.note_ready(),
            Outcome::Unknown(reason) => self.voice.warning(&format!(
                "It cannot be told whether service {:?} is ready: {reason}. The job goes on.",
                service.image
            )),
            Outcome::Ended => sentry.told().await,
            Outcome::Late => self.tell_late(service, last).await,
            Outcome::Stopped => {}
        }
    }

    async fn outcome(&self, service: &Service, last: &Mutex<Option<Run>>) -> Outcome {
        let quit = CancellationToken::new();
        let ready = self.ready(service, last, &quit);
        tokio::pin!(ready);
        let outcome = tokio::select! {
            biased;
            () = self.stop.cancelled() => Outcome::Stopped,
            _ = self.events.ended(&service.id) => Outcome::Ended,
            ready = &mut ready => return ready.map_or_else(Outcome::Unknown, |()| Outcome::Ready),
            () = tokio::time::sleep(self.patience) => Outcome::Late,
        };
        quit.cancel();
        // What it says now does not matter, but that nothing of it runs on does.
        let _ = timeout(GRACE, ready).await;
        outcome
    }

    /// Waits until a service is ready; ends soon after `quit` is cancelled.
    async fn ready(
        &self,
        service: &Service,
        last: &Mutex<Option<Run>>,
        quit: &CancellationToken,
    ) -> Result<(), String> {
        let condition = &service.condition;
        let Some(test) = &condition.test else { return self.port(service, quit).await };
        let end = tokio::select! {
            biased;
            () = quit.cancelled() => return Ok(()),
            () = self.events.healthy(&service.id) => return Ok(()),
            end = health::runs(self.docker, &service.id, test, last) => end,
        };
        match end {
            End::Passed => Ok(()),
            End::NoCommand(run) => {
                self.voice.warning(&format!(
                    "The HEALTHCHECK of service {:?} cannot be run (exit code {}): it is not waited for.",
                    service.image, run.code
                ));
                self.port(service, quit).await
            }
            End::Refused(reason) => {
                tracing::debug!(service = service.name, reason, "the engine does not run a test of ours");
                self.port_or_engine(service, quit).await
            }
        }
    }

    async fn port(&self, service: &Service, quit: &CancellationToken) -> Result<(), String> {
        let (Some(host), ports @ [_, ..]) = (service.target, &service.condition.ports[..]) else {
            return Ok(());
        };
        self.probe(host, ports, quit).await.map_err(|error| error.reason)
    }

    /// Where no test of ours can run, the engine's own still does.
    async fn port_or_engine(&self, service: &Service, quit: &CancellationToken) -> Result<(), String> {
        let engine = self.events.healthy(&service.id);
        let (Some(host), ports @ [_, ..]) = (service.target, &service.condition.ports[..]) else {
            tokio::select! {
                () = engine => {}
                () = quit.cancelled() => {}
            }
            return Ok(());
        };
        let enough = quit.child_token();
        let probe = self.probe(host, ports, &enough);
        tokio::pin!(probe);
        tokio::select! {
            port = &mut probe => port.map_err(|error| error.reason),
            () = engine => {
                enough.cancel();
                let _ = timeout(GRACE, probe).await;
                Ok(())
            }
        }
    }

    async fn probe(&self, host: IpAddr, ports: &[u16], quit: &CancellationToken) -> Result<(), ProbeError> {
        self.prober.probe(host, ports, quit).await.map(|_| ())
    }

    async fn tell_late(&self, service: &Service, last: Mutex<Option<Run>>) {
        let logs = last_lines(self.docker, &service.id, LINES).await;
        let last = last.into_inner().unwrap_or_else(PoisonError::into_inner);
        let check = last.map(|run| format!("{}\n(exit code {})", run.output, run.code));
        let error = lateness(service, self.patience.as_secs());
        let trouble = Trouble { heading: DID_NOT_START, error: &error, check: check.as_deref(), logs: &logs };
        trouble.tell(service, &**self.voice.output());
    }
}
