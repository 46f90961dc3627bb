//! The login for a project's registry, where somebody gave one.

use protocol::{Credentials, Job, Secret};

/// On GitLab each job comes with a login for the registry of its project, which also pulls its images. Here there is
/// one where the three variables that hold it on GitLab were given: then they count as they do there.
pub(super) fn log_in(payload: &mut Job) {
    let login = (value(payload, "CI_REGISTRY"), value(payload, "CI_REGISTRY_USER"));
    let (Some(url), Some(username)) = login else { return };
    let Some(password) = value(payload, "CI_REGISTRY_PASSWORD") else { return };
    let kind = "registry".to_owned();
    payload.credentials.push(Credentials { kind, url, username, password: Secret::new(password) });
}

/// A variable as the job will see it, unless it is empty.
fn value(payload: &Job, name: &str) -> Option<String> {
    let last = |name: &str| payload.variables.iter().rev().find(|variable| variable.key == name);
    let variable = last(name)?;
    let other = |name: &str| last(name).map(|variable| variable.value.clone()).unwrap_or_default();
    let value = match variable.raw {
        true => variable.value.clone(),
        false => job::variables::expand::expand(&variable.value, other).into_owned(),
    };
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Variable;

    fn logins(variables: &[(&str, &str)]) -> Vec<(String, String)> {
        let variables = variables.iter().map(|(name, value)| Variable::public(*name, *value)).collect();
        let mut payload = Job { variables, ..Job::default() };
        log_in(&mut payload);
        let login =
            |found: Credentials| (found.url, format!("{}:{}", found.username, found.password.expose()));
        payload.credentials.into_iter().map(login).collect()
    }

    #[test]
    fn only_a_whole_login_is_one() {
        let whole = [("CI_REGISTRY", "r:5000"), ("CI_REGISTRY_USER", "old"), ("CI_REGISTRY_USER", "a$$b")];
        assert_eq!(logins(&whole), []);
        let whole = [&whole[..], &[("CI_REGISTRY_PASSWORD", "pw")]].concat();
        assert_eq!(logins(&whole), [("r:5000".to_owned(), "a$b:pw".to_owned())]);
        assert_eq!(logins(&[&whole[..], &[("CI_REGISTRY_USER", "")]].concat()), []);
    }
}
