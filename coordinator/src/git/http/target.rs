//! What a request of a git client is about, from its address.

use http::{Method, Uri};

/// What is wanted of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// `git-upload-pack`: clone and fetch.
    Fetch,
    /// `git-receive-pack`: push.
    Push,
    /// Something old or new that is not spoken here.
    Unknown,
}

impl Service {
    /// As it is called in addresses and types.
    pub(super) fn program(self) -> &'static str {
        match self {
            Self::Push => "git-receive-pack",
            Self::Fetch | Self::Unknown => "git-upload-pack",
        }
    }

    /// As it is called behind `git`.
    pub(super) fn command(self) -> &'static str {
        self.program().trim_start_matches("git-")
    }

    fn of(name: &str) -> Self {
        match name {
            "git-upload-pack" => Self::Fetch,
            "git-receive-pack" => Self::Push,
            _ => Self::Unknown,
        }
    }
}

/// Which of the two requests of a conversation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// `GET …/info/refs`: what is there.
    Refs,
    /// `POST …/git-…-pack`: the rest.
    Rpc,
}

/// A repository, and what is wanted of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The project's full path, without `.git`.
    pub path: String,
    /// What is wanted.
    pub service: Service,
    pub(super) step: Step,
}

impl Target {
    pub(super) fn method(&self) -> Method {
        match self.step {
            Step::Refs => Method::GET,
            Step::Rpc => Method::POST,
        }
    }
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// To a repository.
    At(Target),
    /// To the same with `.git`.
    Elsewhere(String),
    /// It is git's, and no project can be called so.
    Nowhere,
}

/// The most bytes of a project's path.
const PATH: usize = 1024;

/// Where a request goes; nothing where it is no git client's.
pub(super) fn aim(uri: &Uri) -> Option<Aim> {
    let path = uri.path();
    let service = uri.query().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("service="));
    let (repository, step, service) = if let Some(repository) = path.strip_suffix("/info/refs") {
        (repository, Step::Refs, service.map_or(Service::Unknown, Service::of))
    } else {
        let (repository, name) = path.rsplit_once('/')?;
        match Service::of(name) {
            Service::Unknown => return None,
            service => (repository, Step::Rpc, service),
        }
    };
    let Some(project) = repository.strip_suffix(".git") else {
        // Git follows where it is sent for the first request only.
        let asked = step == Step::Refs && service != Service::Unknown;
        let sound = asked && decoded(repository).is_some();
        let location = || format!("{repository}.git/info/refs?service={}", service.program());
        return if asked {
            Some(if sound { Aim::Elsewhere(location()) } else { Aim::Nowhere })
        } else {
            None
        };
    };
    Some(match decoded(project) {
        Some(path) => Aim::At(Target { path, service, step }),
        None => Aim::Nowhere,
    })
}

/// The path of a project: parts that are names, whatever they were written like.
fn decoded(path: &str) -> Option<String> {
    let path = path.strip_prefix('/')?;
    if path.len() > PATH {
        return None;
    }
    let parts: Option<Vec<String>> = path.split('/').map(part).collect();
    parts.map(|parts| parts.join("/"))
}

fn part(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let digit = |b: Option<u8>| {
                    b.and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok())
                };
                digit(bytes.next())? << 4 | digit(bytes.next())?
            }
            byte => byte,
        });
    }
    let text = String::from_utf8(out).ok()?;
    let odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | '%');
    (!text.is_empty() && text != "." && text != ".." && !text.contains(odd)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(uri: &str) -> Option<Aim> {
        aim(&uri.parse().unwrap())
    }

    #[test]
    fn git_is_told_from_all_others() {
        let target = |path: &str, service, step| Some(Aim::At(Target { path: path.into(), service, step }));
        let fetch = "/g/sub/p.git/info/refs?service=git-upload-pack";
        assert_eq!(at(fetch), target("g/sub/p", Service::Fetch, Step::Refs));
        assert_eq!(at("/g/p.git/git-receive-pack"), target("g/p", Service::Push, Step::Rpc));
        assert_eq!(at("/g/p%2Dq.git/git-upload-pack"), target("g/p-q", Service::Fetch, Step::Rpc));
        assert_eq!(at("/g/p.git/info/refs"), target("g/p", Service::Unknown, Step::Refs));
        let moved = Aim::Elsewhere("/g/p.git/info/refs?service=git-upload-pack".into());
        assert_eq!(at("/g/p/info/refs?service=git-upload-pack&x=y"), Some(moved));
        for other in
            ["/", "/g/p", "/g/p.git", "/g/p/info/refs", "/g/p/-/tree/info/refs", "/g/p/git-upload-pack"]
        {
            assert_eq!(at(other), None, "{other}");
        }
    }

    #[test]
    fn odd_paths_lead_nowhere() {
        for path in [
            "/../p",
            "/g/..",
            "/g/%2e%2e",
            "/g%2Fp",
            "/g/%2F",
            "/g//p",
            "/g/p%00",
            "/g/p%0a",
            "/g\\p",
            "/g%5cp",
            "/g/%",
            "/g/%zz",
            "/%ff",
            "/g/%252e",
            "//g",
            "/",
            "/.",
        ] {
            let uri = format!("{path}.git/git-upload-pack").parse::<Uri>();
            let aim = uri.ok().and_then(|uri| aim(&uri));
            let plain = ["/g/..", "/", "/."].contains(&path);
            assert!(plain || matches!(aim, None | Some(Aim::Nowhere)), "{path}: {aim:?}");
        }
        let long = format!("/{}.git/git-upload-pack", "x".repeat(PATH + 1));
        assert_eq!(at(&long), Some(Aim::Nowhere));
    }
}
