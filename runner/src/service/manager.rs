//! The loop: whatever happens comes here as an event, in a line, and is answered at once.

use super::poll::{self, Caller, Reply};
use super::running::{Care, Jobs, News};
use super::schedule::{Change, Command, JobKey, Outcome, Owner, RequestId, Schedule, SectionId};
use super::section::{Section, Sections};
use super::settings::Bounds;
use super::stopping::{Answer, Signal, Stage};
use super::{reception, signals::Signals};
use crate::error::exit_code;
use crate::logging::fatal;
use std::collections::HashMap;
use std::pin::Pin;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// How often the configuration file is looked at.
const LOOK_AT_FILE: Duration = Duration::from_secs(3);

/// How long a forced stop waits for the coordinator to hear of jobs that had to be killed.
const LAST_WORDS: Duration = Duration::from_secs(5);

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

/// How the service ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Everything that was to be done is done, or left to the next service.
    Clean,
    /// A second signal came, or jobs did not end in time.
    Forced {
        /// What forced it.
        by: Option<Signal>,
    },
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
                self.receive(job, section, *arrival);
                self.received += 1;
                self.last_job = now;
                Outcome::Job(job)
            }
        };
        let change = self.schedule.answered(request, outcome, random_fraction(), now.into_std());
        self.tell_change(section, change);
    }

    fn receive(&mut self, key: JobKey, section: &Rc<Section>, arrival: poll::Arrival) {
        let (job, project) = (arrival.payload.id, arrival.payload.job_info.clone());
        match self.reception.receive(&self.care.launcher, self.jobs.claims(), section, arrival) {
            Ok(reception::Started { folder, record, claim, child }) => {
                self.jobs.add(key, folder, record, claim, child, &self.care);
            }
            Err(unrecorded) => self.jobs.fail(key, unrecorded, &self.care),
        }
        say!(
            self,
            info,
            job,
            runner = section.short(),
            runner_name = section.config.name.as_str(),
            pipeline_id = project.pipeline_id,
            project = project.project_id,
            project_full_path = project.project_full_path.as_str(),
            time_in_queue_seconds = project.time_in_queue_seconds,
            "Added job to processing list"
        );
    }

    fn over(&mut self, key: JobKey) {
        self.schedule.job_ended(key);
        if let Some(running) = self.jobs.over(key) {
            say!(
                self,
                info,
                job = running.job_id,
                runner = running.claim.owner.short_token.as_str(),
                runner_name = running.runner_name.as_str(),
                "Removed job from processing list"
            );
        }
        self.last_job = Instant::now();
    }

    fn tell_forced(&self, id: SectionId) {
        let Some(section) = self.sections.get(id) else { return };
        let name = format!("{}{}", section.config.url, section.short());
        tracing::warn!(
            unhealthy_requests = 0,
            unhealthy_requests_limit = section.config.unhealthy_requests_limit,
            "Runner \"{name}\" is not healthy, but check for a new job will be forced!"
        );
    }

    fn tell_change(&self, section: &Section, change: Change) {
        let (runner, runner_name) = (section.short(), section.config.name.as_str());
        match change {
            Change::None => {}
            Change::Parked { failures } => {
                let name = format!("{}{runner}", section.config.url);
                let pause = section.config.unhealthy_interval;
                tracing::error!(
                    unhealthy_requests = failures,
                    unhealthy_requests_limit = section.config.unhealthy_requests_limit,
                    "Runner \"{name}\" is unhealthy and will be disabled for {pause:?}!"
                );
            }
            Change::Paused(pause) => {
                tracing::debug!(runner, runner_name, "Checking for jobs again in {}", poll::pause_text(pause));
            }
            Change::Recovered => tracing::info!(runner, runner_name, "Checking for jobs... works again"),
        }
    }

    /// What a signal asks for. Gives the ending if that is at once.
    fn signalled(&mut self, signal: Signal) -> Option<Ending> {
        let timeout = self.configuration.shutdown_timeout();
        let number = crate::logging::signal(signal.number());
        match self.stage.take(signal, timeout, Instant::now().into_std()) {
            Answer::Reload => self.look_at_file(true),
            Answer::Drain => {
                say!(self, warn, "stop-signal" = number, "[runWait] received stop signal");
                say!(
                    self,
                    warn,
                    StopSignal = number,
                    "Starting graceful shutdown, waiting for builds to finish"
                );
                self.schedule.drain();
            }
            Answer::Abort => {
                say!(self, warn, "stop-signal" = number, "[runWait] received stop signal");
                say!(self, warn, StopSignal = number, "Starting forceful shutdown");
                self.schedule.drain();
                self.care.aborted_by.set(Some(signal));
                self.jobs.signal(signal.unix());
            }
            Answer::Force => {
                say!(self, warn, "stop-signal" = number, "[handleForcefulShutdown] received stop signal");
                return Some(Ending::Forced { by: Some(signal) });
            }
            Answer::Leave => {
                say!(self, warn, "stop-signal" = number, "Leaving: running jobs go on, the next service takes them over");
                self.schedule.drain();
            }
            Answer::Repeat => {
                if signal == Signal::Quit {
                    say!(self, warn, "stop-signal" = number, "[handleGracefulShutdown] received stop signal");
                }
            }
        }
        None
    }

    /// Whether the service is done, and how.
    fn ending(&mut self) -> Option<Ending> {
        self.bounds_reached();
        if !self.stage.is_stopping() || !self.requests.is_empty() {
            return None;
        }
        if self.stage == Stage::Leaving {
            return Some(Ending::Clean);
        }
        let now = Instant::now();
        if let Some(until) = self.last_words_until
            && (now >= until || self.jobs.are_settled())
        {
            let all_over = self.jobs.running() == 0 && !self.was_out_of_time(now);
            return Some(if all_over { Ending::Clean } else { Ending::Forced { by: None } });
        }
        if self.jobs.are_settled() {
            return Some(Ending::Clean);
        }
        if self.last_words_until.is_none() {
            self.limit_waiting(now);
        }
        None
    }

    /// Sets an end to waiting, once there is reason to: jobs that do not end, or reports nobody takes.
    fn limit_waiting(&mut self, now: Instant) {
        if self.was_out_of_time(now) {
            say!(self, warn, "Jobs that did not end within the shutdown timeout are killed");
            self.jobs.signal(nix::sys::signal::Signal::SIGKILL);
            self.last_words_until = Some(now + LAST_WORDS);
        } else if self.jobs.running() == 0 {
            // Jobs that died and whose coordinator does not answer: the next service reports them.
            self.last_words_until = Some(now + self.configuration.shutdown_timeout());
        }
    }

    fn was_out_of_time(&self, now: Instant) -> bool {
        self.stage.deadline().is_some_and(|deadline| now.into_std() >= deadline)
    }

    /// Starts to drain when `run-single` has done its share.
    fn bounds_reached(&mut self) {
        if self.stage != Stage::Serving {
            return;
        }
        if let Some(limit) = self.bounds.jobs
            && self.received >= limit
        {
            if self.jobs.are_settled() {
                tracing::info!("This runner has processed its build limit, so now exiting");
                self.stage = Stage::Draining;
            }
            self.schedule.drain();
        }
        if let Some(idle) = self.bounds.idle
            && self.jobs.running() == 0
            && self.last_job.elapsed() >= idle
        {
            let seconds = idle.as_secs();
            tracing::info!("This runner has not received a job in {seconds} seconds, so now exiting");
            self.schedule.drain();
            self.stage = Stage::Draining;
        }
    }

    /// When the loop has something to do without any event.
    fn wake_at(&self) -> Option<Instant> {
        let now = Instant::now();
        let scheduled = self.schedule.wake_at(now.into_std()).map(Instant::from_std);
        let stopping = self.stage.is_stopping();
        let held = self.schedule.settled_at().filter(|_| stopping).map(Instant::from_std);
        let deadline = self.stage.deadline().filter(|_| self.last_words_until.is_none()).map(Instant::from_std);
        let idle = self.bounds.idle.filter(|_| !stopping && self.jobs.running() == 0);
        let idle = idle.map(|idle| self.last_job + idle);
        [scheduled, held, deadline, idle, self.last_words_until].into_iter().flatten().min()
    }

    /// Says that the service is ready, in the lines that watchers of gitlab-runner wait for.
    pub(super) fn tell_ready(&self) {
        say!(self, info, "listen_address not defined, metrics & debug endpoints disabled");
        say!(self, info, "[session_server].listen_address not defined, session endpoints disabled");
        say!(self, info, "Initializing executor providers");
    }

    /// Says how the service ended.
    pub(super) fn tell_end(&self, ending: Ending) -> ExitCode {
        if self.stage == Stage::Leaving {
            say!(self, info, "Can exit now!");
            return ExitCode::from(exit_code::SUCCESS);
        }
        match ending {
            Ending::Clean => {
                say!(self, info, "All workers stopped.");
                say!(self, info, "All executor providers shut down.");
                say!(self, info, "Can exit now!");
                ExitCode::from(exit_code::SUCCESS)
            }
            Ending::Forced { by } => {
                let error = match by {
                    Some(signal) => format!("forced exit with stop signal: {}", signal.word()),
                    None => "shutdown timed out".to_owned(),
                };
                say!(self, warn, error = error.as_str(), "Forceful shutdown not finished properly");
                fatal!(error = error.as_str(), "Service run failed");
                ExitCode::from(exit_code::FAILURE)
            }
        }
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
