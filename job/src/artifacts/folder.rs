//! Leaves artifacts in a folder, for jobs without a coordinator.

use super::UploadPlan;
use crate::files::{Site, system_text};
use crate::notice::{self, Level};
use crate::stage::Back;
use crate::{StageError, blocking};
use executor::Executor;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes that are copied between two looks at whether to stop.
const PIECE: u64 = 16 << 20;

/// Sends an archive to the engine, which keeps it in a folder of its own and says so.
pub(super) async fn hand_over<E: Executor>(
    site: &Site<'_, E>,
    back: &Back,
    plan: &UploadPlan,
    archive: File,
) -> Result<(), StageError> {
    let (back, name) = (back.clone(), plan.file_name.clone());
    match blocking::run(&site.stop, move |cancel| back.send(archive, &name, cancel)).await? {
        Ok(true) => Ok(()),
        Ok(false) => Err(StageError::Stopped),
        Err(error) => Err(site.fatal(&format!("cannot hand artifacts over: {}", system_text(&error)))),
    }
}

/// Copies an archive into the folder; a name that is taken gets a number.
pub(super) async fn keep<E: Executor>(
    site: &Site<'_, E>,
    folder: &Path,
    plan: &UploadPlan,
    archive: File,
) -> Result<(), StageError> {
    let (folder, name) = (folder.to_owned(), plan.file_name.clone());
    let kept = blocking::run(&site.stop, move |cancel| copy(archive, &folder, &name, cancel));
    match kept.await? {
        Ok(Some(path)) => {
            let text = format!("Left artifacts in {}", path.display());
            notice::helper(&site.output, Level::Info, &text, &[]);
            Ok(())
        }
        Ok(None) => Err(StageError::Stopped),
        Err(error) => Err(site.fatal(&format!("cannot leave artifacts: {}", system_text(&error)))),
    }
}

/// Where the copy is; nothing if it was given up. No part of one is left.
fn copy(mut archive: File, folder: &Path, name: &str, cancel: &AtomicBool) -> io::Result<Option<PathBuf>> {
    archive.rewind()?;
    let mut draft = Draft::create(folder, name)?;
    while !cancel.load(Ordering::Relaxed) {
        if io::copy(&mut Read::by_ref(&mut archive).take(PIECE), &mut draft.file)? == 0 {
            return Ok(Some(draft.keep()));
        }
    }
    Ok(None)
}

/// A file in the folder that is gone again unless it is kept.
pub(crate) struct Draft {
    path: PathBuf,
    file: File,
    kept: bool,
}

impl Draft {
    /// An empty file under the name, which gets a number if it is taken. The folder is made if it is missing.
    pub(crate) fn create(folder: &Path, name: &str) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut number = 1;
        loop {
            let path = folder.join(if number == 1 { name.to_owned() } else { format!("{number}-{name}") });
            match File::create_new(&path) {
                Ok(file) => return Ok(Self { path, file, kept: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Appends bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Keeps the file; gives its path.
    pub(crate) fn keep(mut self) -> PathBuf {
        self.kept = true;
        std::mem::take(&mut self.path)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be removed is there for people to see.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive() -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"content").unwrap();
        file
    }

    #[test]
    fn names_that_are_taken_get_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("made/on/demand");
        for name in ["a.zip", "2-a.zip", "3-a.zip"] {
            let path = copy(archive(), &below, "a.zip", &AtomicBool::new(false)).unwrap().unwrap();
            assert_eq!(path, below.join(name));
            assert_eq!(std::fs::read(path).unwrap(), b"content");
        }
    }

    #[test]
    fn a_copy_that_is_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(copy(archive(), folder.path(), "a.zip", &AtomicBool::new(true)).unwrap(), None);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
