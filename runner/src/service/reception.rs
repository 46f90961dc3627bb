//! From a payload that arrived to the process that runs it.

use super::ids::{self, Claim};
use super::launch::Launcher;
use super::poll::Arrival;
use super::schedule::Owner;
use super::section::Section;
use crate::jobproc::{self, Assignment, JobFolder, Logging, Record};
use crate::recording::Recorder;
use executor_shell::Cgroups;
use job::Order;
use std::io;
use std::path::PathBuf;
use tokio::process::Child;

/// Threads that only wait for the disk need next to no stack.
const STACK: usize = 64 * 1024;

/// What all jobs have in common.
#[derive(Debug)]
pub(super) struct Reception {
    /// Where folders of jobs go.
    pub(super) jobs: PathBuf,
    /// Where jobs can have control groups.
    pub(super) cgroups: Cgroups,
    /// This machine's id.
    pub(super) system_id: String,
    /// What this service calls itself, unlike any other on this machine.
    pub(super) keeper: String,
    /// What relative paths of the configuration are relative to.
    pub(super) working_directory: PathBuf,
    /// What jobs with containers share.
    pub(super) shared: PathBuf,
    /// Who runs the jobs, if not this process's user.
    pub(super) user: Option<String>,
    /// The log, of which the jobs' processes write a part.
    pub(super) log: crate::logging::Handle,
    /// Keeps payloads, if that is wanted.
    pub(super) recorder: Option<Recorder>,
}

/// A job that was received.
pub(super) struct Started {
    pub(super) folder: JobFolder,
    pub(super) record: Record,
    pub(super) claim: Claim,
    /// Its process, unless that has to be tried again.
    pub(super) child: Option<Child>,
}

/// A job that cannot even be recorded.
#[derive(Debug)]
pub(super) struct Unrecorded {
    pub(super) record: Box<Record>,
    pub(super) error: io::Error,
}

impl Reception {
    /// Records a job and starts its process. It counts for `owner`: the section's, unless its token was replaced.
    pub(super) fn receive<'a>(
        &self,
        launcher: &Launcher,
        claims: impl Iterator<Item = &'a Claim> + Clone,
        section: &Section,
        owner: Owner,
        mut arrival: Arrival,
    ) -> Result<Started, Unrecorded> {
        let body = arrival.body.take();
        let claim = ids::allot(owner, arrival.payload.job_info.project_id, claims);
        let assignment = self.assignment(section, arrival, &claim);
        let record = Record::of(&assignment);
        let folder = match JobFolder::create(&self.jobs, &assignment) {
            Ok(folder) => folder,
            Err(error) => return Err(Unrecorded { record: Box::new(record), error }),
        };
        let child = match launcher.start(&folder) {
            Ok(child) => Some(child),
            Err(error) => {
                tracing::error!(job = record.job_id, %error, "Cannot start the process of a job");
                None
            }
        };
        sync_in_background(&folder);
        // The job runs by now, and nothing waits for this.
        if let (Some(recorder), Some(body)) = (&self.recorder, body) {
            recorder.take(assignment, body);
        }
        Ok(Started { folder, record, claim, child })
    }

    fn assignment(&self, section: &Section, arrival: Arrival, claim: &Claim) -> Assignment {
        let trail = jobproc::trail(arrival.payload.id, &self.cgroups);
        let order = Order {
            payload: arrival.payload,
            url: section.owner.url.clone(),
            runner_name: section.config.name.clone(),
            short_token: section.short().to_owned(),
            system_id: self.system_id.clone(),
            info: crate::info::of_section(&section.config),
            concurrent_id: claim.concurrent_id,
            concurrent_project_id: claim.concurrent_project_id,
            correlation_id: arrival.correlation_id,
            tls: section.tls_files(arrival.ca_chain),
            settings: section.job_settings(&self.working_directory),
            sources: job::Sources::Repository,
        };
        Assignment {
            order,
            coordinator: section.coordinator.clone(),
            docker: section.docker_order(&self.keeper, &self.shared),
            shell: section.shell_settings(),
            trail,
            user: self.user.clone(),
            refusal: arrival.refusal,
            logging: Logging::of(&self.log),
        }
    }
}

/// Writes the folder to the disk, so that the job is not forgotten by a loss of power; nobody waits for it.
fn sync_in_background(folder: &JobFolder) {
    let folder = folder.clone();
    let thread = std::thread::Builder::new().name("sync".into()).stack_size(STACK);
    if let Err(error) = thread.spawn(move || folder.sync()) {
        tracing::debug!(%error, "Cannot start a thread that writes a record to the disk");
    }
}
