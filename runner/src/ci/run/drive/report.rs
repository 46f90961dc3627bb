//! What became of jobs, and of the run.

use super::hands::{Hands, Left};
use super::{Driver, RunEnd};
use crate::ci::run::news::{JobReport, News};
use pipeline::{Job, JobId, Status};

impl<H: Hands + 'static> Driver<H> {
    /// Tells how a job ended that is over.
    pub(super) fn report(&mut self, flow: usize, job: JobId) {
        let left = self.left.remove(&job).unwrap_or_default();
        let of = &self.flows[flow];
        let Some(job) = of.pipeline.job(job) else { return };
        let report = report(of.name_of(job), job, left);
        self.hands.note(&report, &job.spec.stage);
        self.tell(&News::Finished(Box::new(report)));
    }

    /// Notes the jobs of a pipeline that begins, so that it is known what was not reached if all ends here.
    pub(super) fn note_all(&self, flow: usize) {
        let of = &self.flows[flow];
        for job in of.pipeline.jobs() {
            self.hands.note(&report(of.name_of(job), job, Left::default()), &job.spec.stage);
        }
    }

    /// Tells of all that will not run, and ends.
    pub(super) fn finish(mut self) -> RunEnd {
        for flow in 0..self.flows.len() {
            self.tell_of_the_rest(flow);
        }
        let main = &self.flows[0];
        let status = main.pipeline.status;
        let failed = main.has_failed() || (status.is_alive() && status != Status::Created);
        self.tell(&News::Done { status, elapsed: self.clock.elapsed() });
        RunEnd { status, failed, stopped: self.stopped }
    }

    fn tell_of_the_rest(&mut self, flow: usize) {
        let of = &self.flows[flow];
        let stays = |job: &&Job| !job.status.is_complete();
        let jobs: Vec<JobId> = of.pipeline.latest().filter(stays).map(|job| job.id).collect();
        let stuck =
            |id: &&JobId| of.pipeline.job(**id).is_some_and(|job| job.status == Status::WaitingForResource);
        if let Some(stuck) = jobs.iter().find(stuck).and_then(|job| of.name(*job)) {
            let text =
                format!("`{}` waits for its resource group, and nobody will ever release it", stuck.name);
            self.tell(&News::Warning(text));
        }
        let of = &self.flows[flow];
        let waits = of.parent.is_some_and(|(above, bridge)| {
            self.flows[above].pipeline.job(bridge).is_some_and(|job| job.status == Status::Success)
        });
        if waits && of.has_failed() {
            let name = of.path.join(" > ");
            let text =
                format!("the pipeline of `{name}` failed, which its bridge does not look at (no strategy)");
            self.tell(&News::Warning(text));
        }
        for job in jobs {
            self.report(flow, job);
        }
        let left_out: Vec<_> = self.flows[flow].left_out().to_vec();
        for (job, _, status) in left_out {
            let report = JobReport {
                job,
                status,
                exit_code: None,
                allow_failure: false,
                failure_reason: None,
                log: None,
                coverage: None,
                artifacts: Vec::new(),
                caches: Vec::new(),
                duration: None,
                queued: None,
                retried: false,
            };
            self.tell(&News::Finished(Box::new(report)));
        }
    }
}

fn report(name: crate::ci::run::news::JobName, job: &Job, left: Left) -> JobReport {
    let between = |from: Option<pipeline::Moment>, to: Option<pipeline::Moment>| {
        Some(super::clock::between(from?, to?))
    };
    JobReport {
        job: name,
        status: job.status,
        exit_code: job.exit_code.and_then(|code| i32::try_from(code).ok()),
        allow_failure: job.allow_failure,
        failure_reason: job.failure_reason.clone(),
        log: left.log,
        coverage: left.coverage,
        artifacts: left.artifacts,
        caches: left.caches,
        duration: left.duration.or_else(|| between(job.started_at, job.finished_at)),
        queued: between(job.queued_at, job.started_at),
        retried: job.retried,
    }
}
