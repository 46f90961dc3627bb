//! The address of a clone's origin: which server, which project.

/// What an origin's address says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// `https://host[:port]` of the GitLab it probably is; of ssh addresses without their port.
    pub server: String,
    /// The project's path: `group/name`.
    pub project: String,
}

/// Reads `https://host/group/name.git`, `ssh://git@host:22/group/name.git` and `git@host:group/name.git`.
pub fn parse(url: &str) -> Option<Origin> {
    let url = url.trim();
    match url.split_once("://") {
        Some((scheme @ ("http" | "https"), rest)) => {
            let (authority, path) = rest.split_once('/')?;
            origin(scheme, host(authority)?, path)
        }
        Some(("ssh" | "git" | "git+ssh" | "ssh+git", rest)) => {
            let (authority, path) = rest.split_once('/')?;
            origin("https", without_port(host(authority)?), path)
        }
        Some(_) => None,
        None => {
            // As git has it: a colon before the first slash makes an address of it.
            let (authority, path) = url.split_once(':')?;
            if authority.contains('/') {
                return None;
            }
            origin("https", host(authority)?, path)
        }
    }
}

fn origin(scheme: &str, host: &str, path: &str) -> Option<Origin> {
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path).trim_end_matches('/');
    let sound = |part: &str| !part.is_empty() && part != "." && part != "..";
    let clean = |c: char| !c.is_control() && !c.is_whitespace() && !matches!(c, '?' | '#' | '\\');
    if !path.split('/').all(sound) || !path.chars().all(clean) {
        return None;
    }
    Some(Origin { server: format!("{scheme}://{}", host.to_lowercase()), project: path.to_owned() })
}

/// Host and port, without who logs in.
fn host(authority: &str) -> Option<&str> {
    let host = authority.rsplit('@').next()?;
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    (!host.is_empty() && !host.starts_with('-') && host.chars().all(sound)).then_some(host)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_all_forms() {
        for (url, server, project) in [
            ("https://gitlab.com/g/p.git", "https://gitlab.com", "g/p"),
            (
                "https://user:secret@GitLab.example.com:8443/a/b/c/",
                "https://gitlab.example.com:8443",
                "a/b/c",
            ),
            ("http://h/g/p", "http://h", "g/p"),
            ("ssh://git@gitlab.com:2222/g/p.git", "https://gitlab.com", "g/p"),
            ("git@gitlab.com:g/sub/p.git", "https://gitlab.com", "g/sub/p"),
            ("gitlab.com:/g/p", "https://gitlab.com", "g/p"),
            ("git+ssh://h/g/p.git/", "https://h", "g/p"),
        ] {
            let expected = Origin { server: server.into(), project: project.into() };
            assert_eq!(parse(url), Some(expected), "{url}");
        }
    }

    #[test]
    fn folders_and_oddities_are_no_addresses() {
        for url in [
            "/srv/git/p.git",
            "../p",
            "./a:b",
            "file:///srv/p.git",
            "https://h",
            "https:///g/p",
            "ext::sh -c x",
            "git@h:../p",
            "h:a b",
            "-oProxyCommand=x:g/p",
            "",
        ] {
            assert_eq!(parse(url), None, "{url}");
        }
    }
}
