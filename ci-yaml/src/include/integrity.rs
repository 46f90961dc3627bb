//! `integrity` of remote files.

use super::failure::theirs;
use super::location::Location;
use crate::Diagnostic;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

const PREFIX: &str = "sha256-";

/// Compares a file with the digest that was written beside its URL, if there is one.
///
/// # Errors
/// Where they differ.
pub(super) fn check(source: &Location, bytes: &[u8], shown: &str) -> Result<(), Diagnostic> {
    let Some(node) = source.present("integrity") else { return Ok(()) };
    let digest = STANDARD.encode(Sha256::digest(bytes));
    let written = node.as_str().and_then(|text| text.strip_prefix(PREFIX));
    if written == Some(&*digest) {
        return Ok(());
    }
    let error =
        theirs("include-integrity", format!("Remote file `{shown}` failed integrity check!")).at(node.span);
    Err(match written {
        None => error.note("integrity hash must start with 'sha256-'"),
        Some(text) if STANDARD.decode(text).is_err() => error.note("integrity hash must be base64 encoded"),
        Some(_) => error.help(format!("The file as it is now has `{PREFIX}{digest}`.")),
    })
}
