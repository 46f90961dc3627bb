//! The loop: whatever happens comes here as an event, in a line, and is answered at once.

use super::ending::Ending;
use super::facts::Facts;
use super::poll::{self, Caller, Reply};
use super::running::{Care, Jobs, News};
use super::schedule::{Command, JobKey, Outcome, Owner, RequestId, Schedule, SectionId};
use super::section::{Section, Sections};
use super::settings::Bounds;
use super::stopping::Stage;
use super::{reception, signals::Signals};
use std::collections::HashMap;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// How often the configuration file is looked at.
const LOOK_AT_FILE: Duration = Duration::from_secs(3);

/// What happens to the loop from inside.
#[derive(Debug)]
pub(super) enum Event {
    /// A request ended.
    Answered { request: RequestId, section: Rc<Section>, reply: Reply },
    /// Something became of a job.
    Job(News),
    /// A token was replaced.
    Rotated { old: Owner, new: Owner },
}

impl From<News> for Event {
    fn from(news: News) -> Self {
        Self::Job(news)
    }
}

/// Asks for a job; replaced in tests.
pub(super) type Ask = Box<dyn Fn(Rc<Section>, bool) -> Pin<Box<dyn Future<Output = Reply>>>>;

/// The state of the service.
pub(super) struct Manager {
    pub(super) ask: Ask,
    pub(super) care: Rc<Care<Event>>,
    pub(super) events: UnboundedReceiver<Event>,
    pub(super) schedule: Schedule,
    pub(super) sections: Sections,
    pub(super) jobs: Jobs,
    pub(super) reception: reception::Reception,
    pub(super) configuration: super::reload::Configuration,
    pub(super) bounds: Bounds,
    pub(super) requests: HashMap<RequestId, AbortHandle>,
    pub(super) stage: Stage,
    /// Set once all that is left is to wait for reports.
    pub(super) last_words_until: Option<Instant>,
    /// When the next token is to be replaced, and whose.
    pub(super) rotation: Option<(Instant, Rc<Section>)>,
    pub(super) received: usize,
    pub(super) last_job: Instant,
}

/// The builds that run and may run, which every line of the loop carries.
macro_rules! say {
    ($manager:expr, $level:ident, $($event:tt)*) => {
        tracing::$level!(
            builds = $manager.jobs.running(),
            max_builds = $manager.configuration.concurrent(),
            $($event)*
        )
    };
}
pub(super) use say;

/// A line about the list of jobs.
macro_rules! say_of_job {
    ($manager:expr, $facts:expr, $job:expr, $project:expr, $runner:expr, $runner_name:expr, $text:literal) => {
        say!(
            $manager,
            info,
            job = $job,
            project = $project,
            runner = $runner,
            runner_name = $runner_name,
            runner_uuid = $facts.runner_uuid.as_deref(),
            pipeline_id = $facts.pipeline_id,
            project_full_path = $facts.project_full_path.as_deref(),
            namespace_id = $facts.namespace_id,
            root_namespace_id = $facts.root_namespace_id,
            organization_id = $facts.organization_id,
            gitlab_user_id = $facts.user_id,
            gitlab_scoped_user_id = $facts.scoped_user_id,
            repo_url = $facts.repo_url.as_deref(),
            time_in_queue_seconds = $facts.time_in_queue_seconds,
            queue_size = $facts.queue_size,
            queue_depth = $facts.queue_depth,
            $text
        )
    };
}

impl Manager {
    /// Serves until told to stop.
    pub(super) async fn serve(&mut self, signals: &mut Signals) -> Ending {
        let mut look = tokio::time::interval(LOOK_AT_FILE);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            self.step();
            if let Some(ending) = self.ending() {
                return ending;
            }
            let wake_at = self.wake_at();
            let rotation = self.rotation.as_ref().map(|(at, _)| *at);
            tokio::select! {
                Some(event) = self.events.recv() => self.take(event),
                signal = signals.next() => {
                    if let Some(ending) = self.signalled(signal) {
                        return ending;
                    }
                }
                () = sleep_until(wake_at) => {}
                () = sleep_until(rotation), if !self.stage.is_stopping() => self.rotate(),
                _ = look.tick(), if !self.stage.is_stopping() => self.look_at_file(false),
            }
        }
    }

    /// Does what the schedule asks for.
    fn step(&mut self) {
        for command in self.schedule.step(Instant::now().into_std()) {
            match command {
                Command::Ask { request, section, may_be_held } => self.send(request, section, may_be_held),
                Command::Cut(request) => self.cut(request),
                Command::Forced(section) => self.tell_forced(section),
            }
        }
        if self.stage.is_stopping() {
            self.cut_held();
        }
    }

    fn send(&mut self, request: RequestId, section: SectionId, may_be_held: bool) {
        let Some(section) = self.sections.get(section).cloned() else {
            // Cannot be: the schedule knows the sections of the same configuration.
            self.schedule.answered(request, Outcome::Cut, 0.0, Instant::now().into_std());
            return;
        };
        let asking = (self.ask)(Rc::clone(&section), may_be_held);
        let events = self.care.events.clone();
        let task = tokio::task::spawn_local(async move {
            let reply = asking.await;
            let _ = events.send(Event::Answered { request, section, reply });
        });
        self.requests.insert(request, task.abort_handle());
    }

    /// Drops a request. If its answer is in the queue of events already, that counts instead.
    fn cut(&mut self, request: RequestId) {
        match self.requests.get(&request) {
            Some(task) if task.is_finished() => {}
            Some(task) => {
                task.abort();
                self.requests.remove(&request);
                self.schedule.answered(request, Outcome::Cut, 0.0, Instant::now().into_std());
            }
            None => {}
        }
    }

    /// While stopping: drops requests that the coordinator is holding. Younger ones may bring a job.
    fn cut_held(&mut self) {
        for request in self.schedule.held(Instant::now().into_std()) {
            self.cut(request);
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Answered { request, section, reply } => self.answered(request, &section, reply),
            Event::Job(News::Over(job)) => self.over(job),
            Event::Job(News::Settled(job)) => self.jobs.settled(job),
            Event::Rotated { old, new } => self.rotated(&old, &new),
        }
    }

    fn answered(&mut self, request: RequestId, section: &Rc<Section>, reply: Reply) {
        self.requests.remove(&request);
        let now = Instant::now();
        let outcome = match reply {
            Reply::None(outcome) => outcome,
            Reply::Job(arrival) => {
                let job = self.jobs.new_key();
                let owner = self.schedule.owner(request).unwrap_or(&section.owner).clone();
                self.receive(job, section, owner, *arrival);
                self.received += 1;
                self.last_job = now;
                Outcome::Job(job)
            }
        };
        let change = self.schedule.answered(request, outcome, random_fraction(), now.into_std());
        self.tell_change(section, change);
    }

    fn receive(&mut self, key: JobKey, section: &Rc<Section>, owner: Owner, arrival: poll::Arrival) {
        let (job, project_id) = (arrival.payload.id, arrival.payload.job_info.project_id);
        let facts = Facts::of(&arrival.payload);
        match self.reception.receive(&self.care.launcher, self.jobs.claims(), section, owner, arrival) {
            Ok(reception::Started { folder, record, claim, child }) => {
                self.jobs.add(key, folder, record, claim, child, &self.care);
                self.jobs.describe(key, &facts);
            }
            // It never counts.
            Err(unrecorded) => return self.jobs.fail(key, unrecorded, &self.care),
        }
        if let Some(signal) = self.care.aborted_by.get() {
            // It came while the service was about to end.
            self.jobs.signal(signal.unix());
        }
        say_of_job!(
            self,
            facts,
            job,
            project_id,
            section.short(),
            section.config.name.as_str(),
            "Added job to processing list"
        );
    }

    fn over(&mut self, key: JobKey) {
        self.schedule.job_ended(key);
        if let Some(running) = self.jobs.over(key) {
            say_of_job!(
                self,
                running.facts,
                running.job_id,
                running.claim.project_id,
                running.claim.owner.short_token.as_str(),
                running.runner_name.as_str(),
                "Removed job from processing list"
            );
        }
        self.last_job = Instant::now();
    }

    /// When the loop has something to do without any event.
    fn wake_at(&self) -> Option<Instant> {
        let now = Instant::now();
        let scheduled = self.schedule.wake_at(now.into_std()).map(Instant::from_std);
        let stopping = self.stage.is_stopping();
        let held = self.schedule.settled_at().filter(|_| stopping).map(Instant::from_std);
        let deadline =
            self.stage.deadline().filter(|_| self.last_words_until.is_none()).map(Instant::from_std);
        let idle = self.bounds.idle.filter(|_| !stopping && self.jobs.running() == 0);
        let idle = idle.map(|idle| self.last_job + idle);
        [scheduled, held, deadline, idle, self.last_words_until].into_iter().flatten().min()
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// A number from 0 up to 1.
fn random_fraction() -> f64 {
    f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX)
}

/// Makes the function that really asks.
pub(super) fn asking(system_id: String) -> Ask {
    Box::new(move |section, may_be_held| {
        let caller = Caller { info: crate::info::of_section(&section.config), system_id: system_id.clone() };
        Box::pin(poll::ask(section, caller, may_be_held))
    })
}
