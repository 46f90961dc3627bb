//! `--write-back`: artifacts of successful jobs in the checkout.

use crate::ci::run::news::{KeptArtifact, News};
use archive::{Kind, Limits, Listing, UnpackOptions, unpack};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// So many files are named, and the others counted.
const NAMED: usize = 10;

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
            let unpacked = unpack(&file, &root, &options).map_err(|error| super::in_words(&error))?;
            let listing = Listing::read(&file, Limits::default()).map_err(|error| super::in_words(&error))?;
            let is_file =
                |entry: &&archive::ZipEntry| matches!(entry.kind(), Some(Kind::File | Kind::Symlink));
            let names = listing.entries().iter().filter(is_file);
            let names: Vec<String> =
                names.map(|entry| String::from_utf8_lossy(entry.name()).into_owned()).collect();
            Ok::<_, String>((unpacked, names))
        };
        let text = match tokio::task::spawn_blocking(work).await {
            Ok(Ok((unpacked, names))) => {
                for note in &unpacked.notes {
                    tell(News::Warning(format!("`{name}`: {note}")));
                }
                tell(News::Note(format!("`{name}` wrote to the work tree: {}", named(&names))));
                continue;
            }
            Ok(Err(error)) => error,
            Err(error) => error.to_string(),
        };
        tell(News::Warning(format!("`{name}`: its artifacts cannot be written to the work tree: {text}")));
    }
}

/// The first of some files, and how many more there are.
fn named(files: &[String]) -> String {
    let (first, others) = files.split_at(files.len().min(NAMED));
    match (first, others.len()) {
        ([], _) => "no files".to_owned(),
        (_, 0) => first.join(", "),
        (_, more) => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_files_are_counted() {
        let files = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>();
        assert_eq!(named(&[]), "no files");
        assert_eq!(named(&files(2)), "0, 1");
        assert_eq!(named(&files(12)), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more");
    }
}
