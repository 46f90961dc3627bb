//! Leaves artifacts in a folder, for jobs without a coordinator.

use super::UploadPlan;
use crate::files::{Site, system_text};
use crate::notice::{self, Level};
use crate::stage::Back;
use crate::store::{Draft, Keep, Kind};
use crate::variables::go::quote;
use crate::{StageError, blocking};
use executor::Executor;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::PathBuf;
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
    let name = match kind(site, plan)? {
        kind if kind.is_archive() => plan.file_name.clone(),
        kind => format!("{}/{}", kind.as_str(), plan.file_name),
    };
    let back = back.clone();
    match blocking::run(&site.stop, move |cancel| back.send(archive, &name, cancel)).await? {
        Ok(true) => Ok(()),
        Ok(false) => Err(StageError::Stopped),
        Err(error) => Err(site.fatal(&format!("cannot hand artifacts over: {}", system_text(&error)))),
    }
}

/// Copies an archive to where it is kept.
pub(super) async fn keep<E: Executor>(
    site: &Site<'_, E>,
    keep: Keep,
    plan: &UploadPlan,
    archive: File,
) -> Result<(), StageError> {
    let kind = kind(site, plan)?;
    let (name, place, type_) = (plan.file_name.clone(), keep.clone(), kind.clone());
    let kept = blocking::run(&site.stop, move |cancel| {
        let draft = place.draft(&type_, &name)?;
        copy(archive, draft, cancel)
    });
    match kept.await? {
        Ok(Some(path)) => {
            notice::helper(&site.output, Level::Info, &keep.said(&kind, &path), &[]);
            Ok(())
        }
        Ok(None) => Err(StageError::Stopped),
        Err(error) => Err(site.fatal(&format!("cannot leave artifacts: {}", system_text(&error)))),
    }
}

fn kind<E: Executor>(site: &Site<'_, E>, plan: &UploadPlan) -> Result<Kind, StageError> {
    let unknown = || site.fatal(&format!("unsupported artifact type {}", quote(&plan.artifact_type)));
    Kind::named(&plan.artifact_type).ok_or_else(unknown)
}

/// Where the copy is; nothing if it was given up. No part of one is left.
fn copy(mut archive: File, mut draft: Draft, cancel: &AtomicBool) -> io::Result<Option<PathBuf>> {
    archive.rewind()?;
    while !cancel.load(Ordering::Relaxed) {
        if io::copy(&mut Read::by_ref(&mut archive).take(PIECE), draft.file())? == 0 {
            return draft.keep().map(Some);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    fn copied(keep: &Keep, cancelled: bool) -> Option<PathBuf> {
        let mut archive = tempfile::tempfile().unwrap();
        archive.write_all(b"content").unwrap();
        let draft = keep.draft(&Kind::archive(), "a.zip").unwrap();
        copy(archive, draft, &AtomicBool::new(cancelled)).unwrap()
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn names_that_are_taken_get_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("made/on/demand");
        for name in ["a.zip", "2-a.zip", "3-a.zip"] {
            let path = copied(&Keep::Folder(below.clone()), false).unwrap();
            assert_eq!(path, below.join(name));
            assert_eq!(std::fs::read(path).unwrap(), b"content");
        }
    }

    #[test]
    fn what_is_in_a_store_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = copied(&Keep::Store(folder.path().join("7")), false).unwrap();
        assert_eq!(path, folder.path().join("7/archive/a.zip"));
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn a_copy_that_is_given_up_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(copied(&Keep::Folder(folder.path().to_owned()), true), None);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
