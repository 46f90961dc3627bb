//! What is kept encrypted, and tokens.

use crate::error::KernelError;
use protocol::Secret;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// A SHA-256 hash of a token: what is kept of it.
pub(crate) type TokenHash = [u8; 32];

/// The hash of a token.
pub(crate) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// Encrypts what is kept, with the key of the data folder.
pub(crate) struct Vault {
    key: LessSafeKey,
    random: SystemRandom,
}

impl Vault {
    /// With the key in a file, which is made where it is not there.
    pub(crate) fn open(path: &Path) -> Result<Self, KernelError> {
        let trouble = |error: std::io::Error| KernelError::KeyFile(error.to_string());
        let random = SystemRandom::new();
        let mut fresh = [0; 32];
        random.fill(&mut fresh).map_err(|_| KernelError::Internal("no randomness"))?;
        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        match made {
            Ok(mut file) => {
                file.write_all(&fresh).and_then(|()| file.sync_all()).map_err(trouble)?;
                Self::of(&fresh, random)
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                let mut bytes = Vec::new();
                let file = std::fs::File::open(path).map_err(trouble)?;
                file.take(64).read_to_end(&mut bytes).map_err(trouble)?;
                Self::of(&bytes, random)
            }
            Err(error) => Err(trouble(error)),
        }
    }

    fn of(bytes: &[u8], random: SystemRandom) -> Result<Self, KernelError> {
        let key = UnboundKey::new(&AES_256_GCM, bytes)
            .map_err(|_| KernelError::KeyFile("it does not hold 32 bytes".into()))?;
        Ok(Self { key: LessSafeKey::new(key), random })
    }

    /// Encrypts a value. What is sealed for one purpose opens for no other.
    pub(crate) fn seal<T: Serialize>(&self, purpose: &str, value: &T) -> Result<Vec<u8>, KernelError> {
        let internal = |_| KernelError::Internal("a value cannot be sealed");
        let mut text =
            serde_json::to_vec(value).map_err(|_| KernelError::Internal("a value cannot be sealed"))?;
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(internal)?;
        let unique = Nonce::assume_unique_for_key(nonce);
        self.key
            .seal_in_place_append_tag(unique, Aad::from(purpose.as_bytes()), &mut text)
            .map_err(internal)?;
        let mut sealed = nonce.to_vec();
        sealed.append(&mut text);
        Ok(sealed)
    }

    /// Opens a value.
    pub(crate) fn open_sealed<T: DeserializeOwned>(
        &self,
        purpose: &str,
        sealed: &[u8],
    ) -> Result<T, KernelError> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN).ok_or(KernelError::Key)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| KernelError::Key)?;
        let mut text = rest.to_vec();
        let aad = Aad::from(purpose.as_bytes());
        let plain = self.key.open_in_place(nonce, aad, &mut text).map_err(|_| KernelError::Key)?;
        serde_json::from_slice(plain).map_err(|_| KernelError::Key)
    }

    /// A new token: the prefix, and 40 hexadecimal digits.
    pub(crate) fn token(&self, prefix: &str) -> Result<Secret, KernelError> {
        let mut bytes = [0; 20];
        self.random.fill(&mut bytes).map_err(|_| KernelError::Internal("no randomness"))?;
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Secret::new(format!("{prefix}{digits}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn what_was_sealed_opens_with_the_same_key_for_the_same_purpose() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let sealed = Vault::open(&path).unwrap().seal("variable", &"secret").unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        let again = Vault::open(&path).unwrap();
        assert_eq!(again.open_sealed::<String>("variable", &sealed), Ok("secret".to_owned()));
        assert_eq!(again.open_sealed::<String>("context", &sealed), Err(KernelError::Key));
        let other = Vault::open(&folder.path().join("other")).unwrap();
        assert_eq!(other.open_sealed::<String>("variable", &sealed), Err(KernelError::Key));
        assert_eq!(again.open_sealed::<String>("variable", &sealed[..5]), Err(KernelError::Key));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_short_key_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, b"short").unwrap();
        assert!(matches!(Vault::open(&path), Err(KernelError::KeyFile(_))));
    }

    #[test]
    fn tokens_differ() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(&folder.path().join("key")).unwrap();
        let (one, other) = (vault.token("glrt-").unwrap(), vault.token("glrt-").unwrap());
        assert_ne!(one, other);
        assert!(one.expose().starts_with("glrt-") && one.expose().len() == 45);
        assert_ne!(hash(one.expose()), hash(other.expose()));
    }
}
