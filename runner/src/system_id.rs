//! The id of this machine among those that share a runner's token.
//!
//! Kept in `.runner_system_id` beside config.toml, so that it survives even where no machine id does.

use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use std::fs::{DirBuilder, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The file's name.
pub(crate) const FILE_NAME: &str = ".runner_system_id";

/// Where Linux keeps its machine id, in the order of gitlab-runner's library.
const MACHINE_ID_FILES: &[&str] = &["/var/lib/dbus/machine-id", "/etc/machine-id"];

/// What the machine id is mixed with.
const APPLICATION: &[u8] = b"gitlab-runner";

const DIGITS: usize = 12;
const ALPHANUMERIC: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Why there is no id.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SystemIdError {
    #[error("cannot read {}", path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

/// An id, and whether it was there before.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SystemId {
    pub(crate) id: String,
    pub(crate) created: bool,
    /// Why it could not be kept, if so; it then counts for this process only.
    pub(crate) not_saved: Option<String>,
}

/// The id kept in `folder`, or a new one that is kept from now on. Says in the log what it did.
pub(crate) fn load_or_create(folder: &Path) -> Result<String, SystemIdError> {
    let system_id = find(folder, MACHINE_ID_FILES)?;
    if let Some(error) = &system_id.not_saved {
        tracing::warn!(
            system_id = system_id.id,
            error,
            "Couldn't save new system ID on state file. Without {FILE_NAME} beside the config file, this machine \
             may look like a new one at every start"
        );
    } else if system_id.created {
        tracing::info!(system_id = system_id.id, "Created missing unique system ID");
    }
    Ok(system_id.id)
}

/// An id for this process only.
pub(crate) fn generate() -> Result<String, SystemIdError> {
    new_id(MACHINE_ID_FILES)
}

fn find(folder: &Path, machine_ids: &[&str]) -> Result<SystemId, SystemIdError> {
    let path = folder.join(FILE_NAME);
    let content = match std::fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(SystemIdError::Read { path, source }),
    };
    if is_valid(content.trim()) {
        return Ok(SystemId { id: content.trim().to_owned(), created: false, not_saved: None });
    }
    let id = new_id(machine_ids)?;
    let not_saved = save(folder, &id).err().map(|error| error.to_string());
    Ok(SystemId { id, created: true, not_saved })
}

fn is_valid(text: &str) -> bool {
    let rest = text.strip_prefix("s_").or_else(|| text.strip_prefix("r_"));
    rest.is_some_and(|rest| rest.len() == DIGITS && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn save(folder: &Path, id: &str) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut file = tempfile::Builder::new().prefix(FILE_NAME).tempfile_in(folder)?;
    file.write_all(id.as_bytes())?;
    file.as_file().set_permissions(Permissions::from_mode(0o600))?;
    file.persist(folder.join(FILE_NAME)).map_err(|error| error.error)?;
    Ok(())
}

fn new_id(machine_ids: &[&str]) -> Result<String, SystemIdError> {
    let machine = machine_ids.iter().find_map(|path| std::fs::read_to_string(path).ok());
    // An empty machine id, as container images have it, would give all of them the same id.
    match machine.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
        Some(machine) => Ok(of_machine(machine)),
        None => random(),
    }
}

/// `s_` and the start of the machine id's digest, so that the machine id itself stays unknown.
fn of_machine(machine: &str) -> String {
    use std::fmt::Write as _;
    let mut id = "s_".to_owned();
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(machine.as_bytes()) {
        mac.update(APPLICATION);
        for byte in &mac.finalize().into_bytes()[..DIGITS / 2] {
            let _ = write!(id, "{byte:02x}");
        }
    }
    id
}

fn random() -> Result<String, SystemIdError> {
    let mut id = "r_".to_owned();
    while id.len() < DIGITS + 2 {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(SystemIdError::Random)?;
        // Six bits a byte; what is beyond the alphabet is drawn again, so that all characters are as likely.
        let digits = bytes.iter().filter_map(|byte| ALPHANUMERIC.get(usize::from(byte & 63)));
        id.extend(digits.take(DIGITS + 2 - id.len()).map(|digit| char::from(*digit)));
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_gitlab_runner() {
        // printf gitlab-runner | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
        assert_eq!(of_machine("0123456789abcdef0123456789abcdef"), "s_ee3af03959fe");
    }

    #[test]
    fn an_id_is_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("new");
        let machine = folder.path().join("machine-id");
        std::fs::write(&machine, "0123456789abcdef0123456789abcdef\n").unwrap();
        let ids = [machine.to_str().unwrap()];
        let made = find(&inner, &ids).unwrap();
        assert!(made.created && made.id.starts_with("s_") && is_valid(&made.id));
        let file = inner.join(FILE_NAME);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), made.id);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(find(&inner, &[]).unwrap(), SystemId { id: made.id, created: false, not_saved: None });
    }

    #[test]
    fn what_is_no_id_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        for (content, kept) in [
            ("s_0123456789ab", true),
            (" r_ABCdef123456\n", true),
            ("x_0123456789ab", false),
            ("s_0123456789abc", false),
            ("s_0123456789a-", false),
            ("", false),
        ] {
            std::fs::write(folder.path().join(FILE_NAME), content).unwrap();
            let found = find(folder.path(), &[]).unwrap();
            assert_eq!(found.created, !kept, "{content}");
            assert!(is_valid(&found.id) && (kept || found.id.starts_with("r_")), "{}", found.id);
        }
    }

    #[test]
    fn an_id_that_cannot_be_kept_is_used_and_one_that_cannot_be_read_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        std::fs::create_dir(folder.path().join(FILE_NAME)).unwrap();
        assert!(matches!(find(folder.path(), &[]), Err(SystemIdError::Read { .. })));
        let unsaved = find(Path::new("/proc/nowhere"), &[]).unwrap();
        assert!(unsaved.not_saved.is_some() && is_valid(&unsaved.id));
    }
}
