//! What pipelines want done.

use super::hands::Hands;
use super::{Driver, Message, Running};
use crate::ci::run::news::News;
use job::AbortCause;
use pipeline::resource::Candidate;
use pipeline::{Action, Event, How, JobId, Moment, PipelineId, Status};
use std::time::Duration;

impl<H: Hands + 'static> Driver<H> {
    /// Lets a pipeline know what happened, and does what it wants.
    pub(super) fn apply(&mut self, flow: usize, event: Event) {
        let next = &mut self.next_job;
        let mut ids = || super::new_id(next);
        let granted = match event {
            Event::Granted(job) => Some(job),
            _ => None,
        };
        match self.flows[flow].pipeline.apply(event, self.clock.now(), &mut ids) {
            Ok(actions) => actions.into_iter().for_each(|action| self.act(flow, action)),
            // It came too late: a timer of a job that was canceled, a cancel of one that is over.
            Err(_) => {
                if let Some(job) = granted {
                    self.give_back(flow, job);
                }
            }
        }
    }

    fn act(&mut self, flow: usize, action: Action) {
        match action {
            Action::Job { job, to, .. } => self.changed(flow, job, to),
            Action::Retried { old, new } => {
                let names = (self.flows[flow].name(old), self.flows[flow].name(new));
                if let (Some(old), Some(new)) = names {
                    self.tell(&News::Retried { old, new });
                }
            }
            Action::Pipeline { to, .. } => {
                if let Some((above, bridge)) = self.flows[flow].parent {
                    self.events.push_back((above, Event::Downstream { job: bridge, status: to }));
                }
            }
            Action::Queue(job) => self.queue(flow, job),
            Action::Trigger(job) => self.trigger(flow, job),
            Action::Wake { job, at } => self.wake(flow, job, at),
            Action::Want { job, group } => {
                let granted = self.groups.want(&group, self.flows[flow].pipeline.id, job);
                self.grant(granted);
            }
            Action::Release { job, group } => {
                let granted = self.groups.release(&group, job);
                self.grant(granted);
            }
            Action::Stop { job, how } => {
                if let Some(Running { control, .. }) = self.running.get(&job) {
                    match how {
                        How::Gracefully => control.cancel(),
                        How::AtOnce => control.abort(AbortCause::Coordinator),
                    }
                }
            }
            Action::CancelDownstream { pipeline, .. } => self.cancel_downstream(pipeline),
        }
    }

    fn changed(&mut self, flow: usize, job: JobId, to: Status) {
        if to != Status::Scheduled {
            self.timers.retain(|(_, _, scheduled)| *scheduled != job);
        }
        if to.is_complete() {
            // A task that is still at it has more to tell.
            if !self.running.contains_key(&job) {
                self.report(flow, job);
            }
            return;
        }
        if let Some(name) = self.flows[flow].name(job) {
            self.tell(&News::Status { job: name, status: to });
        }
        let role = self.flows[flow].role(job);
        // What an earlier run has done waits for nobody.
        if to.is_blocked() && (role.named || role.reuse.is_some()) && self.stopped.is_none() {
            self.events.push_back((flow, Event::Play(job)));
        }
    }

    /// A job is pending: it waits for a permit, or is what it was before.
    fn queue(&mut self, flow: usize, job: JobId) {
        let Some(record) = self.flows[flow].role(job).reuse else {
            return self.waiting.push_back((flow, job));
        };
        match self.hands.adopt(job, record) {
            Ok(ended) => {
                self.left.insert(job, ended.left);
                self.apply(flow, Event::Taken { job, graceful: false });
                self.events.push_back((flow, Event::Ended { job, end: ended.end }));
            }
            Err(message) => {
                self.tell(&News::Warning(message));
                self.waiting.push_back((flow, job));
            }
        }
    }

    /// A bridge is pending: its pipeline is made beside the loop.
    fn trigger(&mut self, flow: usize, job: JobId) {
        let Some(ticket) = self.ticket(flow, job) else { return };
        self.making.insert(job, flow);
        let (doing, sender) = (self.hands.child(ticket, self.teller()), self.sender.clone());
        tokio::task::spawn_local(async move {
            let _ = sender.send(Message::Child(job, doing.await));
        });
    }

    fn wake(&mut self, flow: usize, job: JobId, at: Moment) {
        self.timers.push((at, flow, job));
        let Some(name) = self.flows[flow].name(job) else { return };
        let role = self.flows[flow].role(job);
        if !role.named && role.reuse.is_none() {
            let wait = super::clock::between(self.clock.now(), at);
            let wait = in_words(wait);
            let name = name.name;
            self.tell(&News::Note(format!("`{name}` is delayed by {wait}: who names it does not wait")));
        }
    }

    fn grant(&mut self, granted: Option<Candidate>) {
        let Some(Candidate { pipeline, job, .. }) = granted else { return };
        if let Some(flow) = self.flows.iter().position(|flow| flow.pipeline.id == pipeline) {
            self.events.push_back((flow, Event::Granted(job)));
        }
    }

    /// A job does not take the group that it was granted.
    fn give_back(&mut self, flow: usize, job: JobId) {
        let group = self.flows[flow].pipeline.job(job).and_then(|job| job.spec.resource_group.clone());
        if let Some(group) = group {
            let granted = self.groups.release(&group, job);
            self.grant(granted);
        }
    }

    fn cancel_downstream(&mut self, pipeline: PipelineId) {
        if let Some(flow) = self.flows.iter().position(|flow| flow.pipeline.id == pipeline) {
            self.events.push_back((flow, Event::CancelAll));
        }
    }
}

/// `1h 5m`, `90s`: as people say it.
fn in_words(duration: Duration) -> String {
    let seconds = duration.as_millis().div_ceil(1000);
    let parts =
        [(seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    let words: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    if words.is_empty() { "0s".to_owned() } else { words.join(" ") }
}
