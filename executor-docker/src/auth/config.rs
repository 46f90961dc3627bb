//! Docker's configuration file, as far as registries are concerned.
//!
//! Read as docker's command line does: keys without regard to case, `null` like nothing, what is not known left
//! alone. The older `.dockercfg`, which has the registries at its top, is understood as well.

use super::login::Login;
use super::plain::one_line;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use protocol::Secret;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most bytes of such a text. Real ones have a few hundred.
pub const LIMIT: usize = 1 << 20;

/// What the text says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Logins by the key that they are written under. An entry without any secret is not among them: docker
    /// leaves such where a helper program keeps the login.
    pub logins: BTreeMap<String, Login>,
    /// The program that keeps logins for any registry.
    pub store: Option<Program>,
    /// Programs that keep the login for one registry.
    pub helpers: BTreeMap<String, Program>,
}

/// The text is not what it should be. Says where, never what is there.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ConfigError {
    /// It has no end.
    #[error("longer than {LIMIT} bytes")]
    TooLong,
    /// It is not JSON.
    #[error("not valid JSON (line {line}, column {column})")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Something is of the wrong kind.
    #[error("{place} is not {expected}")]
    Kind {
        /// Where.
        place: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A program's name leads somewhere else. Fails the job, as gitlab-runner has it.
    #[error("{place}: path traversal is not allowed")]
    Traversal {
        /// Where.
        place: String,
    },
}

/// NAME of `docker-credential-NAME`: not empty, without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program(String);

impl Program {
    /// The program's file.
    pub fn file(&self) -> String {
        format!("docker-credential-{}", self.0)
    }
}

/// Reads a text. An empty one says nothing.
///
/// # Errors
/// [`ConfigError`].
pub fn parse(text: &str) -> Result<Config, ConfigError> {
    if text.len() > LIMIT {
        return Err(ConfigError::TooLong);
    }
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Ok(Config::default());
    }
    let value: Value = serde_json::from_str(text)
        .map_err(|error| ConfigError::Json { line: error.line(), column: error.column() })?;
    let Value::Object(top) = value else { return Err(kind("the text", "a JSON object")) };
    let auths = member(&top, "auths").map(|value| object(value, "auths")).transpose()?;
    let logins = match auths {
        Some(entries) => logins(entries)?,
        None => logins(&of_old(&top))?,
    };
    let store = match member(&top, "credsStore") {
        Some(name) => program(name, "credsStore")?,
        None => None,
    };
    let mut helpers = BTreeMap::new();
    if let Some(value) = member(&top, "credHelpers") {
        for (key, name) in object(value, "credHelpers")? {
            let named = program(name, &format!("credHelpers of {}", shown(key)))?;
            helpers.extend(named.map(|program| (key.clone(), program)));
        }
    }
    Ok(Config { logins, store, helpers })
}

fn logins(entries: &Map<String, Value>) -> Result<BTreeMap<String, Login>, ConfigError> {
    let mut logins = BTreeMap::new();
    for (key, value) in entries.iter().filter(|(_, value)| !value.is_null()) {
        let place = format!("auths of {}", shown(key));
        let login = login(object(value, &place)?, &place)?;
        if !login.is_empty() {
            logins.insert(key.clone(), login);
        }
    }
    Ok(logins)
}

fn login(entry: &Map<String, Value>, place: &str) -> Result<Login, ConfigError> {
    let text = |name: &str| match member(entry, name) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(kind(format!("{name} in {place}"), "a text")),
    };
    let (mut username, mut password) = (text("username")?, Secret::new(text("password")?));
    let auth = text("auth")?;
    if !auth.is_empty() {
        (username, password) =
            decode(&auth).ok_or_else(|| kind(format!("auth in {place}"), "base64 of `user:password`"))?;
    }
    Ok(Login {
        username,
        password,
        identity_token: Secret::new(text("identitytoken")?),
        registry_token: Secret::new(text("registrytoken")?),
    })
}

/// User and password of an `auth`. Line breaks and either alphabet are taken, with padding or without: people
/// make these by hand.
fn decode(auth: &str) -> Option<(String, Secret)> {
    const ANY: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let plain: String = auth
        .chars()
        .filter(|character| !character.is_ascii_whitespace())
        .map(|character| match character {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    let bytes = GeneralPurpose::new(&alphabet::STANDARD, ANY).decode(plain).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (user, password) = text.split_once(':').filter(|(user, _)| !user.is_empty())?;
    // Docker filled passwords up with NUL bytes once.
    Some((user.to_owned(), Secret::new(password.trim_matches('\0'))))
}

fn program(value: &Value, place: &str) -> Result<Option<Program>, ConfigError> {
    match value {
        Value::Null => Ok(None),
        Value::String(name) if name.is_empty() => Ok(None),
        Value::String(name) if name.contains(['/', '\\', '\0']) => {
            Err(ConfigError::Traversal { place: place.to_owned() })
        }
        Value::String(name) if name.len() <= 200 => Ok(Some(Program(name.clone()))),
        _ => Err(kind(place, "the name of a program")),
    }
}

/// The entries at the top of a `.dockercfg`: only objects with a secret are, anything else is a setting.
fn of_old(top: &Map<String, Value>) -> Map<String, Value> {
    let is_entry = |value: &Value| value.get("auth").is_some_and(Value::is_string);
    top.iter().filter(|(_, value)| is_entry(value)).map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// A member by its name, or by its name in other letters. `null` is none.
fn member<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let alike = || map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    map.get(name).or_else(alike).filter(|value| !value.is_null())
}

fn object<'a>(value: &'a Value, place: &str) -> Result<&'a Map<String, Value>, ConfigError> {
    value.as_object().ok_or_else(|| kind(place, "a JSON object"))
}

fn kind(place: impl Into<String>, expected: &'static str) -> ConfigError {
    ConfigError::Kind { place: place.into(), expected }
}

/// A key in a message: its host, without the user and password that somebody may have written before it.
fn shown(key: &str) -> String {
    let rest = key.split_once("://").map_or(key, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    one_line(host.rsplit('@').next().unwrap_or_default(), 120)
}

#[cfg(test)]
mod tests;
