//! Every key that gitlab-runner 19.4 knows in config.toml, with its type and what we do about it.
//!
//! One table of data: the reader checks types and names by it, `register` derives its flags from it, and
//! sections are written in its order.

mod cache;
mod checks;
mod docker;
mod features;
mod global;
mod key;
mod kubernetes;
mod runners;
mod scaling;

pub(crate) use checks::url_complaint;
pub(crate) use features::unsupported_when;
pub(crate) use global::GLOBAL;
pub(crate) use key::{Check, Complaint, Key, Kind, Status, Table};
pub(crate) use runners::{EXECUTORS, RUNNERS};

/// Executors that this build can run jobs with.
pub(crate) const AVAILABLE_EXECUTORS: &[&str] = &["shell", "docker"];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn walk(table: &'static Table, visit: &mut dyn FnMut(&'static Table, &'static Key)) {
        for key in table.keys {
            visit(table, key);
            if let Kind::Table(inner) | Kind::Tables(inner) = key.kind {
                walk(inner, visit);
            }
        }
    }

    #[test]
    fn no_table_names_a_key_twice() {
        let mut seen = BTreeSet::new();
        walk(&GLOBAL, &mut |table, key| {
            assert!(seen.insert((table.path, key.name.to_ascii_lowercase())), "{}.{}", table.path, key.name);
        });
        assert!(seen.len() > 350, "{}", seen.len());
    }

    /// Whether a key's name is in a text at the start of a line, as a value or as a table.
    fn is_shown(text: &str, table: &str, key: &str) -> bool {
        let full = if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") };
        text.lines().map(str::trim).any(|line| {
            line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
                || line.trim_matches(['[', ']']) == full
        })
    }

    #[test]
    fn the_example_shows_every_key_that_is_honoured() {
        fn check(table: &Table, text: &str) {
            let is_obeyed = |key: &&Key| match key.status {
                Status::Honoured => true,
                Status::For(executors) => executors.iter().any(|name| AVAILABLE_EXECUTORS.contains(name)),
                _ => false,
            };
            for key in table.keys.iter().filter(is_obeyed) {
                match key.kind {
                    // A table that is not there at all has no key to be shown: its keys say so one by one.
                    Kind::Table(inner) | Kind::Tables(inner) => check(inner, text),
                    _ => assert!(is_shown(text, table.path, key.name), "{} in {:?}", key.name, table.path),
                }
            }
        }
        let text = include_str!("../../../../config.example.toml");
        check(&GLOBAL, text);
        assert!(!is_shown(text, "", "listen_address"));
    }

    #[test]
    fn flags_and_variables_are_unique() {
        let mut flags = BTreeSet::new();
        let mut variables = BTreeSet::new();
        walk(&GLOBAL, &mut |table, key| {
            for flag in table.flags(key) {
                assert!(flags.insert(flag.clone()), "{flag}");
            }
            if let Some(variable) = table.variable(key) {
                assert!(variables.insert(variable.clone()), "{variable}");
            }
        });
        for flag in [
            "docker-services_privileged",
            "custom_build_dir-enabled",
            "docker-allowed_users",
            "docker-services_devices",
            "docker-service_gpus",
            "cache-max_uploaded_archive_size",
            "cache-s3-authentication_type",
            "docker-tlsverify",
            "docker-cert-path",
            "docker-userns",
            "description",
            "tls-ca-file",
            "pre-get-sources-script",
            "job-status-final-update-retry-limit",
        ] {
            assert!(flags.contains(flag), "{flag}");
        }
        for variable in [
            "RUNNER_job_status_final_update_retry_limit",
            "DOCKER_IPC_MODE",
            "CLONE_URL",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "CACHE_MAXIMUM_UPLOADED_ARCHIVE_SIZE",
            "CUSTOM_BUILD_DIR_ENABLED",
            "FEATURE_FLAGS",
        ] {
            assert!(variables.contains(variable), "{variable}");
        }
        assert!(!variables.contains("RUNNER_UNHEALTHY_INTERVAL"));
    }
}
