//! What the runner remembers on its own machine, so that a job need not look at every file and ask for everything
//! again. Losing it costs time and nothing else.

use super::witness::Witness;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// A larger file is none of ours.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Things of an engine that are remembered as seen, at most.
const MOST_SEEN: usize = 16;

/// The directory of what is remembered; without one, nothing is.
#[derive(Clone, Debug)]
pub(super) struct Records {
    directory: Option<PathBuf>,
}

/// The key of a tree of files, as long as they are the same files.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Known<T> {
    /// The program's version: another one may put the tree together in another way.
    version: String,
    key: String,
    more: T,
    witnesses: Vec<Witness>,
}

/// What was seen on an engine.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Seen {
    /// The volume of an agent: key and name.
    pub(super) volume: Option<(String, String)>,
    /// Images that are there and good, the last one seen at the end.
    pub(super) images: Vec<String>,
}

impl Records {
    pub(super) fn new(directory: Option<&Path>) -> Self {
        Self { directory: directory.map(Path::to_owned) }
    }

    /// The key that was found for `of` the last time, if all files are as they were.
    pub(super) fn key<T: DeserializeOwned>(&self, kind: &str, of: &[u8]) -> Option<(String, T)> {
        let known: Known<T> = self.read(&name(kind, of))?;
        let current = known.version == version() && known.witnesses.iter().all(Witness::holds);
        current.then_some((known.key, known.more))
    }

    /// Remembers a key.
    pub(super) fn keep_key<T: Serialize>(
        &self,
        kind: &str,
        of: &[u8],
        key: &str,
        more: T,
        witnesses: Vec<Witness>,
    ) {
        self.write(&name(kind, of), &Known { version: version(), key: key.to_owned(), more, witnesses });
    }

    /// What was seen on an engine.
    pub(super) fn seen(&self, engine: &str) -> Seen {
        self.read(&name("engine", engine.as_bytes())).unwrap_or_default()
    }

    /// Remembers a volume on an engine.
    pub(super) fn keep_volume(&self, engine: &str, key: &str, volume: &str) {
        let seen = Seen { volume: Some((key.to_owned(), volume.to_owned())), ..self.seen(engine) };
        self.write(&name("engine", engine.as_bytes()), &seen);
    }

    /// Remembers that an image is there and good.
    pub(super) fn keep_image(&self, engine: &str, image: &str) {
        let mut seen = self.seen(engine);
        seen.images.retain(|other| other != image);
        seen.images.push(image.to_owned());
        let many = seen.images.len().saturating_sub(MOST_SEEN);
        seen.images.drain(..many);
        self.write(&name("engine", engine.as_bytes()), &seen);
    }

    /// Waits until no other process makes anything on an engine. The lock ends with the value, or the process.
    /// None where nothing is remembered: then what is made twice is removed later.
    pub(super) async fn lock(&self, engine: &str) -> Option<File> {
        let directory = self.directory.as_ref()?;
        let path = directory.join(name("lock", engine.as_bytes()));
        let open = || {
            fs::create_dir_all(directory)?;
            File::options().create(true).truncate(false).write(true).open(&path)
        };
        let file = open().map_err(|error| untold(&path, &error)).ok()?;
        if file.try_lock().is_ok() {
            return Some(file);
        }
        let wait = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
        wait.await.ok()?.map_err(|error| untold(&path, &error)).ok()
    }

    fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let file = File::open(self.directory.as_ref()?.join(name)).ok()?;
        let mut text = Vec::new();
        file.take(LARGEST).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// A file is replaced as a whole.
    fn write(&self, name: &str, value: &impl Serialize) {
        let Some(directory) = &self.directory else { return };
        let path = directory.join(name);
        let write = || -> io::Result<()> {
            fs::create_dir_all(directory)?;
            let temporary = directory.join(format!("{name}.{}", std::process::id()));
            let mut file = File::create(&temporary)?;
            file.write_all(&serde_json::to_vec(value)?)?;
            fs::rename(&temporary, &path)
        };
        if let Err(error) = write() {
            untold(&path, &error);
        }
    }
}

/// Jobs go on without what cannot be remembered.
fn untold(path: &Path, error: &io::Error) {
    tracing::warn!(%error, path = %path.display(), "Cannot remember the runner's tools; jobs start more slowly");
}

fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}

fn name(kind: &str, of: &[u8]) -> String {
    format!("{kind}-{}", short_hash(of))
}

/// Sixteen digits that stand for a text.
pub(super) fn short_hash(of: &[u8]) -> String {
    Sha256::digest(of).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_holds_as_long_as_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "one").unwrap();
        let records = Records::new(Some(&folder.path().join("state/tools")));
        assert_eq!(records.key::<bool>("agent", b"x"), None);
        records.keep_key("agent", b"x", "key", true, vec![Witness::now(&file)]);
        assert_eq!(records.key("agent", b"x"), Some(("key".to_owned(), true)));
        assert_eq!(records.key::<bool>("agent", b"y"), None);
        assert_eq!(records.key::<Vec<u8>>("agent", b"x"), None, "of another version");
        fs::write(&file, "three").unwrap();
        assert_eq!(records.key::<bool>("agent", b"x"), None);
    }

    #[test]
    fn what_engines_have() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::new(Some(folder.path()));
        records.keep_volume("unix:///a", "k", "v");
        for number in 0..20 {
            records.keep_image("unix:///a", &format!("i{number}"));
        }
        records.keep_image("unix:///a", "i7");
        let seen = records.seen("unix:///a");
        assert_eq!(seen.volume, Some(("k".to_owned(), "v".to_owned())));
        assert_eq!((seen.images.len(), seen.images.last().map(String::as_str)), (MOST_SEEN, Some("i7")));
        assert_eq!(records.seen("unix:///b"), Seen::default());
    }

    #[tokio::test]
    async fn one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::new(Some(folder.path()));
        let first = records.lock("e").await.unwrap();
        assert!(records.lock("other").await.is_some());
        let second = tokio::spawn({
            let records = records.clone();
            async move { records.lock("e").await.is_some() }
        });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop(first);
        assert!(second.await.unwrap());
    }

    #[tokio::test]
    async fn nothing_is_remembered_without_a_place() {
        let records = Records::new(None);
        records.keep_volume("e", "k", "v");
        assert_eq!(records.seen("e"), Seen::default());
        assert!(records.lock("e").await.is_none());
        let records = Records::new(Some(Path::new("/proc/nowhere")));
        records.keep_image("e", "i");
        assert!(records.lock("e").await.is_none());
    }
}
