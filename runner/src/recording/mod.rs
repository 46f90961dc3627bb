//! Recordings: what the service was handed for a job, kept so that the job can be run again (`runner replay`).
//!
//! A recording is one JSON object:
//!
//! | Key | What it is |
//! |---|---|
//! | `format` | `runner recording 1` |
//! | `key` | which key opens it: eight bytes of a hash of it |
//! | `job` | what anybody may see: names, scripts, public values ([`shown`]) |
//! | `salt` | 32 random bytes, in base64 |
//! | `sealed` | everything, in base64: the payload's bytes as they came, and how the runner would run it |
//!
//! `sealed` is encrypted with ChaCha20-Poly1305 and a key of its own, derived from the key file and `salt` with
//! HKDF-SHA256; `format`, `key` and `job` are authenticated with it, so that nobody changes what is seen either.
//!
//! The key file ([`key`]) lies beside the folder of recordings, never in it: who copies the folder has no secrets yet.

mod folder;
mod key;
mod recorder;
mod seal;
mod shown;

#[cfg(test)]
mod tests;

pub(crate) use key::Key;
#[cfg(test)]
use key::KeyError;
pub(crate) use recorder::{Recorder, Settings};

use crate::jobproc::Assignment;
use protocol::Job;
use seal::SealError;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The first and only form.
const FORMAT: &str = "runner recording 1";

/// What every form's name begins with.
const FORMATS: &str = "runner recording ";

/// What is sealed.
#[derive(Serialize, Deserialize)]
pub(crate) struct Content {
    /// The payload as it came.
    pub(crate) body: String,
    /// How the runner would run it; its payload is empty, and it has no token of the runner.
    pub(crate) assignment: Assignment,
}

/// A recording whose content is not opened.
#[derive(Serialize, Deserialize)]
pub(crate) struct Recording {
    format: String,
    key: String,
    job: Value,
    #[serde(with = "seal::text")]
    salt: Vec<u8>,
    #[serde(with = "seal::text")]
    sealed: Vec<u8>,
}

/// Why a recording cannot be opened. Shows nothing of what is in it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// A later runner made it, or nobody did.
    #[error("it has a form that this version does not know")]
    Form,
    /// Not the right key.
    #[error("it was sealed with another key ({wanted}, and this one is {given})")]
    WrongKey {
        /// The key's id as the recording has it.
        wanted: String,
        /// The id of the key given.
        given: String,
    },
    /// It was changed, or cut.
    #[error("it is damaged, or was tampered with")]
    Damaged,
}

/// Why nothing can be recorded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// The payload is no text.
    #[error("the payload is not UTF-8")]
    Text,
    /// It cannot be written down.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// Encryption failed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl Recording {
    /// Seals what a job's process is told, with the payload's bytes as they came.
    ///
    /// # Errors
    /// There are no random numbers, or the payload is no text.
    pub(crate) fn seal(mut assignment: Assignment, body: &[u8], key: &Key) -> Result<Self, RecordError> {
        let body = std::str::from_utf8(body).map_err(|_| RecordError::Text)?.to_owned();
        let job = shown::shown(&assignment);
        assignment.order.payload = Job::default();
        if let Some(docker) = &mut assignment.docker {
            // Names are made of its first characters. The rest is no job's business.
            docker.token = assignment.order.short_token.as_str().into();
        }
        let content = serde_json::to_vec(&Content { body, assignment })?;
        let aside = aside(FORMAT, key.id(), &job);
        let (salt, sealed) = seal::seal(key, &aside, content)?;
        Ok(Self { format: FORMAT.to_owned(), key: key.id().to_owned(), job, salt, sealed })
    }

    /// Reads a recording, if a text is one or claims to be.
    pub(crate) fn read(text: &[u8]) -> Option<Result<Self, OpenError>> {
        #[derive(Deserialize)]
        struct Claim {
            format: String,
        }
        let claim: Claim = serde_json::from_slice(text).ok()?;
        if !claim.format.starts_with(FORMATS) {
            return None;
        }
        if claim.format != FORMAT {
            return Some(Err(OpenError::Form));
        }
        Some(serde_json::from_slice(text).map_err(|_| OpenError::Damaged))
    }

    /// Opens it.
    ///
    /// # Errors
    /// The key is another one, or the recording was changed.
    pub(crate) fn open(self, key: &Key) -> Result<Content, OpenError> {
        if self.key != key.id() {
            return Err(OpenError::WrongKey { wanted: self.key, given: key.id().to_owned() });
        }
        let aside = aside(&self.format, &self.key, &self.job);
        let content = seal::open(key, &self.salt, &aside, self.sealed).ok_or(OpenError::Damaged)?;
        serde_json::from_slice(&content).map_err(|_| OpenError::Damaged)
    }

    /// The file's content.
    ///
    /// # Errors
    /// It cannot be written down.
    pub(crate) fn text(&self) -> serde_json::Result<Vec<u8>> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        Ok(text)
    }
}

/// What is authenticated beside the content. There are no fractions in it, so reading and writing changes nothing.
fn aside(format: &str, key: &str, job: &Value) -> Vec<u8> {
    json!([format, key, job]).to_string().into_bytes()
}

/// Where the key of a folder of recordings is unless told otherwise.
pub(crate) fn key_beside(folder: &Path) -> PathBuf {
    let mut name = folder.file_name().unwrap_or(folder.as_os_str()).to_owned();
    name.push(".key");
    folder.with_file_name(name)
}
