//! The key of recordings, and the file that holds it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// What the line with the key begins with.
const PREFIX: &str = "runner-recording-key-1 ";

/// Most bytes of a key file.
const LARGEST: u64 = 4096;

/// A secret key of 32 bytes.
pub(crate) struct Key {
    bytes: [u8; 32],
    id: String,
}

/// Shows which key it is.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// It cannot be read or made.
    #[error("cannot use the key file {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: io::Error,
    },
    /// Others may read it.
    #[error("the key file {} has mode {mode:04o}: others may reach it (chmod 600 mends it)", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It holds something else.
    #[error("{} is no key file", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The system has no random numbers.
    #[error("there are no random numbers for a key")]
    Random,
}

impl Key {
    /// A key of these bytes.
    pub(super) fn new(bytes: [u8; 32]) -> Self {
        let hash = Sha256::new().chain_update(b"runner recording key id").chain_update(bytes).finalize();
        let id = hash.iter().take(8).fold(String::new(), |mut id, byte| {
            let _ = write!(id, "{byte:02x}");
            id
        });
        Self { bytes, id }
    }

    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it is called: says nothing of its bytes.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The key in a file.
    ///
    /// # Errors
    /// There is none, or others may read it.
    pub(crate) fn load(path: &Path) -> Result<Self, KeyError> {
        let cannot = |source| KeyError::File { path: path.to_owned(), source };
        let file = OpenOptions::new().read(true).custom_flags(nix::libc::O_NONBLOCK).open(path);
        let file = file.map_err(cannot)?;
        let metadata = file.metadata().map_err(cannot)?;
        if !metadata.is_file() {
            return Err(cannot(io::Error::other("it is no regular file")));
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(KeyError::Open { path: path.to_owned(), mode: metadata.mode() & 0o777 });
        }
        let mut text = String::new();
        file.take(LARGEST).read_to_string(&mut text).map_err(cannot)?;
        let bytes = text.lines().find_map(|line| line.trim().strip_prefix(PREFIX));
        let bytes = bytes.and_then(|text| STANDARD.decode(text.trim()).ok()?.try_into().ok());
        bytes.map(Self::new).ok_or_else(|| KeyError::NoKey { path: path.to_owned() })
    }

    /// The key in a file, which is made if it is not there.
    ///
    /// # Errors
    /// It is there and cannot be used, or cannot be made.
    pub(crate) fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Self::create(path)
            }
            loaded => loaded,
        }
    }

    fn create(path: &Path) -> Result<Self, KeyError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| KeyError::Random)?;
        let text = format!(
            "# Opens what `runner run --record` wrote. Keep it as you keep the secrets of your jobs.\n{PREFIX}{}\n",
            STANDARD.encode(bytes)
        );
        let folder = crate::paths::folder_of_file(path);
        let written = tempfile::Builder::new().prefix(".key-").tempfile_in(&folder).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            // Another service may have been faster: its key counts.
            file.persist_noclobber(path).map_err(|error| error.error)?;
            File::open(&folder)?.sync_all()
        });
        match written {
            Ok(()) => Ok(Self::new(bytes)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::load(path),
            Err(source) => Err(KeyError::File { path: path.to_owned(), source }),
        }
    }
}
