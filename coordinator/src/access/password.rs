//! Passwords: argon2id, and never more than two at a time, since each one takes 19 MiB.

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use protocol::Secret;
use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::sync::Semaphore;

/// Fewest characters.
pub const SHORTEST: usize = 8;

/// Most bytes: more only costs time.
pub const LONGEST: usize = 256;

/// What is computed at a time.
static AT_A_TIME: Semaphore = Semaphore::const_new(2);

/// Why a password cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too few characters.
    #[error("is too short (minimum is {SHORTEST} characters)")]
    Short,
    /// Too many bytes.
    #[error("is too long (maximum is {LONGEST} bytes)")]
    Long,
    /// The system gives no random numbers, or the like.
    #[error("could not be hashed")]
    Hash,
}

/// The text that is stored of a password.
///
/// # Errors
/// If it is too short or too long.
pub async fn hash(password: Secret) -> Result<String, PasswordError> {
    if password.expose().chars().count() < SHORTEST {
        return Err(PasswordError::Short);
    }
    if password.expose().len() > LONGEST {
        return Err(PasswordError::Long);
    }
    let mut salt = [0; 16];
    SystemRandom::new().fill(&mut salt).map_err(|_| PasswordError::Hash)?;
    let salt = SaltString::encode_b64(&salt).map_err(|_| PasswordError::Hash)?;
    let work = move || {
        let hash = hasher().hash_password(password.expose().as_bytes(), &salt);
        hash.map(|hash| hash.to_string()).map_err(|_| PasswordError::Hash)
    };
    computed(work).await.unwrap_or(Err(PasswordError::Hash))
}

/// Whether this is the password that was hashed. Without a hash the same time is spent, and the answer is no.
pub async fn verify(password: Secret, hash: Option<String>) -> bool {
    if password.expose().len() > LONGEST {
        return false;
    }
    let work = move || match hash.as_deref().map(PasswordHash::new) {
        Some(Ok(hash)) => hasher().verify_password(password.expose().as_bytes(), &hash).is_ok(),
        Some(Err(_)) | None => {
            let mut nothing = [0; 32];
            let _ =
                hasher().hash_password_into(password.expose().as_bytes(), b"no such account", &mut nothing);
            false
        }
    };
    computed(work).await.unwrap_or(false)
}

async fn computed<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let _permit = AT_A_TIME.acquire().await.ok()?;
    tokio::task::spawn_blocking(work).await.ok()
}

fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_accepted() {
        let stored = hash("correct horse".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(!stored.contains("horse"));
        assert!(verify("correct horse".into(), Some(stored.clone())).await);
        assert!(!verify("correct horsf".into(), Some(stored.clone())).await);
        assert!(!verify("correct horse".into(), Some("$argon2id$broken".into())).await);
        assert!(!verify("correct horse".into(), None).await);
        assert_ne!(stored, hash("correct horse".into()).await.unwrap());
    }

    #[tokio::test]
    async fn lengths_are_bounded() {
        assert_eq!(hash("short".into()).await, Err(PasswordError::Short));
        assert_eq!(hash("x".repeat(LONGEST + 1).into()).await, Err(PasswordError::Long));
        assert!(!verify("x".repeat(1 << 20).into(), None).await);
    }
}
