//! Encryption with authentication.

use super::Key;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};

/// What the derived keys are for.
const PURPOSE: &[u8] = b"runner recording 1: content";

/// Bytes of a salt.
const SALT: usize = 32;

/// Why nothing could be sealed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    /// The system has no random numbers.
    #[error("there are no random numbers")]
    Random,
    /// The content is larger than the cipher takes.
    #[error("the content cannot be encrypted")]
    Cipher,
}

/// Encrypts a content; `aside` can be read by anybody and changed by nobody. Gives salt and cipher text.
pub(super) fn seal(key: &Key, aside: &[u8], mut content: Vec<u8>) -> Result<(Vec<u8>, Vec<u8>), SealError> {
    let mut salt = vec![0; SALT];
    getrandom::fill(&mut salt).map_err(|_| SealError::Random)?;
    let cipher = cipher(key, &salt).ok_or(SealError::Cipher)?;
    cipher
        .seal_in_place_append_tag(nonce(), Aad::from(aside), &mut content)
        .map_err(|_| SealError::Cipher)?;
    Ok((salt, content))
}

/// The content, if key, salt and `aside` are those it was sealed with, and nothing was changed.
pub(super) fn open(key: &Key, salt: &[u8], aside: &[u8], mut sealed: Vec<u8>) -> Option<Vec<u8>> {
    let length = cipher(key, salt)?.open_in_place(nonce(), Aad::from(aside), &mut sealed).ok()?.len();
    sealed.truncate(length);
    Some(sealed)
}

/// A key for one content: of the key file and random bytes.
fn cipher(key: &Key, salt: &[u8]) -> Option<LessSafeKey> {
    let extracted = Salt::new(HKDF_SHA256, salt).extract(key.bytes());
    let derived = extracted.expand(&[PURPOSE], &CHACHA20_POLY1305).ok()?;
    Some(LessSafeKey::new(UnboundKey::from(derived)))
}

/// Every key is used once, so there is one number to be used once.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

/// Bytes as text in JSON.
pub(super) mod text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};
    use std::borrow::Cow;

    /// Writes base64.
    pub(in super::super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    /// Reads base64.
    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        STANDARD.decode(text.as_bytes()).map_err(|_| D::Error::custom("not base64"))
    }
}
