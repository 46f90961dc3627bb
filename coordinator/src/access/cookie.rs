//! The cookie of a session, as it is set.

use super::credential::COOKIE_NAME;
use http::HeaderValue;
use protocol::Secret;
use std::time::Duration;

/// Sets the cookie: scripts cannot read it, other sites cannot send it along with forms.
pub(super) fn set(secret: &Secret, age: Duration, secure: bool) -> HeaderValue {
    let value = format!(
        "{COOKIE_NAME}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}",
        secret.expose(),
        age.as_secs(),
        if secure { "; Secure" } else { "" }
    );
    sensitive(HeaderValue::from_str(&value))
}

/// Removes the cookie.
pub(super) fn clear(secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    sensitive(HeaderValue::from_str(&format!(
        "{COOKIE_NAME}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{secure}"
    )))
}

fn sensitive(value: Result<HeaderValue, http::header::InvalidHeaderValue>) -> HeaderValue {
    // What is put in is ours, and plain.
    let mut value = value.unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_to_keep_it_to_themselves() {
        let cookie = set(&"abc".into(), Duration::from_secs(60), true);
        let wanted = "_runner_session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure";
        assert_eq!(cookie.to_str().unwrap(), wanted);
        assert!(cookie.is_sensitive());
        assert!(!clear(false).to_str().unwrap().contains("Secure"));
    }
}
