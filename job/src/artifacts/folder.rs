//! Leaves artifacts in a folder, for jobs without a coordinator.

use super::UploadPlan;
use crate::files::{Site, system_text};
use crate::notice::{self, Level};
use crate::{StageError, blocking};
use executor::Executor;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes that are copied between two looks at whether to stop.
const PIECE: u64 = 16 << 20;

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
    std::fs::create_dir_all(folder)?;
    archive.rewind()?;
    let (path, mut file) = create_new(folder, name)?;
    let done = loop {
        if cancel.load(Ordering::Relaxed) {
            break Ok(None);
        }
        match io::copy(&mut archive.by_ref().take(PIECE), &mut file) {
            Ok(0) => break Ok(Some(path.clone())),
            Ok(_) => {}
            Err(error) => break Err(error),
        }
    };
    if !matches!(done, Ok(Some(_))) {
        let _ = std::fs::remove_file(&path);
    }
    done
}

fn create_new(folder: &Path, name: &str) -> io::Result<(PathBuf, File)> {
    let mut number = 1;
    loop {
        let path = folder.join(if number == 1 { name.to_owned() } else { format!("{number}-{name}") });
        match File::create_new(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

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
