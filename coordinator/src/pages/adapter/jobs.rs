//! Jobs: pages, logs, artifacts.

use super::pipelines::tally;
use super::{Desk, beside};
use crate::files::{BrowseError, OpenArtifact};
use crate::model::{ArtifactRow, JobRow, JobView, Project};
use crate::pages::views::{
    Answer, ArtifactEntry, Download, JobPage, Oops, Preview, TestReport, TestSuite, Wanted,
};
use futures_util::stream::{BoxStream, StreamExt as _, empty, once, unfold};
use pipeline::{ArtifactAccess, JobId, Status};
use std::fs::File;
use std::io::{self, Read as _};

/// So much of a file is shown, in bytes.
const SHOWN: u64 = 512 << 10;

impl Desk {
    /// A job of this project.
    pub(super) async fn job_of(&self, project: &Project, id: JobId) -> Answer<JobView> {
        let view = self.app.kernel.job(id).await?;
        if view.row.project == project.id { Ok(view) } else { Err(Oops::NotFound) }
    }

    pub(super) async fn job_page(&self, project: &Project, id: JobId) -> Answer<JobPage> {
        let view = self.job_of(project, id).await?;
        let row = &view.row;
        let whole = self.app.kernel.pipeline(row.pipeline).await?;
        let report = self.report_of(&whole).await?;
        let opinions = match row.status {
            Status::Pending => self.app.kernel.why_pending(id).await?,
            _ => Vec::new(),
        };
        let runner = match row.runner {
            Some(runner) => self.app.kernel.runner(runner).await.ok().map(|view| view.runner.description),
            None => None,
        };
        let erased_by = match row.erased_by {
            Some(user) => Some(self.name_of(user).await),
            None => None,
        };
        Ok(JobPage {
            user: self.name_of(row.user).await,
            runner,
            opinions,
            holder: holder(row, &whole.jobs),
            erased_by,
            has_trace: self.open_trace(id).await?.is_some(),
            tests: tally(&of_job(report, id)),
            artifacts_locked: view.artifacts.iter().any(|artifact| artifact.locked),
            environment_url: self.environment_url(project, row).await?,
            siblings: whole.jobs,
            view,
        })
    }

    async fn environment_url(&self, project: &Project, row: &JobRow) -> Answer<Option<String>> {
        let Some(name) = &row.environment else { return Ok(None) };
        let found = self.app.kernel.environment_named(project.id, name).await?;
        Ok(found.and_then(|environment| environment.url))
    }

    pub(super) async fn trace_of(&self, project: &Project, id: JobId) -> Answer<Option<File>> {
        self.job_of(project, id).await?;
        self.open_trace(id).await
    }

    async fn open_trace(&self, id: JobId) -> Answer<Option<File>> {
        let traces = self.app.files.traces().clone();
        traces.look(id);
        let opened = beside(move || traces.file(id)).await?;
        let opened = opened.map_err(|error| Oops::Broken(format!("the log of job {id}: {error}")))?;
        Ok(opened.filter(|(_, length)| *length > 0).map(|(file, _)| file))
    }

    /// Changes of a log. As long as somebody follows it, its runner is asked to send often.
    pub(super) fn follow(&self, id: JobId) -> BoxStream<'static, ()> {
        let traces = self.app.files.traces().clone();
        let followed = once(async move {
            let Ok(changes) = traces.follow(id).await else { return empty().boxed() };
            unfold(changes, |mut changes| async move { changes.changed().await.ok().map(|()| ((), changes)) })
                .boxed()
        });
        followed.flatten().boxed()
    }

    /// What a job left of a kind, if it is still there.
    async fn artifact(&self, project: &Project, id: JobId, kind: &str) -> Answer<Option<ArtifactRow>> {
        let now = self.app.kernel.now();
        let view = self.job_of(project, id).await?;
        if view.row.artifact_access == ArtifactAccess::Nobody {
            return Ok(None);
        }
        Ok(view.artifacts.into_iter().find(|artifact| artifact.kind == kind && artifact.is_available(now)))
    }

    pub(super) async fn folder_of(
        &self,
        project: &Project,
        id: JobId,
        folder: &str,
    ) -> Answer<Option<Vec<ArtifactEntry>>> {
        let Some(archive) = self.artifact(project, id, "archive").await? else { return Ok(None) };
        let browsed = self.app.files.artifacts().browse(&archive.path, folder).await.map_err(unreadable)?;
        Ok(browsed.map(|browsed| {
            let entries = browsed.entries.into_iter();
            entries
                .map(|entry| ArtifactEntry { name: entry.name, folder: entry.folder, size: entry.size })
                .collect()
        }))
    }

    async fn file_of(&self, project: &Project, id: JobId, path: &str) -> Answer<OpenArtifact> {
        let archive = self.artifact(project, id, "archive").await?.ok_or(Oops::NotFound)?;
        let found = self.app.files.artifacts().extract(&archive.path, path).await.map_err(unreadable)?;
        found.ok_or(Oops::NotFound)
    }

    pub(super) async fn preview_of(&self, project: &Project, id: JobId, path: &str) -> Answer<Preview> {
        let OpenArtifact { file, size } = self.file_of(project, id, path).await?;
        let read = beside(move || {
            let mut bytes = Vec::new();
            file.take(SHOWN).read_to_end(&mut bytes).map(|_| bytes)
        });
        let bytes = read.await?.map_err(|error| Oops::Broken(format!("a file of job {id}: {error}")))?;
        Ok(Preview { text: text(&bytes), size, cut: size > SHOWN })
    }

    pub(super) async fn download_of(&self, project: &Project, id: JobId, wanted: Wanted) -> Answer<Download> {
        match wanted {
            Wanted::File(path) => {
                let open = self.file_of(project, id, &path).await?;
                Ok(Download { file: open.file, length: open.size, name: path })
            }
            Wanted::Kind(kind) => {
                let row = self.artifact(project, id, &kind).await?.ok_or(Oops::NotFound)?;
                let open = self.app.files.artifacts().read(&row.path).await;
                let open = open.map_err(|error| unreadable(BrowseError::Disk(error)))?;
                Ok(Download { file: open.file, length: open.size, name: row.filename })
            }
        }
    }
}

/// The job of the same pipeline that has the resource. One of another pipeline is not looked for.
fn holder(row: &JobRow, all: &[JobRow]) -> Option<JobId> {
    let group = row.resource_group.as_ref().filter(|_| row.status == Status::WaitingForResource)?;
    let holds = |job: &&JobRow| {
        let active = job.status == Status::Pending || job.status.is_executing();
        active && job.id != row.id && job.resource_group.as_ref() == Some(group)
    };
    all.iter().find(holds).map(|job| job.id)
}

fn of_job(report: TestReport, id: JobId) -> Vec<TestSuite> {
    report.suites.into_iter().filter(|suite| suite.job == id).collect()
}

/// Bytes as text; a character that is cut at the end is left out. Nothing for what is no text.
fn text(bytes: &[u8]) -> Option<String> {
    let whole = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    (!whole.contains('\0')).then(|| whole.to_owned())
}

fn unreadable(error: BrowseError) -> Oops {
    match error {
        BrowseError::Disk(error) if error.kind() == io::ErrorKind::NotFound => Oops::NotFound,
        BrowseError::Disk(error) => Oops::Broken(format!("an archive: {error}")),
        BrowseError::Archive(error) => Oops::Refused(format!("the archive cannot be read: {error}")),
        BrowseError::NotText => Oops::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn only_text_is_shown_as_text() {
        assert_eq!(text(b"abc").as_deref(), Some("abc"));
        assert_eq!(text("aé".as_bytes().get(..2).unwrap()).as_deref(), Some("a"));
        assert_eq!(text(b"a\xffb"), None);
        assert_eq!(text(b"a\0b"), None);
    }
}
