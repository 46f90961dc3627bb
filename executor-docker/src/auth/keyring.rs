//! Which login goes with an image.

use super::config::{self, Config, ConfigError, Program};
use super::helper::{HelperError, Helpers};
use super::login::Login;
use crate::reference::{credential_key, credential_paths};
use crate::work::Credentials;
use protocol::Secret;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use tokio::sync::Mutex;

/// The log's name of the job variable.
const VARIABLE: &str = "$DOCKER_AUTH_CONFIG";

/// The log's name of the payload.
const PAYLOAD: &str = "job payload (GitLab Registry)";

/// Where credentials may come from, the first one first.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Content of `DOCKER_AUTH_CONFIG`.
    pub variable: Option<Secret>,
    /// Files of docker's command line; the first that is there counts. [`Sources::files_in`] knows the usual
    /// ones.
    pub files: Vec<PathBuf>,
    /// What the payload has for registries.
    pub payload: Vec<Credentials>,
    /// How helper programs run.
    pub helpers: Helpers,
}

impl Sources {
    /// Docker's files in a home directory: that of the user the runner runs as.
    pub fn files_in(home: &Path) -> Vec<PathBuf> {
        vec![home.join(".docker").join("config.json"), home.join(".dockercfg")]
    }
}

/// A source asks for what is not allowed. Everything else that is wrong with one only makes it count for
/// nothing, with a warning.
#[derive(Debug, thiserror::Error)]
#[error("credentials from {source_name}: {reason}")]
pub struct AuthError {
    /// The source.
    pub source_name: String,
    /// What is wrong.
    #[source]
    pub reason: ConfigError,
}

/// What a look for credentials came to.
#[derive(Debug, Default)]
pub struct Search {
    /// The best match.
    pub found: Option<Found>,
    /// The sources that were there and usable.
    pub looked_in: Vec<String>,
    /// New warnings for the log; each source that cannot be used is told of once.
    pub warnings: Vec<String>,
}

/// A login for an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The source's name.
    pub source: String,
    /// The registry or the path in it that the login is registered for.
    pub path: String,
    /// The login.
    pub login: Login,
}

/// Finds logins. Files are read and programs run when the first one is looked for, and once.
#[derive(Debug)]
pub struct Keyring {
    given: Sources,
    state: Mutex<Option<State>>,
}

#[derive(Debug, Default)]
struct State {
    sources: Vec<Source>,
    warnings: Vec<String>,
}

/// One source, by normalised paths.
#[derive(Debug)]
struct Source {
    name: String,
    entries: BTreeMap<String, Kept>,
}

/// Where a login is.
#[derive(Clone, Debug)]
enum Kept {
    Here(Login),
    With { program: Program, key: String },
}

/// Why a source cannot be used.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Helper(#[from] HelperError),
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
}

impl Keyring {
    /// A keyring of these sources.
    pub fn new(sources: Sources) -> Self {
        Self { given: sources, state: Mutex::new(None) }
    }

    /// The login for an image: the one registered for the longest path that the image lies under. Of several
    /// for the same path the first source's counts.
    ///
    /// A helper program is asked for the login that is used, and for no other.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn find(&self, image: &str) -> Result<Search, AuthError> {
        let mut state = self.state.lock().await;
        if state.is_none() {
            *state = Some(self.load().await?);
        }
        let state = state.get_or_insert_default();
        let found = state.best(&credential_paths(image), &self.given.helpers).await;
        let looked_in = state.sources.iter().map(|source| source.name.clone()).collect();
        Ok(Search { found, looked_in, warnings: std::mem::take(&mut state.warnings) })
    }

    async fn load(&self) -> Result<State, AuthError> {
        let mut state = State::default();
        if let Some(text) = self.given.variable.as_ref().filter(|text| !text.expose().trim().is_empty()) {
            state.add(VARIABLE, self.read(text.expose()).await)?;
        }
        for file in &self.given.files {
            let entries = match content(file) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => Err(error.into()),
                Ok(text) => self.read(text.expose()).await,
            };
            state.add(&file.display().to_string(), entries)?;
            break;
        }
        if !self.given.payload.is_empty() {
            state.add(PAYLOAD, Ok(of_payload(&self.given.payload)))?;
        }
        Ok(state)
    }

    /// The entries of a text. What a store keeps replaces what is written for the same key, and a program for
    /// one key replaces both. Of keys that mean the same path the first in their order counts.
    async fn read(&self, text: &str) -> Result<BTreeMap<String, Kept>, Unusable> {
        let Config { logins, store, helpers } = config::parse(text)?;
        let mut kept: BTreeMap<String, Kept> =
            logins.into_iter().map(|(key, login)| (key, Kept::Here(login))).collect();
        if let Some(program) = store {
            for key in self.given.helpers.list(&program).await? {
                kept.insert(key.clone(), Kept::With { program: program.clone(), key });
            }
        }
        for (key, program) in helpers {
            kept.insert(key.clone(), Kept::With { program, key });
        }
        Ok(by_path(kept))
    }
}

impl State {
    fn add(
        &mut self,
        name: &str,
        entries: Result<BTreeMap<String, Kept>, Unusable>,
    ) -> Result<(), AuthError> {
        match entries {
            Ok(entries) => self.sources.push(Source { name: name.to_owned(), entries }),
            Err(Unusable::Config(reason @ ConfigError::Traversal { .. })) => {
                return Err(AuthError { source_name: name.to_owned(), reason });
            }
            Err(error) => self.warn(name, &error),
        }
        Ok(())
    }

    fn warn(&mut self, name: &str, error: &Unusable) {
        self.warnings.push(format!(
            "Failed to resolve credentials from {name}: {error}. Credentials from this source will not be used."
        ));
    }

    async fn best(&mut self, paths: &[String], helpers: &Helpers) -> Option<Found> {
        // Every round without an end takes a source or an entry away.
        loop {
            let (at, path, kept) = self.candidate(paths)?;
            let source = self.sources.get_mut(at)?;
            let found = |login| Found { source: source.name.clone(), path: path.clone(), login };
            match kept {
                Kept::Here(login) => return Some(found(login)),
                Kept::With { program, key } => match helpers.get(&program, &key).await {
                    Ok(Some(login)) => {
                        let found = found(login);
                        source.entries.insert(path, Kept::Here(found.login.clone()));
                        return Some(found);
                    }
                    Ok(None) => {
                        source.entries.remove(&path);
                    }
                    Err(error) => {
                        let Source { name, .. } = self.sources.remove(at);
                        self.warn(&name, &error.into());
                    }
                },
            }
        }
    }

    /// The first source with the first of the paths.
    fn candidate(&self, paths: &[String]) -> Option<(usize, String, Kept)> {
        paths.iter().find_map(|path| {
            let mut sources = self.sources.iter().enumerate();
            sources.find_map(|(at, source)| Some((at, path.clone(), source.entries.get(path)?.clone())))
        })
    }
}

fn of_payload(payload: &[Credentials]) -> BTreeMap<String, Kept> {
    let entry = |given: &Credentials| {
        let login = Login::new(given.username.clone(), given.password.clone());
        (given.address.clone(), Kept::Here(login))
    };
    by_path(payload.iter().map(entry).collect())
}

fn by_path(keys: BTreeMap<String, Kept>) -> BTreeMap<String, Kept> {
    let mut entries = BTreeMap::new();
    for (key, kept) in keys {
        if let Slot::Vacant(slot) = entries.entry(credential_key(&key)) {
            slot.insert(kept);
        }
    }
    entries
}

/// The text of a file of usual size.
fn content(path: &Path) -> std::io::Result<Secret> {
    let mut text = String::new();
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(std::io::Error::other("not a file"));
    }
    // One byte more than may be: then it is refused as too long, not cut.
    file.take(config::LIMIT as u64 + 1).read_to_string(&mut text)?;
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests;
