//! Where the engine keeps what containers write.

use super::{ConfigError, Role, map};
use crate::Settings;
use bollard::models::HostConfigLogConfig;
use std::collections::HashMap;

/// The keys of `log_options`.
const ALLOWED: [&str; 2] = ["env", "labels"];

/// What a service may write before its oldest lines go: five files of 20 MB. gitlab-runner sets no bound, and a
/// chatty service fills the disk; but its first lines often tell why it fails, so the bound is not a tight one.
const SERVICE_BOUND: [(&str, &str); 2] = [("max-size", "20m"), ("max-file", "5")];

/// The log of a container of that role.
///
/// What build and helper container write goes to the runner alone, and the engine need not keep it; only where
/// `log_options` is set does somebody want to find it there, as gitlab-runner leaves it.
pub(super) fn log_config(settings: &Settings, role: Role<'_>) -> Result<HostConfigLogConfig, ConfigError> {
    check(settings)?;
    let options = map(&settings.log_options);
    if !role.is_service() && options.is_none() {
        return Ok(HostConfigLogConfig { typ: Some("none".to_owned()), config: None });
    }
    let mut config: HashMap<String, String> = options.unwrap_or_default();
    if role.is_service() {
        config.extend(SERVICE_BOUND.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    Ok(HostConfigLogConfig { typ: Some("json-file".to_owned()), config: Some(config) })
}

pub(super) fn check(settings: &Settings) -> Result<(), ConfigError> {
    let others: Vec<&str> =
        settings.log_options.keys().map(String::as_str).filter(|name| !ALLOWED.contains(name)).collect();
    if others.is_empty() {
        return Ok(());
    }
    let quoted = |words: &[&str]| words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(" ");
    let message = format!(
        "invalid log options: only [{}] are allowed, but found: [{}]",
        quoted(&ALLOWED),
        quoted(&others)
    );
    let expected = "`env` and `labels`, such as `env = \"CI_JOB_ID\"`";
    Err(ConfigError::new("log_options", others.join(", "), message, expected))
}
