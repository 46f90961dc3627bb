//! Names of images: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`.

mod grammar;

use std::fmt;

/// The version of an image that names none.
const LATEST: &str = "latest";

/// Docker's own registry.
const DOCKER_HUB: &str = "docker.io";

/// Its name of old.
const DOCKER_HUB_INDEX: &str = "index.docker.io";

/// An image's name, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Host with its port, and path.
    name: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl Reference {
    /// Reads a name as Docker's own grammar has it; `None` where it is no name of an image.
    pub fn parse(text: &str) -> Option<Self> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let (name, tag) = split_tag(rest);
        let good = grammar::is_name(name)
            && tag.is_none_or(grammar::is_tag)
            && digest.is_none_or(grammar::is_digest);
        good.then(|| Self {
            name: name.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// Host without its port, and path: what services are called by.
    pub fn service(&self) -> String {
        let (host, path) = self.name.split_once('/').unwrap_or((&self.name, ""));
        let host = match host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => host,
        };
        if path.is_empty() { host.to_owned() } else { format!("{host}/{path}") }
    }

    /// The tag, else `@` and the digest, else `latest`.
    ///
    /// gitlab-runner takes a digest other than SHA-256 for `latest`, and so another image than the one that was
    /// pinned; here it is what it is.
    pub fn version(&self) -> String {
        match (&self.tag, &self.digest) {
            (Some(tag), _) => tag.clone(),
            (None, Some(digest)) => format!("@{digest}"),
            (None, None) => LATEST.to_owned(),
        }
    }

    /// As written, with `:latest` where there is neither tag nor digest.
    pub fn image_to_pull(&self) -> String {
        match (&self.tag, &self.digest) {
            (None, None) => format!("{}:{LATEST}", self.name),
            _ => self.to_string(),
        }
    }

    /// What the engine's request to pull takes: the name, and the tag or digest. A pull without the second fetches
    /// every tag there is.
    pub fn pull_parts(&self) -> (String, String) {
        let version = self.digest.as_ref().or(self.tag.as_ref());
        (self.name.clone(), version.map_or(LATEST, String::as_str).to_owned())
    }

    /// Host names of a service: those of gitlab-runner, then [`Reference::last_component`] where it is another, so
    /// that `registry.example.com/mirror/docker:24-dind` is found as `docker`.
    pub fn aliases(&self) -> Vec<String> {
        let service = self.service();
        let mut aliases = Vec::new();
        for alias in [service.replace('/', "__"), service.replace('/', "-"), self.last_component().to_owned()]
        {
            if !aliases.contains(&alias) {
                aliases.push(alias);
            }
        }
        aliases
    }

    /// What stands behind the last `/` of the path.
    pub fn last_component(&self) -> &str {
        let name = self.name.rsplit('/').next().unwrap_or(&self.name);
        // A name without `/` may be a host to the eye only: `localhost:5000` is an image with a tag.
        name.split(':').next().unwrap_or(name)
    }

    /// The service as part of a container's name.
    pub fn slug(&self) -> String {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        self.service().replace('/', "__").chars().filter(|c| allowed(*c)).collect()
    }

    /// Whether a digest pins the content.
    pub fn is_pinned(&self) -> bool {
        self.digest.is_some()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

/// The name with `:latest` where it names no version. What is no name of an image stays as it is: the engine says
/// what is wrong with it.
pub fn with_version(image: &str) -> String {
    Reference::parse(image).map_or_else(|| image.to_owned(), |reference| reference.image_to_pull())
}

/// Where in a registry an image lies, for finding credentials: no tag, no digest, the host in lower case and
/// always there. Longest first come the path itself, then its parents, down to the host alone.
///
/// gitlab-runner leaves half a digest on, and so misses credentials for exactly that repository.
pub fn credential_paths(image: &str) -> Vec<String> {
    let image = image.split('@').next().unwrap_or(image);
    let mut path = registry_path(split_tag(image).0);
    let mut paths = Vec::new();
    loop {
        paths.push(path.clone());
        match path.rfind('/') {
            Some(slash) => path.truncate(slash),
            None => return paths,
        }
    }
}

fn registry_path(name: &str) -> String {
    let (first, rest) = match name.split_once('/') {
        Some((first, rest)) if is_host(first) => (first.to_lowercase(), rest),
        _ => return format!("{DOCKER_HUB}/{name}"),
    };
    let host = if first == DOCKER_HUB_INDEX { DOCKER_HUB } else { &first };
    format!("{host}/{rest}")
}

/// A registry as files with credentials name it, in the form that [`credential_paths`] gives: of a URL the host and
/// port; else host and path without a tag and without `/` at the end. The host is in lower case.
pub fn credential_key(text: &str) -> String {
    let url = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    if let Some(url) = url {
        let host = url.split('/').next().unwrap_or(url).to_lowercase();
        return if host == DOCKER_HUB_INDEX { DOCKER_HUB.to_owned() } else { host };
    }
    let text = text.trim_end_matches('/');
    match text.split_once('/') {
        Some((host, path)) => format!("{}/{}", host.to_lowercase(), split_tag(path).0),
        None => text.to_lowercase(),
    }
}

/// Whether the first part of a name is a registry, and not the first folder on Docker's own.
fn is_host(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost"
}

/// Splits at the colon behind the last `/`.
fn split_tag(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once(':') {
        Some((rest, tag)) if !tag.contains('/') => (rest, Some(tag)),
        _ => (name, None),
    }
}

#[cfg(test)]
mod tests;
