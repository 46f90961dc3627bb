//! Artifacts as jobs see them: real files, and a coordinator that answers over HTTP.

mod downloads;
mod selection;
mod stops;
mod uploads;

use super::download::{ALWAYS_ALLOWED, Downloader, download};
use super::meter::Meter;
use super::{download_all, upload_all};
use crate::testing::{GitOnly, Kept, Reply, Server, kept};
use crate::variables::testing::{Resolved, order};
use crate::{StageError, Transfer};
use client::{ApiClient, Endpoint};
use protocol::{Artifact, ArtifactsFile, Dependency};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A repeat at once, of the HTTP client's own.
const AT_ONCE: &str = "Retry-After: 0\r\n";

/// A job with artifacts.
struct Rig {
    root: tempfile::TempDir,
    job: Resolved,
    stop: CancellationToken,
}

fn artifact(name: &str, paths: &[&str]) -> Artifact {
    Artifact {
        name: name.to_owned(),
        paths: paths.iter().map(|&path| path.to_owned()).collect(),
        artifact_format: "zip".to_owned(),
        artifact_type: "archive".to_owned(),
        ..Artifact::default()
    }
}

fn dependency(id: i64) -> Dependency {
    Dependency {
        id,
        name: format!("job-{id}"),
        token: "glcbt-64_0010007abcdef".into(),
        artifacts_file: ArtifactsFile { filename: "artifacts.zip".to_owned(), size: 100 },
    }
}

impl Rig {
    fn new(artifacts: &[Artifact]) -> Self {
        Self::with(&[], artifacts)
    }

    fn with(variables: &[(&str, &str)], artifacts: &[Artifact]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut order = order(variables);
        order.payload.id = 42;
        order.payload.artifacts = artifacts.to_vec();
        order.settings.retry_pause = Duration::from_millis(1);
        let job = Resolved::new(order, root.path());
        fs::create_dir_all(&job.workspace.project_dir).unwrap();
        Self { root, job, stop: CancellationToken::new() }
    }

    fn project(&self) -> &Path {
        &self.job.workspace.project_dir
    }

    fn path(&self, name: &str) -> PathBuf {
        self.project().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), content).unwrap();
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path(name)).ok()
    }

    /// Uploads to a folder: what is said, and where the files are.
    async fn keep(&self, success: bool) -> (Result<(), StageError>, Vec<String>, PathBuf) {
        let folder = self.root.path().join("kept");
        let output = kept();
        let transfer = Transfer::Folder(folder.clone());
        let view = self.job.view();
        let result = upload_all(view, &mut GitOnly, &transfer, output.clone(), &self.stop, success).await;
        (result, output.lines(), folder)
    }

    /// Uploads to a coordinator after a success.
    async fn upload(&self, server: &Server) -> (Result<(), StageError>, Vec<String>) {
        let output = kept();
        let (view, transfer) = (self.job.view(), coordinator(server));
        let result = upload_all(view, &mut GitOnly, &transfer, output.clone(), &self.stop, true).await;
        (result, output.lines())
    }

    /// Downloads what the job depends on.
    async fn download(
        &mut self,
        server: &Server,
        from: &[Dependency],
    ) -> (Result<(), StageError>, Vec<String>) {
        self.job.order.payload.dependencies = from.to_vec();
        let output = kept();
        let (view, transfer) = (self.job.view(), coordinator(server));
        let result = download_all(view, &GitOnly, &transfer, output.clone(), &self.stop).await;
        (result, output.lines())
    }
}

fn coordinator(server: &Server) -> Transfer {
    let endpoint = Endpoint { url: server.url(), ..Endpoint::default() };
    Transfer::Coordinator(Arc::new(ApiClient::new(endpoint).unwrap()))
}

/// A zip file of these files.
fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let cancel = std::sync::atomic::AtomicBool::new(false);
    let paths: Vec<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
    let request = archive::Request {
        project: folder.path(),
        paths: &paths,
        exclude: &[],
        untracked: None,
        cancel: &cancel,
    };
    let entries = archive::select(&request).unwrap().entries;
    let options = archive::PackOptions {
        format: archive::Format::Zip,
        level: archive::Level::Default,
        threads: 1,
        cancel: &cancel,
    };
    let mut bytes = Vec::new();
    archive::pack(folder.path(), &entries, &options, &mut bytes).unwrap();
    bytes
}

/// The files of an archive, extracted.
fn unpacked(archive: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("archive");
    fs::write(&file, archive).unwrap();
    let target = folder.path().join("files");
    fs::create_dir(&target).unwrap();
    let cancel = std::sync::atomic::AtomicBool::new(false);
    let options = archive::UnpackOptions { threads: 1, limits: archive::Limits::default(), cancel: &cancel };
    archive::unpack(&fs::File::open(&file).unwrap(), &target, &options).unwrap();
    folder
}

/// The names of all files below a directory, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort_unstable();
    names
}

/// Whether any line contains the text.
fn says(lines: &[String], text: &str) -> bool {
    lines.iter().any(|line| line.contains(text))
}

/// How many lines contain the text.
fn times(lines: &[String], text: &str) -> usize {
    lines.iter().filter(|line| line.contains(text)).count()
}
