//! Where orders arrive, and wait for those before them.

use super::orders::Order;
use super::outgoing::Outgoing;
use super::probes::Probes;
use crate::agent::protocol::{Event, Failure};
use executor::CancellationToken;
use std::collections::VecDeque;
use std::pin::Pin;
use tokio::sync::mpsc;

/// Why the agent ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// It was told to, by an order, a signal, or the end of standard input or output.
    Ordered,
    /// It was told what makes no sense.
    Nonsense,
}

/// What cannot wait for the work at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interruption {
    KillAll { id: u32 },
    End(Ending),
}

/// Takes orders in.
pub(super) struct Desk {
    orders: mpsc::Receiver<Order>,
    waiting: VecDeque<Order>,
    outgoing: Outgoing,
    probes: Probes,
    /// Until the process is asked to end.
    ended: Pin<Box<dyn Future<Output = ()>>>,
}

impl Desk {
    pub(super) fn new(
        orders: mpsc::Receiver<Order>,
        outgoing: Outgoing,
        ended: impl Future<Output = ()> + 'static,
    ) -> Self {
        Self { orders, waiting: VecDeque::new(), outgoing, probes: Probes::default(), ended: Box::pin(ended) }
    }

    /// Waits for the next order; the end in all its forms is [`Order::End`].
    pub(super) async fn next(&mut self) -> Order {
        match self.waiting.pop_front() {
            Some(order) => order,
            None => self.receive().await,
        }
    }

    async fn receive(&mut self) -> Order {
        loop {
            let order = tokio::select! {
                biased;
                () = &mut self.ended => Order::End,
                () = self.outgoing.broken() => Order::End,
                order = self.orders.recv() => order.unwrap_or(Order::End),
            };
            match order {
                Order::Probe { id, host, ports } => self.probes.begin(id, host, ports, &self.outgoing),
                Order::Stop { id } if self.probes.end(id) => {}
                order => return order,
            }
        }
    }

    /// Does some work while orders come in. A stop of the command `current` cancels its token; most other orders wait.
    ///
    /// # Errors
    /// With an order that does not wait; the work is given up.
    pub(super) async fn meanwhile<T>(
        &mut self,
        current: Option<(u32, &CancellationToken)>,
        work: impl Future<Output = T>,
    ) -> Result<T, Interruption> {
        let mut work = std::pin::pin!(work);
        loop {
            let order = tokio::select! {
                biased;
                result = &mut work => return Ok(result),
                order = self.receive() => order,
            };
            match order {
                Order::End => return Err(Interruption::End(Ending::Ordered)),
                Order::Nonsense => return Err(Interruption::End(Ending::Nonsense)),
                Order::KillAll { id } => return Err(Interruption::KillAll { id }),
                Order::Stop { id } => match current {
                    Some((running, stop)) if running == id => stop.cancel(),
                    _ => self.withdraw(id),
                },
                // None comes here: it does not wait.
                Order::Probe { .. } => {}
                order @ (Order::Begin(_) | Order::Run { .. } | Order::Own { .. } | Order::Become { .. }) => {
                    self.waiting.push_back(order);
                }
            }
        }
    }

    /// A command that is stopped before its turn does not start.
    pub(super) fn withdraw(&mut self, id: u32) {
        let before = self.waiting.len();
        self.waiting.retain(|order| !matches!(order, Order::Run { id: waiting, .. } if *waiting == id));
        if self.waiting.len() < before {
            self.outgoing.say(&Event::Failed { id, failure: Failure::Stopped });
        }
    }

    /// Answers everything that waits: it will not be done.
    pub(super) fn clear(&mut self, failure: &Failure) {
        for order in std::mem::take(&mut self.waiting) {
            let (Order::Run { id, .. } | Order::Own { id, .. } | Order::Become { id, .. }) = order else {
                continue;
            };
            self.outgoing.say(&Event::Failed { id, failure: failure.clone() });
        }
    }
}
