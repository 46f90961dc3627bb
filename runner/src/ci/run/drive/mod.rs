//! The loop of a run: what happens goes into the pipelines, and what they want done is done.
//!
//! Everything is on one thread: the loop, and a task for each job. The loop waits for ends of jobs, for timers and for
//! whoever stops the run, and for nothing else.

mod act;
mod clock;
mod flow;
mod hands;
mod report;
#[cfg(test)]
mod tests;

pub(super) use clock::Clock;
pub(super) use hands::{Doing, Ended, Hands, Left, Plan, Refusal, Tell, Ticket};

use super::local::RunRecord;
use super::news::{JobName, News, Show};
use super::select::{Again, Selection, select_child};
use flow::Flow;
use job::{AbortCause, Control};
use pipeline::resource::Groups;
use pipeline::{Event, JobId, Moment, PipelineId, Status};
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How often a live display is asked to move.
const TICK: Duration = Duration::from_millis(100);

/// Job numbers that one run may use.
const JOBS_OF_A_RUN: i64 = 1000;

/// Somebody stops the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Jobs are canceled: `after_script` still runs.
    Gracefully,
    /// Jobs are ended at once, for this signal.
    AtOnce(&'static str),
    /// A newer state of the work tree makes what runs redundant; its pipeline says what that cancels.
    Redundant,
}

/// How a run goes.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// Number of the run.
    pub(super) number: u64,
    /// Jobs at once, one at least.
    pub(super) concurrent: usize,
    /// A failure cancels everything.
    pub(super) fail_fast: bool,
    /// How much of an earlier run counts, for child pipelines.
    pub(super) again: Again,
    /// That run.
    pub(super) last: Option<Rc<RunRecord>>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RunEnd {
    /// The pipeline's status.
    pub(super) status: Status,
    /// Whether a job of it failed, and nothing forgives that.
    pub(super) failed: bool,
    /// Whether somebody stopped it.
    pub(super) stopped: Option<Stop>,
}

/// What tasks tell the loop.
enum Message {
    Ended(JobId, Ended),
    Child(JobId, Result<Plan, Refusal>),
}

/// A job that a task is at.
struct Running {
    flow: usize,
    control: Control,
}

/// Drives the pipelines of a run.
pub(super) struct Driver<H> {
    hands: Rc<H>,
    show: Rc<RefCell<Box<dyn Show>>>,
    settings: Settings,
    clock: Clock,
    flows: Vec<Flow>,
    next_job: i64,
    groups: Groups,
    /// Events that are to be applied, in order.
    events: VecDeque<(usize, Event)>,
    /// Jobs that wait for a permit.
    waiting: VecDeque<(usize, JobId)>,
    running: HashMap<JobId, Running>,
    /// Bridges whose pipelines are being made.
    making: HashMap<JobId, usize>,
    timers: Vec<(Moment, usize, JobId)>,
    /// What stays of jobs that are over.
    left: HashMap<JobId, Left>,
    sender: mpsc::UnboundedSender<Message>,
    messages: mpsc::UnboundedReceiver<Message>,
    stopped: Option<Stop>,
}

impl<H: Hands + 'static> Driver<H> {
    /// A driver that has nothing to drive yet.
    pub(super) fn new(
        hands: Rc<H>,
        show: Rc<RefCell<Box<dyn Show>>>,
        settings: Settings,
        clock: Clock,
    ) -> Self {
        let (sender, messages) = mpsc::unbounded_channel();
        let next_job = i64::try_from(settings.number).unwrap_or(0).saturating_mul(JOBS_OF_A_RUN) + 1;
        Self {
            hands,
            show,
            settings,
            clock,
            flows: Vec::new(),
            next_job,
            groups: Groups::default(),
            events: VecDeque::new(),
            waiting: VecDeque::new(),
            running: HashMap::new(),
            making: HashMap::new(),
            timers: Vec::new(),
            left: HashMap::new(),
            sender,
            messages,
            stopped: None,
        }
    }

    /// Runs a pipeline to its end. Must be called in a `LocalSet`.
    pub(super) async fn run(
        mut self,
        plan: Plan,
        selection: Selection,
        stops: &mut mpsc::UnboundedReceiver<Stop>,
    ) -> RunEnd {
        self.begin(plan, selection, Vec::new(), None);
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let live = self.show.borrow().is_live();
        loop {
            self.settle();
            if self.is_idle() {
                break;
            }
            let due = self.timers.iter().map(|(at, ..)| *at).min().map(|at| self.clock.instant(at));
            tokio::select! {
                biased;
                Some(stop) = stops.recv() => self.stop(stop),
                Some(message) = self.messages.recv() => self.hear(message),
                () = until(due) => self.ring(),
                _ = tick.tick(), if live => self.show.borrow_mut().tick(),
            }
        }
        self.finish()
    }

    /// Starts a pipeline.
    fn begin(&mut self, plan: Plan, selection: Selection, path: Vec<String>, parent: Option<(usize, JobId)>) {
        for note in &selection.notes {
            self.tell(&News::Note(note.clone()));
        }
        let mut auto_cancel = plan.auto_cancel;
        auto_cancel.on_job_failure |= self.settings.fail_fast;
        let id = self.pipeline_id();
        let next = &mut self.next_job;
        let mut ids = || new_id(next);
        let mut flow = Flow::new(id, path, plan, selection, auto_cancel, &mut ids, self.clock.now());
        flow.parent = parent;
        if let Some((above, bridge)) = parent {
            flow.behind = self.flows[above].is_behind(bridge);
        }
        self.tell(&News::Created { pipeline: flow.path.clone(), stages: flow.stages(), jobs: flow.plans() });
        let index = self.flows.len();
        self.flows.push(flow);
        self.note_all(index);
        if let Some((above, bridge)) = parent {
            self.events.push_back((above, Event::Triggered { job: bridge, pipeline: id }));
        }
        self.events.push_back((index, Event::Begin));
    }

    /// The first pipeline is called as the run; the others count from where its jobs do, and never meet.
    fn pipeline_id(&mut self) -> PipelineId {
        match self.flows.is_empty() {
            true => PipelineId(i64::try_from(self.settings.number).unwrap_or(0)),
            false => PipelineId(new_id(&mut self.next_job).0),
        }
    }

    /// Applies all events that there are, and starts what may start.
    fn settle(&mut self) {
        loop {
            while let Some((flow, event)) = self.events.pop_front() {
                self.apply(flow, event);
            }
            if !self.start_next() {
                return;
            }
        }
    }

    /// Begins one job, if there is one and a permit for it.
    fn start_next(&mut self) -> bool {
        if self.running.len() >= self.settings.concurrent.max(1) {
            return false;
        }
        let Some((flow, job)) = self.waiting.pop_front() else { return false };
        let pending = |job: &pipeline::Job| job.status == Status::Pending;
        // It may have been canceled meanwhile.
        if self.flows[flow].pipeline.job(job).is_some_and(pending) {
            self.start(flow, job);
        }
        true
    }

    fn start(&mut self, flow: usize, job: JobId) {
        let Some(ticket) = self.ticket(flow, job) else { return };
        self.apply(flow, Event::Taken { job, graceful: true });
        let control = Control::new();
        self.running.insert(job, Running { flow, control: control.clone() });
        self.tell(&News::Started { job: ticket.job.clone() });
        let doing = self.hands.run(ticket, control, self.teller());
        let sender = self.sender.clone();
        tokio::task::spawn_local(async move {
            // The loop outlives its tasks: it waits for them.
            let _ = sender.send(Message::Ended(job, doing.await));
        });
    }

    fn ticket(&self, flow: usize, job: JobId) -> Option<Ticket> {
        let mut ticket = self.flows[flow].ticket(job, self.clock.now())?;
        let mut next = Some(flow);
        while let Some(flow) = next {
            ticket.family.push(self.flows[flow].relatives());
            next = self.flows[flow].parent.map(|(above, _)| above);
        }
        Some(ticket)
    }

    fn hear(&mut self, message: Message) {
        match message {
            Message::Ended(job, ended) => {
                let Some(running) = self.running.remove(&job) else { return };
                self.left.insert(job, ended.left);
                let over = |job: &pipeline::Job| job.status.is_complete();
                match self.flows[running.flow].pipeline.job(job).is_some_and(over) {
                    // It was over for its pipeline when it was stopped.
                    true => self.report(running.flow, job),
                    false => self.events.push_back((running.flow, Event::Ended { job, end: ended.end })),
                }
            }
            Message::Child(job, made) => {
                let Some(flow) = self.making.remove(&job) else { return };
                match made {
                    Ok(plan) => self.begin_child(flow, job, plan),
                    Err(Refusal { reason, message }) => {
                        self.tell(&News::Warning(message));
                        self.events.push_back((flow, Event::Drop { job, reason: reason.to_owned() }));
                    }
                }
            }
        }
    }

    fn begin_child(&mut self, flow: usize, bridge: JobId, plan: Plan) {
        let above = &self.flows[flow];
        let canceled = |job: &pipeline::Job| job.status.is_complete() || job.status == Status::Canceling;
        if above.pipeline.job(bridge).is_none_or(canceled) {
            return;
        }
        let Some(JobName { name, .. }) = above.name(bridge) else { return };
        let mut path = above.path.clone();
        path.push(name);
        let last = self.settings.last.as_deref();
        let selection = select_child(&self.settings.again, &plan.jobs, last, &path, above.is_behind(bridge));
        self.begin(plan, selection, path, Some((flow, bridge)));
    }

    /// Timers that have come.
    fn ring(&mut self) {
        let now = self.clock.now();
        let (due, later) = std::mem::take(&mut self.timers).into_iter().partition(|(at, ..)| *at <= now);
        self.timers = later;
        let mut due: Vec<(Moment, usize, JobId)> = due;
        due.sort_unstable();
        self.events.extend(due.into_iter().map(|(_, flow, job)| (flow, Event::Due(job))));
    }

    fn stop(&mut self, stop: Stop) {
        match (stop, self.stopped) {
            (Stop::Redundant, None) => {
                for flow in 0..self.flows.len() {
                    self.events.push_back((flow, Event::Redundant));
                }
            }
            (Stop::Redundant, Some(_)) => {}
            (Stop::Gracefully, None) => {
                self.cancel_all();
                self.tell(&News::Note("canceled; once more ends it at once".to_owned()));
                self.stopped = Some(stop);
            }
            (Stop::Gracefully, Some(_)) => self.abort("interrupt"),
            (Stop::AtOnce(signal), _) => self.abort(signal),
        }
    }

    /// Pipelines above come first, so that nothing new is started below.
    fn cancel_all(&mut self) {
        for flow in 0..self.flows.len() {
            self.events.push_back((flow, Event::CancelAll));
        }
    }

    fn abort(&mut self, signal: &'static str) {
        self.stopped = Some(Stop::AtOnce(signal));
        self.cancel_all();
        for running in self.running.values() {
            running.control.abort(AbortCause::Signal(signal));
        }
    }

    /// Nothing runs, and nothing will.
    fn is_idle(&self) -> bool {
        self.running.is_empty()
            && self.making.is_empty()
            && self.waiting.is_empty()
            && self.timers.is_empty()
            && self.events.is_empty()
    }

    fn tell(&self, news: &News) {
        self.show.borrow_mut().tell(news);
    }

    fn teller(&self) -> Tell {
        let show = self.show.clone();
        Rc::new(move |news| show.borrow_mut().tell(&news))
    }
}

fn new_id(next: &mut i64) -> JobId {
    let id = JobId(*next);
    *next += 1;
    id
}

async fn until(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
