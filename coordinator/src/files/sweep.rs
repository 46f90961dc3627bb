//! Files that nothing refers to: what came when the process was killed, and what it had not yet removed.

use super::place::{Place, remove_file};
use crate::kernel::Known;
use pipeline::JobId;
use std::fs::{self, DirEntry};
use std::path::Path;
use std::time::SystemTime;

/// Looks at every file of every job; how many were removed. Blocks.
pub(super) fn sweep(place: &Place, before: SystemTime, known: &dyn Fn(JobId) -> Known) -> u64 {
    let mut removed = 0;
    for folder in entries(&place.traces()) {
        let old = is_older(&folder, before);
        for trace in entries(&folder.path()) {
            let id = trace.file_name().to_str().and_then(|name| job(name.strip_suffix(".log")?));
            let Some(id) = id.filter(|_| is_older(&trace, before)) else { continue };
            if matches!(known(id), Known::Nothing | Known::These { trace: false, .. }) {
                remove_file(&trace.path());
                removed += 1;
            }
        }
        empty(&folder.path(), old);
    }
    for folder in entries(&place.all_artifacts()) {
        let old = is_older(&folder, before);
        for of_job in entries(&folder.path()) {
            let Some(id) = of_job.file_name().to_str().and_then(job) else { continue };
            removed += artifacts(place, &of_job, before, &known(id));
        }
        empty(&folder.path(), old);
    }
    removed
}

fn artifacts(place: &Place, of_job: &DirEntry, before: SystemTime, known: &Known) -> u64 {
    let of_job_is_old = is_older(of_job, before);
    let stays = |path: &Path| match known {
        Known::Nothing => false,
        Known::Everything => true,
        Known::These { artifacts, .. } => place.below(path).is_none_or(|path| artifacts.contains(&path)),
    };
    let mut removed = 0;
    for kind in entries(&of_job.path()) {
        let old = is_older(&kind, before);
        for file in entries(&kind.path()) {
            if !stays(&file.path()) && is_older(&file, before) {
                remove_file(&file.path());
                removed += 1;
            }
        }
        empty(&kind.path(), old);
    }
    empty(&of_job.path(), of_job_is_old);
    removed
}

fn entries(folder: &Path) -> impl Iterator<Item = DirEntry> {
    fs::read_dir(folder).into_iter().flatten().flatten()
}

fn job(name: &str) -> Option<JobId> {
    name.parse().ok().map(JobId)
}

fn is_older(entry: &DirEntry, before: SystemTime) -> bool {
    entry.metadata().and_then(|data| data.modified()).is_ok_and(|at| at < before)
}

/// Removes a folder if nothing is in it: the system refuses where something is. A new one was made for a file.
fn empty(folder: &Path, old: bool) {
    if old {
        let _ = fs::remove_dir(folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::time::Duration;

    #[test]
    fn only_what_nothing_refers_to_goes_and_nothing_that_is_new() {
        let data = tempfile::tempdir().unwrap();
        let all = [
            "traces/0/1.log",
            "traces/0/2.log",
            "traces/0/3.log",
            "traces/1/1000.log",
            "artifacts/0/1/archive/a",
            "artifacts/0/1/archive/b",
            "artifacts/0/1/junit/c",
            "artifacts/0/3/archive/d",
            "artifacts/1/1000/archive/e",
            "artifacts/0/4/archive/f",
        ];
        for path in all {
            let path = data.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let place = Place::new(data.path());
        let known = |job: JobId| match job.0 {
            1 => Known::These {
                trace: true,
                artifacts: BTreeSet::from(["artifacts/0/1/archive/a".to_owned()]),
            },
            2 => Known::These { trace: false, artifacts: BTreeSet::new() },
            4 => Known::Everything,
            _ => Known::Nothing,
        };
        assert_eq!(sweep(&place, SystemTime::UNIX_EPOCH, &known), 0, "all of it is new");
        assert_eq!(sweep(&place, SystemTime::now() + Duration::from_secs(60), &known), 7);
        let left: Vec<_> = all.iter().filter(|path| data.path().join(path).exists()).copied().collect();
        assert_eq!(left, ["traces/0/1.log", "artifacts/0/1/archive/a", "artifacts/0/4/archive/f"]);
        assert!(
            !data.path().join("artifacts/1").exists() && !data.path().join("artifacts/0/1/junit").exists()
        );
    }
}
