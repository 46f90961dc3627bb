//! Limits of processes.

use super::ConfigError;
use crate::Settings;
use bollard::models::ResourcesUlimits;

/// Those that the engine knows.
const NAMES: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

const EXPECTED: &str = "a limit of the kernel with one or two numbers, such as `nofile = \"1024:4096\"`";

/// The limits, each `SOFT[:HARD]`; the second is the first unless it is there, -1 is no limit.
pub(super) fn ulimits(settings: &Settings) -> Result<Vec<ResourcesUlimits>, ConfigError> {
    settings.ulimit.iter().map(|(name, text)| ulimit(name, text)).collect()
}

/// Everything that is wrong with them.
pub(super) fn complaints(settings: &Settings) -> Vec<ConfigError> {
    settings.ulimit.iter().filter_map(|(name, text)| ulimit(name, text).err()).collect()
}

fn ulimit(name: &str, text: &str) -> Result<ResourcesUlimits, ConfigError> {
    let error = |why: String| ConfigError::new("ulimit", format!("{name}={text}"), why, EXPECTED);
    if !NAMES.contains(&name) {
        return Err(error(format!("there is no limit {name:?}")));
    }
    let number = |kind: &str, text: &str| {
        let number: Result<i64, _> = text.parse();
        number
            .ok()
            .filter(|number| *number >= -1)
            .ok_or_else(|| error(format!("invalid {kind} limit value: {text:?} ({name})")))
    };
    let (soft, hard) = text.split_once(':').map_or((text, None), |(soft, hard)| (soft, Some(hard)));
    let soft = number("soft", soft)?;
    let hard = hard.map_or(Ok(soft), |hard| number("hard", hard))?;
    if hard != -1 && (soft == -1 || soft > hard) {
        return Err(error(format!("the soft limit of {name} is above the hard one: {text:?}")));
    }
    Ok(ResourcesUlimits { name: Some(name.to_owned()), soft: Some(soft), hard: Some(hard) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        let of = |text| ulimit("nofile", text).map(|limit| (limit.soft.unwrap(), limit.hard.unwrap()));
        for (text, limits) in
            [("1024", (1024, 1024)), ("1:2", (1, 2)), ("-1", (-1, -1)), ("5:-1", (5, -1)), ("0:0", (0, 0))]
        {
            assert_eq!(of(text), Ok(limits), "{text}");
        }
        for (text, message) in [
            ("lots", "invalid soft limit value: \"lots\" (nofile)"),
            ("", "invalid soft limit value: \"\" (nofile)"),
            ("1:", "invalid hard limit value: \"\" (nofile)"),
            ("1:2:3", "invalid hard limit value: \"2:3\" (nofile)"),
            ("-2", "invalid soft limit value: \"-2\" (nofile)"),
            ("2:1", "the soft limit of nofile is above the hard one: \"2:1\""),
            ("-1:1", "the soft limit of nofile is above the hard one: \"-1:1\""),
        ] {
            assert_eq!(of(text).unwrap_err().message, message);
        }
        assert_eq!(ulimit("files", "1").unwrap_err().message, "there is no limit \"files\"");
    }
}
