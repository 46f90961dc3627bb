//! What there is to replay: a payload as a coordinator hands it out, or a recording of one.

use crate::error::CliError;
use crate::jobproc::Assignment;
use crate::recording::{Content, Key, OpenError, Recording, key_beside};
use protocol::Job;
use std::io::Read as _;
use std::path::Path;

/// Most bytes of a payload, as for one that a coordinator hands out.
const LARGEST: u64 = 64 << 20;

/// Most bytes of a recording: what it shows and what it seals, in base64, with every character escaped.
const LARGEST_RECORDING: u64 = 6 * LARGEST;

/// A job to replay.
pub(super) struct Material {
    pub(super) payload: Job,
    /// How the runner ran it, where that was recorded; without the payload.
    pub(super) assignment: Option<Box<Assignment>>,
}

/// Reads a file and opens it, if that takes a key.
///
/// # Errors
/// The file, or the key, cannot be used.
pub(super) fn read(path: &Path, key: Option<&Path>) -> Result<Material, CliError> {
    let shown = path.display();
    let text = bytes(path)?;
    let Some(recording) = Recording::read(&text) else {
        if text.len() as u64 > LARGEST {
            return Err(CliError::usage(format!("{shown} is larger than any job payload")));
        }
        return Ok(Material { payload: payload(&text, path)?, assignment: None });
    };
    let unusable = |error: OpenError| {
        let hint = matches!(error, OpenError::WrongKey { .. }).then_some("--record-key names the right one");
        let error = CliError::usage(format!("the recording {shown} cannot be opened")).caused_by(&error);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    };
    let recording = recording.map_err(unusable)?;
    let beside = || key_beside(&folder_of(path));
    let key = key.map_or_else(beside, Path::to_owned);
    let key = Key::load(&key).map_err(|error| {
        CliError::usage(format!("{shown} is a recording, and cannot be opened without its key"))
            .caused_by(&error)
            .hint("--record-key names the key file that `runner run --record` used")
    })?;
    let Content { body, assignment } = recording.open(&key).map_err(unusable)?;
    Ok(Material { payload: payload(body.as_bytes(), path)?, assignment: Some(Box::new(assignment)) })
}

/// The folder that a file is in, with a name.
fn folder_of(path: &Path) -> std::path::PathBuf {
    let folder = crate::paths::folder_of_file(path);
    folder.canonicalize().unwrap_or(folder)
}

fn bytes(path: &Path) -> Result<Vec<u8>, CliError> {
    let shown = path.display();
    let cannot = |error| CliError::operation(format!("cannot read {shown}")).caused_by(&error);
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(cannot)?;
    file.take(LARGEST_RECORDING + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > LARGEST_RECORDING {
        return Err(CliError::usage(format!("{shown} is larger than any job payload")));
    }
    Ok(bytes)
}

fn payload(body: &[u8], path: &Path) -> Result<Job, CliError> {
    let shown = path.display();
    let payload = Job::from_json(body).map_err(|error| {
        CliError::usage(format!("{shown} is not a job payload"))
            .caused_by(&error)
            .hint("a payload is the JSON that GitLab answers to POST /api/v4/jobs/request")
    })?;
    match crate::jobproc::refusal(&payload) {
        Some(refusal) => Err(CliError::usage(format!("{shown} is not accepted as a job")).because(refusal)),
        None => Ok(payload),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(content: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        let error = read(file.path(), None).err().unwrap().one_line();
        error.replace(&file.path().display().to_string(), "FILE")
    }

    #[test]
    fn what_is_no_payload_is_named() {
        assert_eq!(
            refused("<html>"),
            "FILE is not a job payload: the job payload is not valid JSON (line 1, column 1)"
        );
        assert_eq!(refused("{}"), "FILE is not a job payload: the job payload lacks `id`");
        assert_eq!(
            refused(r#"{"id": 1, "token": "t", "steps": [{"script": 1}]}"#),
            "FILE is not a job payload: the job payload has a value of an unexpected type at `steps[0].script`"
        );
        assert_eq!(
            refused(r#"{"format": "runner recording 2"}"#),
            "the recording FILE cannot be opened: it has a form that this version does not know"
        );
        let error = read(Path::new("/nonexistent/x.json"), None).err().unwrap().one_line();
        assert!(error.starts_with("cannot read /nonexistent/x.json: "), "{error}");
    }

    #[test]
    fn a_recording_wants_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let records = folder.path().join("records");
        std::fs::create_dir(&records).unwrap();
        let key = Key::load_or_create(&folder.path().join("records.key")).unwrap();
        let other = folder.path().join("other.key");
        Key::load_or_create(&other).unwrap();
        let mut assignment = crate::jobproc::testing::assignment(7);
        let body = br#"{"id": 7, "token": "tok", "steps": [{"name": "script", "script": ["a"]}]}"#;
        assignment.order.payload = Job::from_json(body).unwrap();
        let file = records.join("x.json");
        std::fs::write(&file, Recording::seal(assignment, body, &key).unwrap().text().unwrap()).unwrap();

        let material = read(&file, None).unwrap();
        assert_eq!((material.payload.id, material.payload.token.expose()), (7, "tok"));
        assert_eq!(material.assignment.unwrap().order.runner_name, "rig");
        let error = read(&file, Some(&other)).err().unwrap().one_line();
        assert!(error.contains("sealed with another key"), "{error}");
        std::fs::remove_file(folder.path().join("records.key")).unwrap();
        let error = read(&file, None).err().unwrap().one_line();
        assert!(error.contains("cannot be opened without its key"), "{error}");
    }
}
