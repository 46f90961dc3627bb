//! The folder of recordings: written whole or not at all, and never more than so many.

use std::ffi::OsString;
use std::fs::{self, DirBuilder};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use time::OffsetDateTime;

/// How a recording's name ends.
const ENDING: &str = ".recording.json";

/// How the name of one begins that is being written.
const UNFINISHED: &str = ".recording-";

/// Most bytes of all recordings together.
pub(super) const LARGEST: u64 = 1 << 30;

/// What was begun longer ago was left by a process that died.
const STALE: Duration = Duration::from_secs(3600);

/// A folder of recordings.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
    keep: usize,
    bytes: u64,
}

impl Folder {
    /// Makes the folder, if it is not there; only its owner may write in it.
    pub(super) fn open(path: &Path, keep: usize, bytes: u64) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        let metadata = fs::metadata(path)?;
        if metadata.uid() != nix::unistd::geteuid().as_raw() || metadata.mode() & 0o022 != 0 {
            return Err(io::Error::other("others may write in it, or it belongs to somebody else"));
        }
        Ok(Self { path: path.to_owned(), keep, bytes })
    }

    /// Writes a recording down and removes the oldest ones that are too many. Gives its path.
    pub(super) fn keep(&self, job: i64, at: SystemTime, text: &[u8]) -> io::Result<PathBuf> {
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.path)?;
        file.write_all(text)?;
        file.as_file().sync_data()?;
        let path = self.path.join(name(job, at));
        file.persist(&path).map_err(|error| error.error)?;
        self.tidy(at)?;
        Ok(path)
    }

    fn tidy(&self, now: SystemTime) -> io::Result<()> {
        let mut recordings: Vec<(OsString, u64)> = Vec::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(text) = name.to_str() else { continue };
            // What vanishes meanwhile was removed by another service.
            let Ok(metadata) = entry.metadata() else { continue };
            if !metadata.is_file() {
                continue;
            }
            if text.starts_with(UNFINISHED) {
                let age = metadata.modified().ok().and_then(|at| now.duration_since(at).ok());
                if age.is_some_and(|age| age > STALE) {
                    remove(&entry.path())?;
                }
            } else if is_recording(text) {
                recordings.push((name, metadata.len()));
            }
        }
        recordings.sort_unstable_by(|one, other| other.cmp(one));
        let mut bytes = 0_u64;
        for (index, (name, size)) in recordings.iter().enumerate() {
            bytes = bytes.saturating_add(*size);
            // The newest one stays however large it is.
            if index >= self.keep || index > 0 && bytes > self.bytes {
                remove(&self.path.join(name))?;
            }
        }
        Ok(())
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// `20261121T232000.123Z-job-4711.recording.json`: names sort by time.
fn name(job: i64, at: SystemTime) -> String {
    let at = OffsetDateTime::from(at);
    let (date, time) = (at.date(), at.time());
    format!(
        "{:04}{:02}{:02}T{:02}{:02}{:02}.{:03}Z-job-{job}{ENDING}",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond()
    )
}

/// Whether a file's name is one that [`name`] made: nothing else is ever removed.
fn is_recording(name: &str) -> bool {
    let Some(rest) = name.strip_suffix(ENDING) else { return false };
    let Some((time, job)) = rest.split_once("-job-") else { return false };
    let shape: String = time.chars().map(|char| if char.is_ascii_digit() { '0' } else { char }).collect();
    shape == "00000000T000000.000Z" && !job.is_empty() && job.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000 + seconds)
    }

    fn names(path: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_oldest_ones_go_and_nothing_else_does() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a/records");
        let folder = Folder::open(&path, 2, 100).unwrap();
        fs::write(path.join("mine.json"), "x").unwrap();
        for job in 1..=4_u32 {
            folder.keep(i64::from(job), at(u64::from(job)), b"0123456789").unwrap();
        }
        let left = names(&path);
        assert_eq!(left.len(), 3, "{left:?}");
        assert!(left[0].ends_with("Z-job-3.recording.json") && left[1].ends_with("Z-job-4.recording.json"));
        assert_eq!(left[2], "mine.json");
        let mode = fs::metadata(path.join(&left[0])).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        // The newest one takes all the room there is.
        folder.keep(5, at(5), &[b'x'; 200]).unwrap();
        let left = names(&path);
        assert!(left.len() == 2 && left[0].contains("job-5"), "{left:?}");
    }

    #[test]
    fn what_a_dead_process_left_goes() {
        let parent = tempfile::tempdir().unwrap();
        let folder = Folder::open(parent.path(), 2, 100).unwrap();
        fs::write(parent.path().join(".recording-abc"), "x").unwrap();
        folder.keep(1, SystemTime::now(), b"x").unwrap();
        assert_eq!(names(parent.path()).len(), 2);
        folder.keep(2, SystemTime::now() + 2 * STALE, b"x").unwrap();
        assert!(names(parent.path()).iter().all(|name| !name.starts_with('.')));
    }

    #[test]
    fn a_folder_of_everybody_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Folder::open(folder.path(), 1, 1).is_err());
    }

    #[test]
    fn names_are_recognised() {
        assert!(is_recording(&name(4711, at(0))), "{}", name(4711, at(0)));
        for other in [
            "x.recording.json",
            "20261121T232000.123Z-job-.recording.json",
            "20261121T232000.123Z-job-1.json",
        ] {
            assert!(!is_recording(other), "{other}");
        }
    }
}
