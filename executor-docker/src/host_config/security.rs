//! Security options and isolation.

use super::ConfigError;
use bollard::models::HostConfigIsolationEnum;
use std::io;

/// Reads a file of the runner's machine.
pub type ReadFile<'a> = dyn Fn(&str) -> io::Result<String> + 'a;

const PROFILE: &str =
    "`seccomp=` and `unconfined`, `builtin` or the path of a profile in JSON on the runner's machine";

/// Security options as the engine takes them: profiles of seccomp with their content instead of their file.
pub(super) fn options(
    key: &'static str,
    texts: &[String],
    read_file: &ReadFile<'_>,
) -> Result<Vec<String>, ConfigError> {
    texts.iter().map(|text| option(key, text, read_file)).collect()
}

fn option(key: &'static str, text: &str, read_file: &ReadFile<'_>) -> Result<String, ConfigError> {
    let Some(profile) = text.strip_prefix("seccomp=") else { return Ok(text.to_owned()) };
    if profile.starts_with('{') || matches!(profile, "unconfined" | "builtin") {
        return Ok(text.to_owned());
    }
    let failed = |what: &str, why: String| {
        ConfigError::new(key, text, format!("{what} seccomp profile ({profile}) failed: {why}"), PROFILE)
    };
    let content = read_file(profile).map_err(|error| failed("opening", error.to_string()))?;
    let json: serde_json::Value =
        serde_json::from_str(&content).map_err(|error| failed("compacting json for", error.to_string()))?;
    Ok(format!("seccomp={json}"))
}

/// The isolation of containers. All but the default one is for Windows.
pub(super) fn isolation(text: &str) -> Result<Option<HostConfigIsolationEnum>, ConfigError> {
    let error = |why: &str| {
        let message = format!("unsupported isolation {text:?}: {why}");
        Err(ConfigError::new("isolation", text, message, "`default` or nothing"))
    };
    match text {
        "" => Ok(None),
        "default" => Ok(Some(HostConfigIsolationEnum::DEFAULT)),
        "process" | "hyperv" => error("it is for Windows containers"),
        _ => error("there is none of that name"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<String, String> {
        let read = |path: &str| match path {
            "/good" => Ok("{ \"defaultAction\":\n \"SCMP_ACT_ALLOW\" }".to_owned()),
            "/bad" => Ok("{".to_owned()),
            _ => Err(io::Error::from(io::ErrorKind::NotFound)),
        };
        option("security_opt", text, &read).map_err(|error| error.to_string())
    }

    #[test]
    fn profiles_are_sent_as_they_are_read() {
        assert_eq!(of("seccomp=/good").unwrap(), "seccomp={\"defaultAction\":\"SCMP_ACT_ALLOW\"}");
        for text in [
            "seccomp=unconfined",
            "seccomp=builtin",
            "seccomp={\"a\":1}",
            "no-new-privileges",
            "label=x:y",
            "",
        ] {
            assert_eq!(of(text).as_deref(), Ok(text));
        }
        let missing = of("seccomp=/none").unwrap_err();
        assert!(missing.starts_with("`security_opt`: opening seccomp profile (/none) failed: "), "{missing}");
        assert!(
            of("seccomp=/bad").unwrap_err().contains("compacting json for seccomp profile (/bad) failed")
        );
    }

    #[test]
    fn isolation_is_the_default_one() {
        assert_eq!(isolation(""), Ok(None));
        assert_eq!(isolation("default"), Ok(Some(HostConfigIsolationEnum::DEFAULT)));
        for text in ["process", "hyperv", "Default"] {
            assert!(isolation(text).unwrap_err().message.starts_with("unsupported isolation "), "{text}");
        }
    }
}
