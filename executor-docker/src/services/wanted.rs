//! Which services a job has: those of the configuration, then its own.

use super::environment::configured;
use super::error::ServiceError;
use crate::allow::{List, check};
use crate::reference::Reference;
use crate::{Ask, ServiceSettings, Settings, Work};

/// A service as it is asked for, with all variables filled in.
pub(super) struct Wanted {
    /// Position among all services of the job, from 0.
    pub(super) index: usize,
    /// The image as written.
    pub(super) image: String,
    /// The same, understood.
    pub(super) reference: Reference,
    /// The user's further names for it.
    pub(super) aliases: Vec<String>,
    /// Replaces the image's entrypoint unless empty.
    pub(super) entrypoint: Vec<String>,
    /// Replaces the image's command unless empty.
    pub(super) command: Vec<String>,
    /// Variables of its own.
    pub(super) variables: Vec<(String, String)>,
    /// Pull policies it asks for.
    pub(super) pull_policy: Vec<String>,
    /// The platform it asks for.
    pub(super) platform: String,
    /// The user it runs as.
    pub(super) user: String,
}

/// The services of a job.
pub(super) struct Choice {
    /// In the order in which they are started.
    pub(super) services: Vec<Wanted>,
    /// What is to be said about what was written.
    pub(super) warnings: Vec<String>,
}

/// Collects the services of a job, and checks those that the job itself asks for.
pub(super) fn choose(settings: &Settings, work: &Work) -> Result<Choice, ServiceError> {
    let mut warnings = Vec::new();
    let mut asked: Vec<Asked> = Vec::new();
    for (number, service) in (1..).zip(&settings.services) {
        asked.push(Asked::of_settings(service, work, number, &mut warnings));
    }
    let own: Vec<String> = asked.iter().map(|asked| asked.image.clone()).collect();
    for ask in &work.services {
        let asked_for = Asked::of_job(ask, work);
        check(List::Services, settings, &asked_for.image, &own)?;
        asked.push(asked_for);
    }
    within_limit(settings, asked.len())?;
    let mut services = Vec::new();
    for (index, asked) in asked.into_iter().enumerate() {
        services.extend(asked.understood(index, &mut warnings)?);
    }
    Ok(Choice { services, warnings })
}

fn within_limit(settings: &Settings, requested: usize) -> Result<(), ServiceError> {
    match settings.services_limit {
        Some(allowed @ 0..) if requested as u128 > allowed.unsigned_abs().into() => {
            Err(ServiceError::TooMany { requested, allowed })
        }
        _ => Ok(()),
    }
}

/// A service before its name is understood.
struct Asked {
    image: String,
    alias: String,
    ask: Ask,
    variables: Vec<(String, String)>,
}

impl Asked {
    /// Of a table in the configuration only name and alias are expanded.
    fn of_settings(
        service: &ServiceSettings,
        work: &Work,
        number: usize,
        warnings: &mut Vec<String>,
    ) -> Self {
        let (variables, strange) = configured(&service.environment);
        warnings.extend(strange.into_iter().map(|entry| {
            format!(
                "Entry {entry} of `environment` of service {number} in the runner's configuration is ignored: \
                 it is not `NAME=value`."
            )
        }));
        let ask = Ask {
            entrypoint: service.entrypoint.clone(),
            command: service.command.clone(),
            ..Ask::default()
        };
        Self { image: (work.expand)(&service.name), alias: (work.expand)(&service.alias), ask, variables }
    }

    fn of_job(ask: &Ask, work: &Work) -> Self {
        Self {
            image: (work.expand)(&ask.name),
            alias: (work.expand)(&ask.alias),
            variables: ask.variables.iter().map(|v| (v.key.clone(), v.value.clone())).collect(),
            ask: Ask {
                platform: (work.expand)(&ask.platform),
                user: (work.expand)(&ask.user),
                ..ask.clone()
            },
        }
    }

    /// A name that is none is an error where the service has an alias, else the service is left out, as with
    /// gitlab-runner, which does not say so.
    fn understood(self, index: usize, warnings: &mut Vec<String>) -> Result<Option<Wanted>, ServiceError> {
        let Self { image, alias, ask, variables } = self;
        let separators = |c: char| c.is_whitespace() || c == ',';
        let aliases: Vec<String> =
            alias.split(separators).filter(|a| !a.is_empty()).map(str::to_owned).collect();
        let Some(reference) = Reference::parse(&image) else {
            if !aliases.is_empty() {
                return Err(ServiceError::Name { name: image });
            }
            warnings.push(format!(
                "Service {image:?} (services[{index}]) is not started: that is not the name of an image."
            ));
            return Ok(None);
        };
        let Ask { entrypoint, command, pull_policy, platform, user, .. } = ask;
        Ok(Some(Wanted {
            index,
            image,
            reference,
            aliases,
            entrypoint,
            command,
            variables,
            pull_policy,
            platform,
            user,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::work;
    use super::*;

    fn ask(name: &str, alias: &str) -> Ask {
        Ask { name: name.into(), alias: alias.into(), ..Ask::default() }
    }

    fn configured_service(name: &str) -> Settings {
        let service = ServiceSettings {
            name: name.into(),
            alias: "a,$NAME".into(),
            environment: vec!["K=$NAME".into(), "broken".into()],
            command: vec!["$NAME".into()],
            ..ServiceSettings::default()
        };
        Settings { services: vec![service], ..Settings::default() }
    }

    #[test]
    fn those_of_the_configuration_come_first() {
        let mut work = work();
        work.services = vec![Ask { platform: "linux/$NAME".into(), ..ask("db:$NAME", " one  two,three ") }];
        let choice = choose(&configured_service("reg/$NAME"), &work).unwrap();
        let [first, second] = &choice.services[..] else { panic!("{} services", choice.services.len()) };
        assert_eq!((first.index, first.image.as_str()), (0, "reg/value"));
        assert_eq!(first.aliases, ["a", "value"]);
        assert_eq!(
            first.variables,
            [("K".to_owned(), "$NAME".to_owned())],
            "only name and alias are expanded"
        );
        assert_eq!(first.command, ["$NAME"]);
        assert_eq!((second.index, second.image.as_str()), (1, "db:value"));
        assert_eq!(second.aliases, ["one", "two", "three"]);
        assert_eq!(second.platform, "linux/value");
        assert_eq!(choice.warnings.len(), 1);
        assert!(
            choice.warnings[0].starts_with("Entry 2 of `environment` of service 1"),
            "{}",
            choice.warnings[0]
        );
    }

    #[test]
    fn the_limit_counts_all() {
        let mut work = work();
        work.services = vec![ask("db", "")];
        let limited = |limit| choose(&Settings { services_limit: limit, ..configured_service("web") }, &work);
        assert!(limited(None).is_ok() && limited(Some(-1)).is_ok() && limited(Some(2)).is_ok());
        for limit in [0, 1] {
            let error = limited(Some(limit)).err().unwrap().to_string();
            assert_eq!(error, format!("too many services requested: 2, only {limit} allowed"));
        }
    }

    #[test]
    fn what_is_allowed() {
        let mut work = work();
        work.services = vec![ask("mysql:8", "")];
        let settings = |pattern: &str, own: &str| Settings {
            allowed_services: vec![pattern.into()],
            ..configured_service(own)
        };
        assert!(choose(&settings("mysql:*", "web"), &work).is_ok());
        assert!(choose(&settings("redis", "mysql:8"), &work).is_ok(), "the configuration has it");
        let error = choose(&settings("redis", "web"), &work).err().unwrap();
        assert!(matches!(error, ServiceError::Disallowed(refusal) if refusal.image == "mysql:8"));
    }

    #[test]
    fn names_that_are_none() {
        let mut work = work();
        work.services = vec![ask("", "")];
        let choice = choose(&Settings::default(), &work).unwrap();
        assert!(choice.services.is_empty());
        assert!(choice.warnings[0].starts_with("Service \"\" (services[0]) is not started"));
        work.services = vec![ask("", "db")];
        let error = choose(&Settings::default(), &work).err().unwrap();
        assert_eq!(error.to_string(), "invalid service image name: ");
    }
}
