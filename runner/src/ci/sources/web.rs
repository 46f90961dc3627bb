//! `include:remote` and GitLab's templates: from the web once, from the disk afterwards.

use super::{Cache, FILE_LIMIT, folder};
use ci_yaml::SourceError;
use client::{Fetch, FetchError, Proxies, fetch};
use sha2::{Digest as _, Sha256};
use std::cell::RefCell;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

/// How long one file may take.
const DEADLINE: Duration = Duration::from_secs(30);
/// How long a remote file is used before it is asked for again.
const REMOTE_AGE: Duration = Duration::from_secs(60 * 60);
/// How long a template is used before it is asked for again.
const TEMPLATE_AGE: Duration = Duration::from_secs(24 * 60 * 60);
/// Where GitLab publishes its templates.
const TEMPLATES: &str = "https://gitlab.com/gitlab-org/gitlab/-/raw/master/lib/gitlab/ci/templates/";

/// Files on the web.
#[derive(Debug)]
pub(crate) struct Web {
    cache: Option<Cache>,
    offline: bool,
    proxies: Proxies,
    templates: String,
    warnings: RefCell<Vec<String>>,
}

impl Web {
    /// `cache`: nothing where no folder is known to keep files in.
    pub(crate) fn new(cache: Option<Cache>, offline: bool, proxies: Proxies) -> Self {
        Self { cache, offline, proxies, templates: TEMPLATES.to_owned(), warnings: RefCell::default() }
    }

    /// What went not quite as it should since the last time this was asked.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.take()
    }

    /// A file by its address.
    pub(super) fn remote(&self, url: &str) -> Result<Arc<[u8]>, SourceError> {
        let name = format!("remote/{}.yml", digest(url));
        Ok(self.file(url, &name, REMOTE_AGE)?.into())
    }

    /// A template by its name.
    pub(super) fn template(&self, name: &str) -> Result<Arc<str>, SourceError> {
        let sound = |part: &str| {
            let clean = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ');
            !part.starts_with('.') && !part.is_empty() && part.chars().all(clean)
        };
        if !name.split('/').all(sound) {
            return Err(ci_yaml::FileIssue::Missing.into());
        }
        let url = format!("{}{}", self.templates, name.replace(' ', "%20"));
        folder::text(self.file(&url, &format!("templates/{name}"), TEMPLATE_AGE)?, FILE_LIMIT)
    }

    fn file(&self, url: &str, name: &str, age: Duration) -> Result<Vec<u8>, SourceError> {
        let kept = self.cache.as_ref().and_then(|cache| cache.get(name, FILE_LIMIT));
        if let Some(kept) = &kept
            && (self.offline || kept.age < age)
        {
            return Ok(kept.bytes.clone());
        }
        if self.offline {
            return Err(self.absent(url, name));
        }
        match (self.fetched(url), kept) {
            (Ok(bytes), _) => {
                if let Some(cache) = &self.cache
                    && let Err(error) = cache.put(name, &bytes)
                {
                    let place = cache.place(name);
                    self.warn(format!("cannot keep {}: {error}", place.display()));
                }
                Ok(bytes)
            }
            (Err(error @ FetchError::Status { .. }), _) if error_says_gone(&error) => {
                Err(ci_yaml::FileIssue::Missing.into())
            }
            (Err(error), Some(kept)) => {
                let minutes = kept.age.as_secs() / 60;
                self.warn(format!("{}: {error}; the copy of {minutes} minutes ago is used", shown(url)));
                Ok(kept.bytes)
            }
            (Err(error), None) => Err(SourceError::Unavailable {
                what: format!("`{}` cannot be fetched: {error}.", shown(url)),
                help: Some(self.by_hand(name)),
            }),
        }
    }

    fn absent(&self, url: &str, name: &str) -> SourceError {
        SourceError::Unavailable {
            what: format!("`{}` is not kept here, and --offline forbids to fetch it.", shown(url)),
            help: Some(self.by_hand(name)),
        }
    }

    fn by_hand(&self, name: &str) -> String {
        match &self.cache {
            Some(cache) => format!("a copy of it would be looked for at {}", cache.place(name).display()),
            None => "name a folder for copies with `--cache-dir FOLDER`".to_owned(),
        }
    }

    fn fetched(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let what = Fetch {
            url: url.to_owned(),
            limit: FILE_LIMIT,
            deadline: DEADLINE,
            user_agent: crate::version::user_agent(),
            proxies: self.proxies.clone(),
            redirects: client::REDIRECTS,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| client::BuildError::Http { reason: error.to_string() })?;
        runtime.block_on(fetch(&what))
    }

    fn warn(&self, warning: String) {
        self.warnings.borrow_mut().push(warning);
    }
}

fn error_says_gone(error: &FetchError) -> bool {
    matches!(error, FetchError::Status { status, .. } if matches!(status.as_u16(), 404 | 410))
}

/// An address as messages show it: without what may be a secret.
fn shown(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or(url);
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            format!("{scheme}://{}/{path}", authority.rsplit('@').next().unwrap_or(authority))
        }
        None => url.to_owned(),
    }
}

fn digest(text: &str) -> String {
    let mut out = String::new();
    for byte in Sha256::digest(text.as_bytes()).iter().take(16) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web(cache: &std::path::Path, offline: bool) -> Web {
        let mut web = Web::new(Some(Cache::new(cache.to_owned())), offline, Proxies::default());
        // Nobody listens there.
        web.templates = "http://127.0.0.1:1/".to_owned();
        web
    }

    #[test]
    fn offline_takes_what_is_kept_and_says_where_it_looked() {
        let folder = tempfile::tempdir().unwrap();
        let offline = web(folder.path(), true);
        let url = "https://user:secret@example.com/a.yml?token=secret";
        let Err(SourceError::Unavailable { what, help }) = offline.remote(url) else { panic!("found") };
        assert_eq!(what, "`https://example.com/a.yml` is not kept here, and --offline forbids to fetch it.");
        let path = help.unwrap().rsplit(' ').next().unwrap().to_owned();
        std::fs::create_dir_all(folder.path().join("remote")).unwrap();
        std::fs::write(path, "a: 1").unwrap();
        assert_eq!(&*offline.remote(url).unwrap(), b"a: 1");
        std::fs::create_dir_all(folder.path().join("templates/Jobs")).unwrap();
        std::fs::write(folder.path().join("templates/Jobs/Build.gitlab-ci.yml"), "b: 1").unwrap();
        assert_eq!(&*offline.template("Jobs/Build.gitlab-ci.yml").unwrap(), "b: 1");
        for name in ["../remote/x", "Jobs//x", "/etc/passwd", "a\nb", ""] {
            assert_eq!(offline.template(name), Err(ci_yaml::FileIssue::Missing.into()), "{name:?}");
        }
    }

    #[test]
    fn an_old_copy_is_better_than_none() {
        let folder = tempfile::tempdir().unwrap();
        let online = web(folder.path(), false);
        let name = "Old.gitlab-ci.yml";
        assert!(matches!(online.template(name), Err(SourceError::Unavailable { .. })));
        let place = folder.path().join("templates").join(name);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(&place, "a: 1").unwrap();
        let file = std::fs::File::options().write(true).open(&place).unwrap();
        file.set_modified(std::time::SystemTime::now() - Duration::from_secs(48 * 3600)).unwrap();
        assert_eq!(&*online.template(name).unwrap(), "a: 1");
        let warnings = online.warnings();
        assert!(warnings.len() == 1 && warnings[0].contains("2880 minutes"), "{warnings:?}");
    }
}
