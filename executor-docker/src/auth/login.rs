//! What a registry is told to let somebody in.

use super::registry_of;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use protocol::Secret;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A user with a password, or a token. `Debug` shows none of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// A token that is traded for another at the registry.
    pub identity_token: Secret,
    /// A token that the registry takes as it is.
    pub registry_token: Secret,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login(..)")
    }
}

/// The engine's form of credentials (`AuthConfig` of its interface).
#[derive(Serialize)]
struct Wire<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    username: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    password: &'a str,
    serveraddress: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    identitytoken: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    registrytoken: &'a str,
}

impl Login {
    /// A user and a password.
    pub fn new(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self { username: username.into(), password: password.into(), ..Self::default() }
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.username.is_empty() && self.secrets().all(Secret::is_empty)
    }

    /// The value of `X-Registry-Auth` for an image: its alphabet of base64 is the one for addresses. The engine
    /// goes on without credentials, and without a word, when it meets the other one.
    pub fn header(&self, image: &str) -> Secret {
        let host = registry_of(image);
        let wire = Wire {
            username: &self.username,
            password: self.password.expose(),
            // Engines that keep images with containerd compare it with the host they talk to.
            serveraddress: if host == "docker.io" { "https://index.docker.io/v1/" } else { &host },
            identitytoken: self.identity_token.expose(),
            registrytoken: self.registry_token.expose(),
        };
        // Texts and a fixed set of keys cannot fail to be JSON.
        Secret::new(URL_SAFE.encode(serde_json::to_vec(&wire).unwrap_or_default()))
    }

    /// Two logins with the same fingerprint are the same. It does not tell what they are.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in std::iter::once(self.username.as_str()).chain(self.secrets().map(Secret::expose)) {
            hash.update(part.len().to_le_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().into()
    }

    /// The text without these secrets: a registry may send back what it was sent.
    pub(crate) fn conceal(&self, text: &str) -> String {
        let both = format!("{}:{}", self.username, self.password.expose());
        let basic = base64::engine::general_purpose::STANDARD_NO_PAD.encode(both);
        let hidden = self.secrets().map(Secret::expose).chain([basic.as_str()]);
        hidden
            .filter(|secret| secret.len() >= 4)
            .fold(text.to_owned(), |text, secret| text.replace(secret, "[MASKED]"))
    }

    fn secrets(&self) -> impl Iterator<Item = &Secret> {
        [&self.password, &self.identity_token, &self.registry_token].into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(header: &Secret) -> serde_json::Value {
        serde_json::from_slice(&URL_SAFE.decode(header.expose()).unwrap()).unwrap()
    }

    #[test]
    fn header_as_the_engine_reads_it() {
        let header = Login::new("robot$team+ci", "p~~~???>>>ä").header("Reg.example.com:5000/a/b:1");
        assert!(!header.expose().contains(['+', '/']));
        let expected = serde_json::json!({
            "username": "robot$team+ci", "password": "p~~~???>>>ä", "serveraddress": "reg.example.com:5000",
        });
        assert_eq!(decoded(&header), expected);
        let token = Login { identity_token: Secret::new("t"), ..Login::default() };
        let expected = serde_json::json!({
            "identitytoken": "t", "serveraddress": "https://index.docker.io/v1/",
        });
        assert_eq!(decoded(&token.header("ruby")), expected);
    }

    #[test]
    fn nothing_shows_a_secret() {
        let login = Login::new("bob", "hunter2");
        assert_eq!(format!("{login:?}"), "Login(..)");
        let said = "401 for Basic Ym9iOmh1bnRlcjI= (hunter2)";
        assert_eq!(login.conceal(said), "401 for Basic [MASKED]= ([MASKED])");
    }

    #[test]
    fn fingerprints_tell_logins_apart() {
        let print = |login: Login| login.fingerprint();
        assert_eq!(print(Login::new("a", "bc")), print(Login::new("a", "bc")));
        assert_ne!(print(Login::new("a", "bc")), print(Login::new("ab", "c")));
        let token = Login { identity_token: Secret::new("t"), ..Login::default() };
        let other = Login { registry_token: Secret::new("t"), ..Login::default() };
        assert_ne!(print(token), print(other));
    }

    proptest! {
        #[test]
        fn every_user_and_password_survive(user in any::<String>(), password in any::<String>()) {
            let json = decoded(&Login::new(&user, password.clone()).header("reg.io/a"));
            prop_assert_eq!(json["username"].as_str().unwrap_or_default(), user);
            prop_assert_eq!(json["password"].as_str().unwrap_or_default(), password);
        }
    }
}
