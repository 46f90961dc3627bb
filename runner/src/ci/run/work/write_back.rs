//! `--write-back`: artifacts of successful jobs in the checkout.

use crate::ci::run::news::{KeptArtifact, News};
use archive::{Limits, UnpackOptions, unpack};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// Unpacks a job's archive into the work tree. Nothing of it gets out of there, whatever the archive says; what
/// cannot be written is told.
pub(super) async fn write_back(name: &str, artifacts: &[KeptArtifact], root: &Path, tell: &dyn Fn(News)) {
    let archives: Vec<PathBuf> =
        artifacts.iter().filter(|kept| kept.kind == "archive").map(|kept| kept.path.clone()).collect();
    for archive in archives {
        let root = root.to_owned();
        let work = move || {
            let file = File::open(&archive).map_err(|error| error.to_string())?;
            let cancel = AtomicBool::new(false);
            let options = UnpackOptions { threads: 0, limits: Limits::default(), cancel: &cancel };
            unpack(&file, &root, &options).map_err(|error| super::in_words(&error))
        };
        let text = match tokio::task::spawn_blocking(work).await {
            Ok(Ok(unpacked)) => {
                for note in &unpacked.notes {
                    tell(News::Warning(format!("`{name}`: {note}")));
                }
                let entries =
                    crate::terminal::counted(usize::try_from(unpacked.entries).unwrap_or(usize::MAX), "path");
                tell(News::Note(format!("`{name}`: {entries} of its artifacts written to the work tree")));
                continue;
            }
            Ok(Err(error)) => error,
            Err(error) => error.to_string(),
        };
        tell(News::Warning(format!("`{name}`: its artifacts cannot be written to the work tree: {text}")));
    }
}
