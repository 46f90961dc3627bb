//! What the parts of a client share: who waits for what.

use super::over::{NoHello, Over};
use crate::agent::graces::Graces;
use crate::agent::protocol::{Failure, Hello};
use executor::{Exit, Output};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{oneshot, watch};

/// What the kernel killed for lack of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory {
    /// How many processes.
    pub kills: u64,
    /// The container's limit in bytes, if it has one.
    pub limit: Option<u64>,
}

/// How a command or request came out.
#[derive(Debug)]
pub(super) enum Answer {
    Exit(Exit),
    Failed(Failure),
    Done,
}

/// How far the conversation is.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    Starting,
    Ready(Arc<Hello>),
    Over(Over),
}

/// Shared by clients, intake and writer.
pub(super) struct Link {
    phase: watch::Sender<Phase>,
    state: Mutex<State>,
    pub(super) graces: Graces,
}

#[derive(Default)]
struct State {
    last_id: u32,
    waiting: HashMap<u32, oneshot::Sender<Answer>>,
    /// Of all commands that may still write.
    outputs: HashMap<u32, Arc<dyn Output>>,
    out_of_memory: Option<OutOfMemory>,
}

impl Link {
    pub(super) fn new(graces: Graces) -> Self {
        Self { phase: watch::Sender::new(Phase::Starting), state: Mutex::default(), graces }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn hello(&self) -> Result<Arc<Hello>, NoHello> {
        match self.begun().await {
            Phase::Ready(hello) => Ok(hello),
            Phase::Over(over) => Err(over.into()),
            Phase::Starting => Err(self.over().into()),
        }
    }

    /// Waits until the agent is there, or cannot be there any more.
    pub(super) async fn begun(&self) -> Phase {
        let mut phase = self.phase.subscribe();
        match phase.wait_for(|phase| !matches!(phase, Phase::Starting)).await {
            Ok(phase) => phase.clone(),
            // The sender lives as long as we do.
            Err(_) => Phase::Starting,
        }
    }

    /// Waits until the conversation is over.
    pub(super) async fn ended(&self) {
        let mut phase = self.phase.subscribe();
        // An error: as above.
        let _ = phase.wait_for(|phase| matches!(phase, Phase::Over(_))).await;
    }

    /// The agent is there.
    pub(super) fn begin(&self, hello: Hello) {
        self.phase.send_replace(Phase::Ready(Arc::new(hello)));
    }

    /// Nothing more comes from the agent. The first reason counts.
    pub(super) fn finish(&self, over: Over) {
        self.phase.send_if_modified(|phase| {
            let is_first = !matches!(phase, Phase::Over(_));
            if is_first {
                *phase = Phase::Over(over);
            }
            is_first
        });
        let (waiting, outputs) = {
            let mut state = self.lock();
            (std::mem::take(&mut state.waiting), std::mem::take(&mut state.outputs))
        };
        // Who waits learns it by this.
        drop((waiting, outputs));
    }

    /// Why it is over, if it is.
    pub(super) fn over(&self) -> Over {
        match &*self.phase.borrow() {
            Phase::Over(over) => over.clone(),
            Phase::Starting | Phase::Ready(_) => Over { why: super::Why::Ended, said: Vec::new() },
        }
    }

    pub(super) fn is_over(&self) -> bool {
        matches!(&*self.phase.borrow(), Phase::Over(_))
    }

    /// Registers somebody who will wait for an answer, before the question is sent.
    pub(super) fn expect(
        &self,
        output: Option<Arc<dyn Output>>,
    ) -> Result<(u32, oneshot::Receiver<Answer>), Over> {
        let (sender, receiver) = oneshot::channel();
        let id = {
            let mut state = self.lock();
            state.last_id = state.last_id.wrapping_add(1);
            let id = state.last_id;
            state.waiting.insert(id, sender);
            if let Some(output) = output {
                state.outputs.insert(id, output);
            }
            id
        };
        // Whoever finishes takes the lock afterwards, so that one of the two sees the other.
        if self.is_over() {
            self.withdraw(id);
            self.close(id);
            return Err(self.over());
        }
        Ok((id, receiver))
    }

    /// Nobody waits for an answer any more; whether somebody did until now.
    pub(super) fn withdraw(&self, id: u32) -> bool {
        self.lock().waiting.remove(&id).is_some()
    }

    pub(super) fn answer(&self, id: u32, answer: Answer) {
        let waiting = self.lock().waiting.remove(&id);
        if let Some(waiting) = waiting {
            // Who has given up needs no answer.
            let _ = waiting.send(answer);
        }
    }

    pub(super) fn output(&self, id: u32) -> Option<Arc<dyn Output>> {
        self.lock().outputs.get(&id).cloned()
    }

    /// Nothing more will be written to a command's output.
    pub(super) fn close(&self, id: u32) {
        let closed = self.lock().outputs.remove(&id);
        drop(closed);
    }

    pub(super) fn add_out_of_memory(&self, kills: u64, limit: Option<u64>) {
        let mut state = self.lock();
        let before = state.out_of_memory.map_or(0, |before| before.kills);
        state.out_of_memory = Some(OutOfMemory { kills: before.saturating_add(kills), limit });
    }

    pub(super) fn take_out_of_memory(&self) -> Option<OutOfMemory> {
        self.lock().out_of_memory.take()
    }
}
