//! Why the docker commands of a job do not find their engine.
//!
//! Pure functions do the work: [`symptom`] reads a failed script's last output, [`hint`] tells causes from signs and
//! [`facts`]. Only where there is a sign, services that are engines are looked at again.

mod facts;
mod hint;
mod symptom;

use super::logs::last_lines;
use super::probe::Prober;
use super::report::end;
use super::{Service, Services};
use crate::container::Fate;
use crate::{Settings, Work};
use executor::CancellationToken;
use facts::{Engine, Job, is_engine};
use futures_util::future::join_all;
use hint::{PLAIN, TLS, hints};
use std::time::Duration;
use symptom::{Endpoint, Symptom};

/// How long a port that is open takes to say so at most, from wherever it is looked at.
const GLIMPSE: Duration = Duration::from_millis(600);
/// How many lines of an engine's log a hint shows.
const LINES: usize = 10;

impl Services {
    /// What is known to cause a script's failure, as far as its last output says that docker commands did not find
    /// their engine; else nothing. `prober` looks from where the job is.
    pub async fn diagnose(
        &self,
        said: &str,
        work: &Work,
        settings: &Settings,
        prober: &impl Prober,
    ) -> Vec<String> {
        let symptoms = symptom::find(said);
        if symptoms.is_empty() {
            return Vec::new();
        }
        let job = Job::of(work, &self.binds);
        let mut ports = vec![PLAIN, TLS];
        ports.extend(symptoms.iter().filter_map(asked_port).chain(job.endpoint().and_then(port)));
        ports.sort_unstable();
        ports.dedup();
        let engines = self.iter().filter(|service| is_engine(service));
        let engines = engines.map(|service| Box::pin(self.look_at(service, settings, prober, &ports)));
        hints(&symptoms, &job, &join_all(engines).await)
    }

    async fn look_at(
        &self,
        service: &Service,
        settings: &Settings,
        prober: &impl Prober,
        ports: &[u16],
    ) -> Engine {
        let mut engine = Engine::of(service, settings);
        engine.ended = end(service, &Fate::of(&self.docker, &service.id).await);
        if engine.ended.is_none()
            && let Some(host) = service.target
        {
            let looks = ports.iter().map(|port| is_open(prober, host, *port));
            let open = join_all(looks).await;
            engine.listening =
                ports.iter().zip(open).filter(|(_, open)| *open).map(|(port, _)| *port).collect();
        }
        if engine.listening.is_empty() {
            engine.logs = last_lines(&self.docker, &service.id, LINES).await;
        }
        engine
    }
}

async fn is_open(prober: &impl Prober, host: std::net::IpAddr, port: u16) -> bool {
    let stop = CancellationToken::new();
    let probe = prober.probe(host, std::slice::from_ref(&port), &stop);
    let end = async {
        tokio::time::sleep(GLIMPSE).await;
        stop.cancel();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        open = probe => open.is_ok(),
        () = end => false,
    }
}

fn asked_port(symptom: &Symptom) -> Option<u16> {
    match symptom {
        Symptom::NoAnswer(Some(endpoint)) => port(endpoint.clone()),
        _ => None,
    }
}

fn port(endpoint: Endpoint) -> Option<u16> {
    match endpoint {
        Endpoint::Port(_, port) => Some(port),
        Endpoint::Socket(_) => None,
    }
}
