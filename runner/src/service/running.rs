//! The jobs that run, and the end of each.

use super::deceased;
use super::facts::Facts;
use super::ids::Claim;
use super::launch::Launcher;
use super::reception::Unrecorded;
use super::schedule::JobKey;
use super::stopping::Signal;
use super::watch::{self, End};
use crate::jobproc::{JobFolder, JobLock, Locking, Record};
use client::Proxies;
use executor_docker::EngineEnvironment;
use nix::sys::signal::Signal as UnixSignal;
use nix::unistd::Pid;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io;
use std::process::ExitStatus;
use std::rc::Rc;
use std::time::Duration;
use tokio::process::Child;
use tokio::sync::mpsc::UnboundedSender;

/// How often a process is started that ends before it takes its order.
const STARTS: usize = 3;

/// The pauses between tries to look after a process, where that fails, in seconds.
const PAUSES: [u64; 6] = [1, 1, 2, 4, 8, 16];

/// What becomes of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// Nothing of it runs any more.
    Over(JobKey),
    /// It was reported, by its process or for it.
    Settled(JobKey),
}

/// What looking after jobs takes.
#[derive(Debug)]
pub(super) struct Care<E> {
    pub(super) launcher: Launcher,
    pub(super) proxies: Proxies,
    /// How an engine is reached of which the configuration says nothing.
    pub(super) engine: EngineEnvironment,
    /// Where news go.
    pub(super) events: UnboundedSender<E>,
    /// Set when the service ends its jobs: what the log of a job that had to be killed says.
    pub(super) aborted_by: Cell<Option<Signal>>,
}

/// A job that counts.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) claim: Claim,
    pub(super) job_id: i64,
    pub(super) runner_name: String,
    pub(super) facts: Box<Facts>,
    folder: JobFolder,
    /// Its process, if it was started here.
    process: Rc<Cell<Option<u32>>>,
}

/// All jobs of which the end is not known.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    running: BTreeMap<JobKey, Running>,
    /// Over, but not yet heard of by the coordinator.
    unsettled: Vec<JobKey>,
    next_key: u64,
}

impl Jobs {
    /// A key for a job to come.
    pub(super) fn new_key(&mut self) -> JobKey {
        self.next_key += 1;
        JobKey(self.next_key)
    }

    /// Adds what the log says of a job.
    pub(super) fn describe(&mut self, key: JobKey, facts: &Facts) {
        if let Some(running) = self.running.get_mut(&key) {
            *running.facts = facts.clone();
        }
    }

    /// Adds a job and looks after it from now on.
    pub(super) fn add<E: From<News> + 'static>(
        &mut self,
        key: JobKey,
        folder: JobFolder,
        record: Record,
        claim: Claim,
        child: Option<Child>,
        care: &Rc<Care<E>>,
    ) {
        let process = Rc::new(Cell::new(child.as_ref().and_then(Child::id)));
        let running = Running {
            claim,
            job_id: record.job_id,
            runner_name: record.runner_name.clone(),
            facts: Box::default(),
            folder: folder.clone(),
            process: Rc::clone(&process),
        };
        self.running.insert(key, running);
        self.unsettled.push(key);
        let attendance = Attendance { key, folder, record, process, care: Rc::clone(care) };
        tokio::task::spawn_local(attendance.attend(child));
    }

    /// Fails a job that could not even be recorded.
    pub(super) fn fail<E: From<News> + 'static>(&mut self, key: JobKey, job: Unrecorded, care: &Rc<Care<E>>) {
        let Unrecorded { record, error } = job;
        tracing::error!(job = record.job_id, %error, "Cannot record a job, it is reported as failed");
        self.unsettled.push(key);
        let care = Rc::clone(care);
        tokio::task::spawn_local(async move {
            let _ = care.events.send(News::Over(key).into());
            let what = format!("the runner cannot write down that it runs the job: {error}");
            deceased::report(None, &record, &what, None, &care.proxies).await;
            let _ = care.events.send(News::Settled(key).into());
        });
    }

    /// A job is over.
    pub(super) fn over(&mut self, key: JobKey) -> Option<Running> {
        self.running.remove(&key)
    }

    /// A job was reported.
    pub(super) fn settled(&mut self, key: JobKey) {
        self.unsettled.retain(|other| *other != key);
    }

    /// How many run.
    pub(super) fn running(&self) -> usize {
        self.running.len()
    }

    /// Whether all are over and reported.
    pub(super) fn are_settled(&self) -> bool {
        self.unsettled.is_empty()
    }

    /// The ids in use.
    pub(super) fn claims(&self) -> impl Iterator<Item = &Claim> + Clone {
        self.running.values().map(|running| &running.claim)
    }

    /// Owners of running jobs, to be changed.
    pub(super) fn claims_mut(&mut self) -> impl Iterator<Item = &mut Claim> {
        self.running.values_mut().map(|running| &mut running.claim)
    }

    /// Sends a signal to every job's process.
    pub(super) fn signal(&self, signal: UnixSignal) {
        for running in self.running.values() {
            if let Some(pid) = running.pid() {
                // It may have ended just now.
                let _ = nix::sys::signal::kill(pid, signal);
            }
        }
    }
}

impl Running {
    /// Its process, as far as there is one.
    fn pid(&self) -> Option<Pid> {
        let started_here = self.process.get().and_then(|pid| i32::try_from(pid).ok());
        started_here.or_else(|| self.folder.process()).map(Pid::from_raw)
    }
}

/// A job without a process.
struct Death {
    what: String,
    lock: Option<JobLock>,
}

struct Attendance<E> {
    key: JobKey,
    folder: JobFolder,
    record: Record,
    process: Rc<Cell<Option<u32>>>,
    care: Rc<Care<E>>,
}

impl<E: From<News> + 'static> Attendance<E> {
    async fn attend(self, child: Option<Child>) {
        if let Some(death) = self.wait(child).await {
            self.bury(death).await;
        } else {
            self.tell(News::Over(self.key));
        }
        self.tell(News::Settled(self.key));
    }

    fn tell(&self, news: News) {
        // The service has stopped listening when it is about to exit.
        let _ = self.care.events.send(news.into());
    }

    /// Waits for the end; gives nothing if it was a good one.
    async fn wait(&self, mut child: Option<Child>) -> Option<Death> {
        let mut starts = usize::from(child.is_some());
        loop {
            let how = match child.take() {
                Some(mut child) => child.wait().await.ok(),
                None => None,
            };
            // From now on its number may come to mean another process.
            self.process.set(None);
            let end = self.until_over(how).await;
            let lock = match end {
                Ok(End::Finished) => return None,
                Ok(End::Died { how, lock }) => return Some(Death { what: ended(how), lock: Some(lock) }),
                Ok(End::NotBegun { lock }) => lock,
                Err(error) => {
                    return Some(Death { what: format!("the job's process was lost: {error}"), lock: None });
                }
            };
            if starts >= STARTS || self.care.aborted_by.get().is_some() {
                return Some(Death {
                    what: "the job's process could not take its order".into(),
                    lock: Some(lock),
                });
            }
            starts += 1;
            drop(lock);
            match self.care.launcher.start(&self.folder) {
                Ok(started) => {
                    self.process.set(started.id());
                    child = Some(started);
                }
                Err(error) => {
                    let lock = self.lock();
                    return Some(Death {
                        what: format!("the job's process could not be started: {error}"),
                        lock,
                    });
                }
            }
        }
    }

    /// Waits for the end. A machine that is short of something for a moment does not make a job a lost one.
    async fn until_over(&self, how: Option<ExitStatus>) -> io::Result<End> {
        let mut pauses = PAUSES.into_iter();
        loop {
            match (watch::until_over(&self.folder, how).await, pauses.next()) {
                (Err(error), Some(pause)) => {
                    tracing::warn!(job = self.record.job_id, %error, "Cannot see whether a job runs, trying again");
                    tokio::time::sleep(Duration::from_secs(pause)).await;
                }
                (end, _) => return end,
            }
        }
    }

    fn lock(&self) -> Option<JobLock> {
        match self.folder.try_lock() {
            Ok(Locking::Free(lock)) => Some(lock),
            Ok(Locking::Held | Locking::Gone) | Err(_) => None,
        }
    }

    /// Ends what the job left behind, then reports it until the coordinator has heard.
    async fn bury(&self, death: Death) {
        // From now on it is a job that failed, not one that nobody has begun.
        self.folder.discard_order();
        // What it wrote since it was adopted counts: its process knows its directories.
        let noted = self.folder.record().ok().filter(|record| self.folder.is_described_by(record));
        let mut record = noted.unwrap_or_else(|| self.record.clone());
        // Which engine is asked is not the job's user's choice (`run --user`).
        record.docker.clone_from(&self.record.docker);
        let what_follows = match record.is_reported {
            true => "what is left of the job is removed",
            false => "the job is reported as failed",
        };
        tracing::error!(
            job = record.job_id,
            runner = record.short_token.as_str(),
            runner_name = record.runner_name.as_str(),
            error = death.what.as_str(),
            "The process of a job is gone, {what_follows}"
        );
        deceased::clean_up(&self.folder, &record, &self.care.engine).await;
        self.tell(News::Over(self.key));
        if !record.is_reported {
            let aborted_by = self.care.aborted_by.get().map(Signal::word);
            deceased::report(Some(&self.folder), &record, &death.what, aborted_by, &self.care.proxies).await;
        }
        if let Err(error) = self.folder.remove() {
            tracing::error!(job = record.job_id, %error, "Cannot remove the record of a job");
        }
        drop(death.lock);
    }
}

fn ended(how: Option<ExitStatus>) -> String {
    match how {
        // `signal: 9 (SIGKILL)`, `exit status: 101`
        Some(status) => format!("the job's process ended unexpectedly ({status})"),
        None => "the job's process is gone: it was killed, or the machine was restarted".to_owned(),
    }
}
