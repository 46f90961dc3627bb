//! Packs an artifact into a file that is gone when it is closed.

use super::UploadPlan;
use crate::files::{Site, chain};
use crate::{StageError, blocking};
use archive::{Entry, PackError, PackOptions};
use executor::Executor;
use std::fs::File;
use std::path::Path;

/// Packs the entries. The archive lies in `staging`, without a name, so nothing of it outlives the job.
pub(super) async fn pack<E: Executor>(
    site: &Site<'_, E>,
    plan: &UploadPlan,
    entries: Vec<Entry>,
    staging: &Path,
) -> Result<File, StageError> {
    let (project, staging) = (site.project.to_owned(), staging.to_owned());
    let (format, level, threads) = (plan.format, plan.level, plan.threads);
    let packed = blocking::run(&site.stop, move |cancel| {
        let mut file = tempfile::tempfile_in(&staging).map_err(PackError::Write)?;
        let options = PackOptions { format, level, threads: threads.to_pack(&entries), cancel };
        let packed = archive::pack(&project, &entries, &options, &mut file)?;
        Ok((file, packed))
    });
    match packed.await? {
        Ok((file, packed)) => {
            site.tell(&packed.notes);
            Ok(file)
        }
        Err(PackError::Canceled) => Err(StageError::Stopped),
        Err(error) => Err(site.fatal(&chain(&error))),
    }
}
