//! What the engine says of an image.

use crate::platform::Platform;
use bollard::models::{HealthConfig, ImageConfig, ImageInspect};
use std::time::Duration;

/// Most bytes that all texts of an image's configuration have together. Real ones have a few thousand.
const LIMIT: usize = 1 << 20;

/// An image that the engine has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageInfo {
    /// Its id, `sha256:…`: what containers are made of. A tag may mean another image by then.
    pub id: String,
    /// Names with digests that it has in registries.
    pub digests: Vec<String>,
    /// What it is made for, as a platform is written; empty where the engine does not say.
    pub platform: String,
    /// The user that it runs as, empty for root.
    pub user: String,
    /// Its entrypoint.
    pub entrypoint: Vec<String>,
    /// Its command.
    pub command: Vec<String>,
    /// Its variables, each `NAME=value`.
    pub environment: Vec<String>,
    /// Its working directory.
    pub directory: String,
    /// Its ports, each `NUMBER/PROTOCOL`.
    pub ports: Vec<String>,
    /// Its volumes: paths.
    pub volumes: Vec<String>,
    /// How it tells that it is well.
    pub health: Option<HealthCheck>,
    /// Policies that it was obtained by, as the log lists them.
    pub(super) policies: String,
}

/// `HEALTHCHECK` of an image, with docker's defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthCheck {
    /// `CMD` with a program and arguments, or `CMD-SHELL` with a command line.
    pub test: Vec<String>,
    /// From one run to the next.
    pub interval: Duration,
    /// How long one may take.
    pub timeout: Duration,
    /// During which failures do not count.
    pub start_period: Duration,
    /// After how many failures in a row it counts as ill.
    pub retries: u32,
}

/// Why an image cannot be described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Odd {
    /// The engine does not say its id.
    Nameless,
    /// Its configuration has no end.
    TooLong,
}

impl ImageInfo {
    /// Reads the engine's answer. What is not there is empty.
    pub(super) fn read(answer: ImageInspect) -> Result<Self, Odd> {
        let id = answer.id.filter(|id| !id.is_empty()).ok_or(Odd::Nameless)?;
        let config = answer.config.unwrap_or_default();
        let digests = answer.repo_digests.unwrap_or_default();
        if size(&config, &digests) + id.len() > LIMIT {
            return Err(Odd::TooLong);
        }
        let texts = [answer.os, answer.architecture, answer.variant].map(Option::unwrap_or_default);
        let parts: Vec<&str> = texts.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
        Ok(Self {
            id,
            digests,
            platform: Platform::parse(&parts.join("/")).map(|known| known.to_string()).unwrap_or_default(),
            user: config.user.unwrap_or_default(),
            entrypoint: config.entrypoint.unwrap_or_default(),
            command: config.cmd.unwrap_or_default(),
            environment: config.env.unwrap_or_default(),
            directory: config.working_dir.unwrap_or_default(),
            ports: config.exposed_ports.unwrap_or_default(),
            volumes: config.volumes.unwrap_or_default(),
            health: config.healthcheck.and_then(HealthCheck::read),
            policies: String::new(),
        })
    }

    /// Whether it is for a platform, as far as both say. One without a variant is for every variant.
    pub(super) fn suits(&self, wanted: &Platform) -> bool {
        let Ok(own) = Platform::parse(&self.platform) else { return true };
        let any = |one: &str| one.is_empty();
        own.os == wanted.os
            && own.architecture == wanted.architecture
            && (own.variant == wanted.variant || any(&own.variant) || any(&wanted.variant))
    }

    /// The line that says which image stands for a name; none where the name says it all.
    pub(super) fn line(&self, name: &str) -> Option<String> {
        if name == self.id {
            return None;
        }
        Some(match self.digests.first() {
            Some(digest) => format!("Using docker image {} for {name} with digest {digest} ...", self.id),
            None => format!("Using docker image {} for {name} ...", self.id),
        })
    }

    /// Lines that remind of where the image comes from, as gitlab-runner prints them again where it makes the
    /// build container.
    pub fn reminder(&self, name: &str) -> Vec<String> {
        let policies = format!("Using effective pull policy of {} for container {name}", self.policies);
        std::iter::once(policies).chain(self.line(name)).collect()
    }
}

impl HealthCheck {
    /// None for `NONE` and for a check that only changes how often another runs.
    fn read(config: HealthConfig) -> Option<Self> {
        let test = config.test.filter(|test| test.first().is_some_and(|kind| kind != "NONE"))?;
        let time = |nanoseconds: Option<i64>, default| match nanoseconds.map(u64::try_from) {
            Some(Ok(nanoseconds)) if nanoseconds > 0 => Duration::from_nanos(nanoseconds),
            _ => default,
        };
        Some(Self {
            test,
            interval: time(config.interval, Duration::from_secs(30)),
            timeout: time(config.timeout, Duration::from_secs(30)),
            start_period: time(config.start_period, Duration::ZERO),
            retries: config
                .retries
                .and_then(|retries| u32::try_from(retries).ok())
                .filter(|n| *n > 0)
                .unwrap_or(3),
        })
    }
}

fn size(config: &ImageConfig, digests: &[String]) -> usize {
    let test = config.healthcheck.as_ref().and_then(|health| health.test.as_ref());
    let lists = [&config.entrypoint, &config.cmd, &config.env, &config.exposed_ports, &config.volumes];
    let texts = lists.into_iter().flatten().chain(test).flatten().chain(digests);
    let single = [&config.user, &config.working_dir].into_iter().flatten();
    // An empty text takes room as well.
    texts.chain(single).map(|text| text.len() + size_of::<String>()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(answer: Value) -> Result<ImageInfo, Odd> {
        ImageInfo::read(serde_json::from_value(answer).unwrap())
    }

    #[test]
    fn everything_the_engine_says() {
        let image = read(json!({
            "Id": "sha256:1", "RepoDigests": ["r@sha256:2", "s@sha256:3"], "RepoTags": null,
            "Os": "linux", "Architecture": "arm", "Variant": "v7", "Size": 7,
            "Config": {
                "User": "app", "Env": ["A=b"], "Entrypoint": ["/e"], "Cmd": ["c", "d"], "WorkingDir": "/w",
                "ExposedPorts": { "80/tcp": {} }, "Volumes": { "/v": {} },
                "Healthcheck": { "Test": ["CMD", "t"], "Interval": 1_000_000_000, "Timeout": -1, "StartPeriod": 5,
                                 "Retries": 0 },
            },
        }));
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let expected = ImageInfo {
            id: "sha256:1".to_owned(),
            digests: words(&["r@sha256:2", "s@sha256:3"]),
            platform: "linux/arm/v7".to_owned(),
            user: "app".to_owned(),
            entrypoint: words(&["/e"]),
            command: words(&["c", "d"]),
            environment: words(&["A=b"]),
            directory: "/w".to_owned(),
            ports: words(&["80/tcp"]),
            volumes: words(&["/v"]),
            health: Some(HealthCheck {
                test: words(&["CMD", "t"]),
                interval: Duration::from_secs(1),
                timeout: Duration::from_secs(30),
                start_period: Duration::from_nanos(5),
                retries: 3,
            }),
            policies: String::new(),
        };
        assert_eq!(image, Ok(expected));
    }

    #[test]
    fn what_is_missing_is_empty_and_what_is_odd_is_refused() {
        let image = read(json!({ "Id": "sha256:1", "Config": null, "RepoDigests": null })).unwrap();
        assert_eq!(image, ImageInfo { id: "sha256:1".to_owned(), ..ImageInfo::default() });
        let config = json!({ "Env": null, "ExposedPorts": null, "Healthcheck": { "Test": ["NONE"] } });
        assert_eq!(read(json!({ "Id": "sha256:1", "Config": config })).unwrap().health, None);
        assert_eq!(read(json!({})), Err(Odd::Nameless));
        let long = json!({ "Id": "sha256:1", "Config": { "Env": ["x".repeat(LIMIT)] } });
        assert_eq!(read(long), Err(Odd::TooLong));
        let many = json!({ "Id": "sha256:1", "Config": { "Cmd": vec![""; LIMIT / 8] } });
        assert_eq!(read(many), Err(Odd::TooLong));
    }

    #[test]
    fn platforms_that_suit() {
        let suits = |own: &str, wanted: &str| {
            let image = ImageInfo { platform: own.to_owned(), ..ImageInfo::default() };
            image.suits(&Platform::parse(wanted).unwrap())
        };
        assert!(suits("linux/amd64", "linux/amd64"));
        assert!(suits("", "linux/amd64"));
        assert!(suits("linux/arm64/v8", "arm64"));
        assert!(suits("linux/arm64", "linux/arm64/v8"));
        assert!(!suits("linux/arm/v6", "linux/arm/v7"));
        assert!(!suits("linux/amd64", "linux/arm64"));
        assert!(!suits("windows/amd64", "linux/amd64"));
    }

    #[test]
    fn lines() {
        let mut image = ImageInfo { id: "sha256:1".to_owned(), ..ImageInfo::default() };
        assert_eq!(image.line("a:1").unwrap(), "Using docker image sha256:1 for a:1 ...");
        assert_eq!(image.line("sha256:1"), None);
        image.digests = vec!["a@sha256:2".to_owned()];
        image.policies = "[always]".to_owned();
        let lines = [
            "Using effective pull policy of [always] for container a:1",
            "Using docker image sha256:1 for a:1 with digest a@sha256:2 ...",
        ];
        assert_eq!(image.reminder("a:1"), lines);
    }
}
