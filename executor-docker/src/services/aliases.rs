//! Host names of services, and who gets one that several want.

use std::collections::HashMap;

/// What a service wants to be called.
#[derive(Clone, Debug, Default)]
pub(super) struct Claim {
    /// Position among all services of the job.
    pub(super) index: usize,
    /// The image as written, for messages.
    pub(super) image: String,
    /// Names in the order in which they are wanted: those made from the image's name, then the user's.
    pub(super) names: Vec<String>,
    /// A name it gets if nobody else wants it.
    pub(super) spare: Option<String>,
}

/// What it is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// Its names. Without any the service is not started.
    pub(super) aliases: Vec<String>,
    /// Warnings that come before the service is started.
    pub(super) before: Vec<String>,
    /// Warnings that come after.
    pub(super) after: Vec<String>,
}

/// Gives out names: first come, first served, then what nobody wanted. A service that gets none of those it
/// wants is not started, as with gitlab-runner.
pub(super) fn assign(claims: &[Claim]) -> Vec<Named> {
    let mut holders = HashMap::new();
    let mut all: Vec<Named> = claims.iter().map(|claim| serve(claim, &mut holders)).collect();
    for (claim, named) in claims.iter().zip(&mut all) {
        let Some(spare) = claim.spare.as_deref().filter(|_| !named.aliases.is_empty()) else { continue };
        if !holders.contains_key(spare) {
            holders.insert(spare, claim.index);
            named.aliases.push(spare.to_owned());
        }
    }
    all
}

fn serve<'a>(claim: &'a Claim, holders: &mut HashMap<&'a str, usize>) -> Named {
    let mut named = Named::default();
    for name in &claim.names {
        let trouble = match holders.get(name.as_str()) {
            // Who names a service what it is called anyway needs no warning.
            Some(holder) if *holder == claim.index => continue,
            Some(_) => "alias is already in use by another service",
            None if is_host_name(name) => {
                holders.insert(name, claim.index);
                named.aliases.push(name.clone());
                continue;
            }
            None => "it cannot be a host name",
        };
        let list = if named.aliases.is_empty() { &mut named.before } else { &mut named.after };
        list.push(format!(
            "Skipping alias {name:?} for service {:?} (services[{}]): {trouble}.",
            claim.image, claim.index
        ));
    }
    if named.aliases.is_empty() {
        named.before.push(format!(
            "Service {:?} (services[{}]) is not started: other services have all of its names. \
             An alias of its own lets it start.",
            claim.image, claim.index
        ));
    }
    named
}

/// Whether a text can stand in an entry `NAME:ADDRESS` for `/etc/hosts`.
fn is_host_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 253
        && !name.contains(|c: char| c == ':' || c == '#' || c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(index: usize, image: &str, names: &[&str], spare: Option<&str>) -> Claim {
        Claim {
            index,
            image: image.into(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            spare: spare.map(str::to_owned),
        }
    }

    #[test]
    fn first_come_first_served() {
        let named = assign(&[
            claim(0, "rig/web", &["rig__web", "rig-web", "one", "two"], Some("web")),
            claim(1, "rig/web", &["rig__web", "rig-web", "three", "one"], Some("web")),
            claim(2, "rig/web", &["rig__web", "rig-web"], Some("web")),
        ]);
        assert_eq!(named[0].aliases, ["rig__web", "rig-web", "one", "two", "web"]);
        assert_eq!(named[1].aliases, ["three"]);
        assert_eq!(
            named[1].before,
            [
                "Skipping alias \"rig__web\" for service \"rig/web\" (services[1]): alias is already in use by another service.",
                "Skipping alias \"rig-web\" for service \"rig/web\" (services[1]): alias is already in use by another service.",
            ]
        );
        assert_eq!(
            named[1].after,
            [
                "Skipping alias \"one\" for service \"rig/web\" (services[1]): alias is already in use by another service."
            ]
        );
        assert!(named[2].aliases.is_empty());
        assert!(named[2].before[2].starts_with("Service \"rig/web\" (services[2]) is not started"));
    }

    #[test]
    fn a_spare_name_is_nobody_elses() {
        let named = assign(&[
            claim(0, "reg.example.com/docker", &["reg.example.com__docker"], Some("docker")),
            claim(1, "docker:dind", &["docker"], None),
        ]);
        assert_eq!(named[0].aliases, ["reg.example.com__docker"], "a later service wants it");
        assert_eq!(named[1].aliases, ["docker"]);
        assert_eq!((&named[0].before, &named[0].after), (&Vec::new(), &Vec::new()));
    }

    #[test]
    fn a_service_may_be_named_what_it_is_called_anyway() {
        let named = assign(&[claim(0, "docker:dind", &["docker", "docker", "d"], None)]);
        assert_eq!(named, [Named { aliases: vec!["docker".into(), "d".into()], ..Named::default() }]);
    }

    #[test]
    fn what_is_no_host_name_is_not_one() {
        let named = assign(&[claim(0, "db", &["db", "db:10.0.0.1", "a#b"], None)]);
        assert_eq!(named[0].aliases, ["db"]);
        assert_eq!(named[0].after.len(), 2, "{:?}", named[0].after);
        assert!(named[0].after[0].ends_with("it cannot be a host name."));
    }
}
