//! As much of URLs as repository addresses need.

/// An address of the form `scheme://[user[:password]@]host[:port][/path]`, its parts as they were written.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Url {
    scheme: String,
    userinfo: Option<String>,
    /// Host and port.
    host: String,
    /// From the first `/` to the end, query included.
    path: String,
}

impl Url {
    /// Reads an address; nothing for one without a scheme, such as `git@host:path`, or with characters that no
    /// address may hold.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.chars().any(|c| c.is_control() || c == ' ') {
            return None;
        }
        let (scheme, rest) = text.split_once("://")?;
        let valid = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
        if !valid {
            return None;
        }
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (userinfo, host) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (Some(userinfo.to_owned()), host),
            None => (None, authority),
        };
        Some(Self {
            scheme: scheme.to_ascii_lowercase(),
            userinfo,
            host: host.to_owned(),
            path: path.to_owned(),
        })
    }

    pub(super) fn is_http(&self) -> bool {
        matches!(self.scheme.as_str(), "http" | "https")
    }

    pub(super) fn is_ssh(&self) -> bool {
        self.scheme == "ssh"
    }

    pub(super) fn has_host(&self) -> bool {
        !self.host.is_empty()
    }

    pub(super) fn has_user(&self) -> bool {
        self.userinfo.is_some()
    }

    /// Whether the address holds that password.
    pub(super) fn has_password(&self, password: &str) -> bool {
        let own = self.userinfo.as_deref().and_then(|userinfo| userinfo.split_once(':'));
        own.is_some_and(|(_, own)| own == password || own == encoded(password))
    }

    /// The address with another user and password.
    pub(super) fn with_credentials(&self, user: &str, password: Option<&str>) -> Self {
        let userinfo = match password {
            Some(password) => format!("{}:{}", encoded(user), encoded(password)),
            None => encoded(user),
        };
        Self { userinfo: Some(userinfo), ..self.clone() }
    }

    /// The address without user and password.
    pub(super) fn without_credentials(&self) -> Self {
        Self { userinfo: None, ..self.clone() }
    }

    /// The address without its path.
    pub(super) fn server(&self) -> Self {
        Self { path: String::new(), ..self.clone() }
    }

    /// The address without slashes at its end.
    pub(super) fn trimmed(&self) -> Self {
        Self { path: self.path.trim_end_matches('/').to_owned(), ..self.clone() }
    }

    /// The address with something added to its path.
    pub(super) fn join(&self, path: &str) -> Self {
        let base = self.path.trim_end_matches('/');
        Self { path: format!("{base}/{path}"), ..self.clone() }
    }

    /// The path alone, decoded; nothing where that is no text.
    pub(super) fn decoded_path(&self) -> Option<String> {
        let path = &self.path[..self.path.find(['?', '#']).unwrap_or(self.path.len())];
        let mut bytes = Vec::with_capacity(path.len());
        let mut rest = path.as_bytes();
        while let Some((&first, tail)) = rest.split_first() {
            if first == b'%' {
                let digits = tail.get(..2).and_then(|d| std::str::from_utf8(d).ok())?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &tail[2..];
            } else {
                bytes.push(first);
                rest = tail;
            }
        }
        String::from_utf8(bytes).ok()
    }

    /// The whole address. May hold credentials.
    pub(super) fn text(&self) -> String {
        match &self.userinfo {
            Some(userinfo) => format!("{}://{userinfo}@{}{}", self.scheme, self.host, self.path),
            None => format!("{}://{}{}", self.scheme, self.host, self.path),
        }
    }
}

/// Shows no credentials.
impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.without_credentials().text())
    }
}

/// A user name or password as an address can hold it.
fn encoded(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut result = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'$' | b'&' | b'+' | b'=')
        {
            result.push(char::from(byte));
        } else {
            let digits = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
            result.extend(['%', char::from(digits[0]), char::from(digits[1])]);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts() {
        let url = Url::parse("HTTPS://gitlab-ci-token:t@k@Git.example:8443/a%20b/c.git?x=1").unwrap();
        assert_eq!(url.without_credentials().text(), "https://Git.example:8443/a%20b/c.git?x=1");
        assert_eq!(url.server().without_credentials().text(), "https://Git.example:8443");
        assert_eq!(url.decoded_path().unwrap(), "/a b/c.git");
        assert_eq!(
            url.with_credentials("u", Some("p/w")).server().text(),
            "https://u:p%2Fw@Git.example:8443"
        );
        assert!(url.is_http() && url.has_host() && url.has_user());
        assert!(!format!("{url:?}").contains("t@k"));
        let base = Url::parse("http://h/gitlab/").unwrap();
        assert_eq!(base.join("g/p.git").text(), "http://h/gitlab/g/p.git");
        assert_eq!(base.trimmed().text(), "http://h/gitlab");
        assert!(!Url::parse("file:///srv/x.git").unwrap().has_host());
        for bad in ["git@host:path", "host/path", "://x", "1http://x", "http://a b", "http://a\n/x"] {
            assert!(Url::parse(bad).is_none(), "{bad:?}");
        }
        for bad in ["http://h/%", "http://h/%g1", "http://h/%ff"] {
            assert!(Url::parse(bad).unwrap().decoded_path().is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*|[a-z]{1,3}://[@:/%?#a-f0-9]{0,20}") {
            if let Some(url) = Url::parse(&text) {
                let _ = (url.decoded_path(), url.text());
            }
        }
    }
}
