//! Uploaded artifacts, as they are kept.

use crate::zip;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use std::io::Read;
use std::time::Instant;

/// What is in an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Members of a zip archive.
    Zip(Vec<zip::Entry>),
    /// All gzip members, unpacked, one after the other.
    Gunzipped(Vec<u8>),
    /// The bytes themselves.
    Raw(Vec<u8>),
    /// It is not what its format says.
    Broken(String),
}

/// An upload that was accepted.
#[derive(Clone, Debug)]
pub struct StoredArtifact {
    /// `artifact_type`, `archive` where none was sent.
    pub artifact_type: String,
    /// `artifact_format`, `zip` where none was sent.
    pub format: String,
    /// The name of the file.
    pub filename: String,
    /// `expire_in`, if sent.
    pub expire_in: Option<String>,
    /// The file.
    pub bytes: Bytes,
    /// When it was accepted.
    pub at: Instant,
}

impl StoredArtifact {
    /// What is in it.
    pub fn listing(&self) -> Listing {
        match self.format.as_str() {
            "gzip" => {
                let mut out = Vec::new();
                match MultiGzDecoder::new(&self.bytes[..]).read_to_end(&mut out) {
                    Ok(_) => Listing::Gunzipped(out),
                    Err(error) => Listing::Broken(error.to_string()),
                }
            }
            "raw" => Listing::Raw(self.bytes.to_vec()),
            "zip" => zip::read(&self.bytes).map_or_else(Listing::Broken, Listing::Zip),
            other => Listing::Broken(format!("format {other}")),
        }
    }

    /// The bytes of one member of a zip archive.
    pub fn member(&self, name: &str) -> Option<Vec<u8>> {
        match self.listing() {
            Listing::Zip(entries) => entries.into_iter().find(|e| e.name == name).map(|e| e.data),
            Listing::Gunzipped(_) | Listing::Raw(_) | Listing::Broken(_) => None,
        }
    }
}
