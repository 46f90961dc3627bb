//! The variables of a service.

use crate::Variable;
use std::collections::HashMap;

/// The environment of a service's container: the job's variables that services may see, then the service's own.
/// Of a name that comes more than once the last value counts.
///
/// Secrets of projects and groups are not public, so a service gets them only through variables of its own.
pub(super) fn environment(job: &[Variable], own: &[(String, String)]) -> Vec<String> {
    let public = job.iter().filter(|variable| variable.public);
    let all = public
        .map(|variable| (variable.key.as_str(), variable.value.as_str()))
        .chain(own.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut entries: Vec<(&str, &str)> = Vec::new();
    for (key, value) in all {
        match places.get(key).and_then(|place| entries.get_mut(*place)) {
            Some(entry) => entry.1 = value,
            None => {
                places.insert(key, entries.len());
                entries.push((key, value));
            }
        }
    }
    entries.into_iter().map(|(key, value)| format!("{key}={value}")).collect()
}

/// Variables of a `[[runners.docker.services]]`, and the numbers (from 1) of the entries that are none.
pub(super) fn configured(entries: &[String]) -> (Vec<(String, String)>, Vec<usize>) {
    let mut variables = Vec::new();
    let mut strange = Vec::new();
    for (number, entry) in (1..).zip(entries) {
        match entry.split_once('=') {
            Some((key, value)) => variables.push((key.to_owned(), value.to_owned())),
            None => strange.push(number),
        }
    }
    (variables, strange)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(key: &str, value: &str, public: bool) -> Variable {
        Variable { key: key.into(), value: value.into(), public }
    }

    #[test]
    fn what_a_service_sees() {
        let job = [
            variable("CI", "true", true),
            variable("SECRET", "s", false),
            variable("MODE", "a", true),
            variable("MODE", "b", true),
        ];
        let own = [("CI".to_owned(), "own".to_owned()), ("X".to_owned(), "a=b".to_owned())];
        assert_eq!(environment(&job, &own), ["CI=own", "MODE=b", "X=a=b"]);
    }

    #[test]
    fn entries_of_the_configuration() {
        let entries = ["A=1=2".to_owned(), "B".to_owned(), "C=".to_owned()];
        let (variables, strange) = configured(&entries);
        assert_eq!(variables, [("A".into(), "1=2".into()), ("C".into(), String::new())]);
        assert_eq!(strange, [2]);
    }
}
