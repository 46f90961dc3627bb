//! Leaves artifacts in a folder, for jobs without a coordinator.

use super::UploadPlan;
use crate::files::Site;
use crate::notice::{self, Level};
use crate::{StageError, blocking};
use executor::Executor;
use std::fs::File;
use std::io::{self, Seek};
use std::path::{Path, PathBuf};

/// Copies an archive into the folder; a name that is taken gets a number.
pub(super) async fn keep<E: Executor>(
    site: &Site<'_, E>,
    folder: &Path,
    plan: &UploadPlan,
    mut archive: File,
) -> Result<(), StageError> {
    let (folder, name) = (folder.to_owned(), plan.file_name.clone());
    let kept = blocking::run(&site.stop, move |_| -> io::Result<PathBuf> {
        std::fs::create_dir_all(&folder)?;
        archive.rewind()?;
        let (path, mut file) = create_new(&folder, &name)?;
        io::copy(&mut archive, &mut file)?;
        Ok(path)
    });
    match kept.await? {
        Ok(path) => {
            let text = format!("Left artifacts in {}", path.display());
            notice::helper(&site.output, Level::Info, &text, &[]);
            Ok(())
        }
        Err(error) => Err(site.fatal(&format!("cannot leave artifacts: {error}"))),
    }
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
