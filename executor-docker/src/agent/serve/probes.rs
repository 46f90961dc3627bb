//! Looks whether services listen, beside everything else.

use super::outgoing::Outgoing;
use crate::agent::protocol::{Event, Failure};
use crate::services::probe;
use executor::Exit;
use std::collections::HashMap;
use std::net::IpAddr;
use tokio::task::JoinHandle;

/// So many are under way at most: a job has fewer services.
const MOST: usize = 1000;

/// Probes that were begun.
#[derive(Default)]
pub(super) struct Probes(HashMap<u32, JoinHandle<()>>);

impl Probes {
    /// Begins one, which answers by itself.
    pub(super) fn begin(&mut self, id: u32, host: IpAddr, ports: Vec<u16>, outgoing: &Outgoing) {
        self.0.retain(|_, task| !task.is_finished());
        if self.0.len() >= MOST {
            let failure = Failure::Refused { message: "too many services are waited for".into() };
            return outgoing.say(&Event::Failed { id, failure });
        }
        let outgoing = outgoing.clone();
        let task = tokio::spawn(async move {
            outgoing.say(&match probe::until_open(host, &ports).await {
                Ok(port) => Event::Exit { id, exit: Exit::Code(port.into()) },
                Err(error) => Event::Failed { id, failure: Failure::Refused { message: error.to_string() } },
            });
        });
        self.0.insert(id, task);
    }

    /// Gives one up; whether there is one of that number.
    pub(super) fn end(&mut self, id: u32) -> bool {
        let Some(task) = self.0.remove(&id) else { return false };
        task.abort();
        true
    }
}
