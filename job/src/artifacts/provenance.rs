//! The statement about where artifacts come from: `RUNNER_GENERATE_ARTIFACTS_METADATA`.
//!
//! An in-toto statement with a SLSA v1 provenance, as gitlab-runner documents it. It is written beside the files,
//! where gitlab-runner leaves it, too, and goes into their archive.

use crate::StageError;
use crate::blocking;
use crate::files::{Site, system_text};
use crate::notice::{self, Level};
use crate::variables::JobView;
use archive::{Entry, Kind, Selection};
use executor::Executor;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The statement of one artifact, but for its files.
#[derive(Clone, Debug)]
pub(crate) struct Provenance {
    file_name: String,
    predicate: Predicate,
}

/// What is known of the job.
#[derive(Clone, Debug)]
struct Predicate {
    /// Names of all variables; their values are nobody's business.
    variables: Vec<String>,
    job_id: i64,
    job_name: String,
    project_url: String,
    sha: String,
    runner_id: String,
    runner_name: String,
    executor: String,
    architecture: String,
    program: String,
    revision: String,
    started_at: String,
}

impl Provenance {
    /// The statement for an artifact of that name.
    pub(super) fn of(view: JobView<'_>, artifact: &str) -> Self {
        let (order, variables) = (view.order, view.variables);
        let predicate = Predicate {
            variables: variables.iter().map(|v| v.key.clone()).collect(),
            job_id: order.payload.id,
            job_name: order.payload.job_info.name.clone(),
            project_url: variables.get("CI_PROJECT_URL").into_owned(),
            sha: order.payload.git_info.sha.clone(),
            runner_id: variables.get("CI_RUNNER_ID").into_owned(),
            runner_name: order.runner_name.clone(),
            executor: order.info.executor.clone(),
            architecture: order.info.architecture.clone(),
            program: order.info.name.clone(),
            revision: order.info.revision.clone(),
            started_at: variables.get("CI_JOB_STARTED_AT").into_owned(),
        };
        Self { file_name: format!("{artifact}-metadata.json"), predicate }
    }

    fn statement(&self, subject: &[Value], finished_at: &str) -> Value {
        json!({
            "_type": "https://in-toto.io/Statement/v0.1",
            "predicateType": "https://slsa.dev/provenance/v1",
            "subject": subject,
            "predicate": self.predicate.to_json(finished_at),
        })
    }
}

impl Predicate {
    fn to_json(&self, finished_at: &str) -> Value {
        let mut parameters: Map<String, Value> =
            self.variables.iter().map(|name| (name.clone(), Value::from(""))).collect();
        parameters.insert("entryPoint".to_owned(), self.job_name.clone().into());
        parameters.insert("source".to_owned(), self.project_url.clone().into());
        let id = self.job_id.to_string();
        json!({
            "buildDefinition": {
                "buildType": format!(
                    "https://gitlab.com/gitlab-org/gitlab-runner/-/blob/v{}/PROVENANCE.md",
                    protocol::FOLLOWED_VERSION
                ),
                "externalParameters": parameters,
                "internalParameters": {
                    "name": self.runner_name,
                    "executor": self.executor,
                    "architecture": self.architecture,
                    "job": id,
                },
                "resolvedDependencies": [{"uri": self.project_url, "digest": {"sha256": self.sha}}],
            },
            "runDetails": {
                "builder": {
                    "id": format!("{}/-/runners/{}", self.project_url, self.runner_id),
                    "version": {&*self.program: self.revision},
                },
                "metadata": {
                    "invocationID": id,
                    "startedOn": self.started_at,
                    "finishedOn": finished_at,
                },
            },
        })
    }
}

/// Writes the statement about the selected files, and selects it, too.
pub(super) async fn add<E: Executor>(
    site: &Site<'_, E>,
    provenance: &Provenance,
    selection: &mut Selection,
) -> Result<(), StageError> {
    notice::helper(&site.output, Level::Info, "Generating artifacts statement", &[]);
    let (project, provenance) = (site.project.to_owned(), provenance.clone());
    let mut taken = std::mem::take(selection);
    let written = blocking::run(&site.stop, move |cancel| {
        let path = write(&project, &provenance, &taken.entries, cancel)?;
        taken.add(&project, Path::new(&path))?;
        Ok(taken)
    });
    match written.await? {
        Ok(more) => {
            *selection = more;
            Ok(())
        }
        Err(_) if site.stop.is_cancelled() => Err(StageError::Stopped),
        Err(error) => Err(site.fatal(&format!("cannot write the artifacts statement: {}", told(&error)))),
    }
}

fn told(error: &io::Error) -> String {
    system_text(error)
}

/// Writes the file anew, whatever the job has put in its place; its path in the project.
fn write(
    project: &Path,
    provenance: &Provenance,
    entries: &[Entry],
    cancel: &AtomicBool,
) -> io::Result<String> {
    let own = Path::new(&provenance.file_name);
    let files = entries.iter().filter(|e| e.kind() == Kind::File && e.path() != own);
    // A file that is gone, or not ours to read, is not packed either.
    let subject: Vec<Value> = files
        .filter_map(|entry| match digest(&project.join(entry.path()), cancel) {
            Ok(digest) => {
                Some(Ok(json!({"name": entry.path().to_string_lossy(), "digest": {"sha256": digest}})))
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Some(Err(error)),
            Err(_) => None,
        })
        .collect::<io::Result<_>>()?;
    let finished_at = OffsetDateTime::now_utc().format(&Rfc3339).map_err(io::Error::other)?;
    let mut file = tempfile::NamedTempFile::new_in(project)?;
    serde_json::to_writer_pretty(&mut file, &provenance.statement(&subject, &finished_at))?;
    file.flush()?;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    file.persist(project.join(own)).map_err(|error| error.error)?;
    Ok(provenance.file_name.clone())
}

/// SHA-256 of a file, in lower-case digits.
fn digest(path: &Path, cancel: &AtomicBool) -> io::Result<String> {
    let flags = nix::libc::O_NOFOLLOW | nix::libc::O_NONBLOCK;
    let mut file: File = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        if cancel.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match file.read(&mut buffer)? {
            0 => break,
            length => hash.update(&buffer[..length]),
        }
    }
    Ok(hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::testing::{Resolved, order};
    use std::os::unix::fs::symlink;

    fn provenance() -> Provenance {
        let mut order =
            order(&[("CI_PROJECT_URL", "https://h/g/p"), ("CI_RUNNER_ID", "7"), ("SECRET", "hunter2")]);
        order.payload.git_info.sha = "abc".to_owned();
        order.payload.job_info.name = "build".to_owned();
        let resolved = Resolved::new(order, Path::new("/r"));
        Provenance::of(resolved.view(), "pack")
    }

    fn selected(project: &Path) -> Selection {
        let request = archive::Request {
            project,
            paths: &["**".to_owned()],
            exclude: &[],
            untracked: None,
            cancel: &AtomicBool::new(false),
        };
        archive::select(&request).unwrap()
    }

    #[test]
    fn files_are_named_with_their_digest_and_variables_without_values() {
        let project = tempfile::tempdir().unwrap();
        std::fs::create_dir(project.path().join("d")).unwrap();
        std::fs::write(project.path().join("d/f"), "").unwrap();
        symlink("d/f", project.path().join("link")).unwrap();
        let outside = tempfile::NamedTempFile::new().unwrap();
        symlink(outside.path(), project.path().join("pack-metadata.json")).unwrap();
        let entries = selected(project.path()).entries;
        let path = write(project.path(), &provenance(), &entries, &AtomicBool::new(false)).unwrap();
        let text = std::fs::read_to_string(project.path().join(path)).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(value["subject"], json!([{"name": "d/f", "digest": {"sha256": empty}}]));
        let definition = &value["predicate"]["buildDefinition"];
        assert_eq!(definition["externalParameters"]["SECRET"], "");
        assert_eq!(definition["externalParameters"]["entryPoint"], "build");
        assert_eq!(definition["resolvedDependencies"][0]["digest"]["sha256"], "abc");
        assert_eq!(value["predicate"]["runDetails"]["builder"]["id"], "https://h/g/p/-/runners/7");
        assert!(!text.contains("hunter2"));
        // A link in its place was replaced and not written through.
        assert_eq!(std::fs::read(outside.path()).unwrap(), b"");
    }

    #[test]
    fn a_stop_is_an_error_and_leaves_nothing() {
        let project = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join("f"), "x").unwrap();
        let entries = selected(project.path()).entries;
        assert!(write(project.path(), &provenance(), &entries, &AtomicBool::new(true)).is_err());
        assert_eq!(std::fs::read_dir(project.path()).unwrap().count(), 1);
    }
}
