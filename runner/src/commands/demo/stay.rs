//! After the pipeline: the demo goes on, and tells of what is done in the browser, or pushed.

use super::follow::Follower;
use crate::ci::news::{JobReport, News, Show};
use crate::ci::show::{label, lasted, paint, sign};
use crate::error::CliError;
use crate::terminal::{Paint, Style, clean};
use coordinator::Running;
use coordinator::kernel::Topic;
use coordinator::model::{Page, PipelineFilter, ProjectId};
use pipeline::{PipelineId, Status};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

/// The newest pipelines that are looked at.
const PIPELINES: u32 = 20;

/// Tells of all pipelines of the project for as long as the coordinator runs. `first` was told of.
pub(super) async fn stay(
    running: &Running,
    data: &Path,
    project: ProjectId,
    first: (PipelineId, Follower),
    show: &mut dyn Show,
) -> Result<(), CliError> {
    let failed = |error: &dyn std::error::Error| {
        CliError::operation("the project's pipelines cannot be looked at").caused_by(error)
    };
    let mut changes = running.kernel.watch(Topic::Project(project));
    let mut known = BTreeMap::from([first]);
    loop {
        let filter = PipelineFilter { children: true, ..PipelineFilter::default() };
        let newest = running.kernel.pipelines(Some(project), filter, Page::new(1, PIPELINES)).await;
        for row in newest.map_err(|error| failed(&error))?.items.iter().rev() {
            let follower =
                known.entry(row.id).or_insert_with(|| Follower::new(running, data.to_owned(), row.id, None));
            follower.look(&mut |news| show.tell(news)).await?;
        }
        if !changes.changed().await {
            return Ok(());
        }
    }
}

/// A line for each job that starts or ends.
pub(super) struct Lines {
    pub(super) style: Style,
}

impl Lines {
    fn line(&self, name: &str, status: Status, allow_failure: bool, more: &str) {
        let colour = paint(status, allow_failure);
        let word = format!("{} {}", sign(status, allow_failure), clean(name));
        let word = self.style.paint(colour, word);
        self.write(&format!("{word} {}{more}", label(status, allow_failure)));
    }

    fn write(&self, line: &str) {
        let mut stdout = std::io::stdout().lock();
        // A reader that went away ends no demo.
        let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
    }

    fn finished(&self, report: &JobReport) {
        let time = report.duration.map(|time| format!(" in {}", lasted(time))).unwrap_or_default();
        self.line(&report.job.name, report.status, report.allow_failure, &time);
    }
}

impl Show for Lines {
    fn tell(&mut self, news: &News) {
        match news {
            News::Created { jobs, .. } => {
                let number = crate::terminal::counted(jobs.len(), "job");
                self.write(&self.style.paint(Paint::Strong, format!("a new pipeline: {number}")));
            }
            News::Started { job } => self.line(&job.name, Status::Running, false, ""),
            News::Finished(report) => self.finished(report),
            News::Status { .. }
            | News::Log { .. }
            | News::Retried { .. }
            | News::Note(_)
            | News::Warning(_)
            | News::Done { .. } => {}
        }
    }
}
