//! What a service hands to the process of a job.

use super::docker::DockerOrder;
use crate::config::{Config, LogFormat, LogLevel};
use crate::logging;
use client::Endpoint;
use executor_shell::{Cgroups, Trail};
use job::Order;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// All that a job's process is told; the content of a folder's `order`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Assignment {
    /// The job and how it is to be run.
    pub(crate) order: Order,
    /// Where it is reported to.
    pub(crate) coordinator: Coordinator,
    /// What the docker executor is told, for a section that names it.
    #[serde(default)]
    pub(crate) docker: Option<DockerOrder>,
    /// What the shell executor is told.
    pub(crate) shell: ShellSettings,
    /// What the job's processes are found by; its id names the job's folder.
    pub(crate) trail: Trail,
    /// The user that runs it, where that is not the service's (`run --user`).
    pub(crate) user: Option<String>,
    /// Set if the job is not run but failed with this text: its payload cannot be used.
    pub(crate) refusal: Option<String>,
    /// How its process logs.
    pub(crate) logging: Logging,
}

/// How to reach the coordinator. Proxies are left out, since their addresses may hold passwords: they come
/// from the environment of whoever connects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Coordinator {
    /// The configured `url`.
    pub(crate) url: String,
    /// `tls-ca-file`, absolute.
    pub(crate) tls_ca_file: Option<PathBuf>,
    /// `tls-cert-file`, absolute.
    pub(crate) tls_cert_file: Option<PathBuf>,
    /// `tls-key-file`, absolute.
    pub(crate) tls_key_file: Option<PathBuf>,
    /// `connection_max_age`; zero means any age.
    pub(crate) connection_max_age: Duration,
    /// The `User-Agent`.
    pub(crate) user_agent: String,
}

impl Coordinator {
    /// What of an endpoint is written down; relative paths are relative to `directory`.
    pub(crate) fn of(endpoint: Endpoint, directory: &Path) -> Self {
        let absolute = |path: Option<PathBuf>| path.map(|path| directory.join(path));
        Self {
            url: endpoint.url,
            tls_ca_file: absolute(endpoint.tls_ca_file),
            tls_cert_file: absolute(endpoint.tls_cert_file),
            tls_key_file: absolute(endpoint.tls_key_file),
            connection_max_age: endpoint.connection_max_age,
            user_agent: endpoint.user_agent,
        }
    }

    /// As crate `client` wants it.
    pub(crate) fn endpoint(&self, proxies: client::Proxies) -> Endpoint {
        Endpoint {
            url: self.url.clone(),
            tls_ca_file: self.tls_ca_file.clone(),
            tls_cert_file: self.tls_cert_file.clone(),
            tls_key_file: self.tls_key_file.clone(),
            tls_texts: client::TlsTexts::default(),
            verified_chain: None,
            connection_max_age: self.connection_max_age,
            user_agent: self.user_agent.clone(),
            proxies,
        }
    }
}

/// A trail for a job about to start: unique, as a job may run again under its number.
pub(crate) fn trail(job_id: i64, cgroups: &Cgroups) -> Trail {
    // Without random numbers, the clock tells this job from one of the same number before it.
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.subsec_nanos().into());
    let unique = getrandom::u64().unwrap_or_else(|_| clock());
    let id = format!("{job_id}-{unique:016x}");
    Trail::new(&id, cgroups).expect("an id of 64 characters at most, all of them allowed")
}

/// The keys of `[[runners]]` that concern the shell executor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ShellSettings {
    /// `login_shell`.
    pub(crate) login: bool,
    /// `graceful_kill_timeout`.
    pub(crate) graceful_kill: Duration,
    /// `force_kill_timeout`.
    pub(crate) force_kill: Duration,
}

/// How the job's process logs, in the words of config.toml, so that it is one log with the service's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Logging {
    /// The level.
    pub(crate) level: String,
    /// The format.
    pub(crate) format: String,
}

impl Logging {
    /// As a log is set up now.
    pub(crate) fn of(log: &logging::Handle) -> Self {
        let level = match log.level() {
            LogLevel::Panic => "panic",
            LogLevel::Fatal => "fatal",
            LogLevel::Error => "error",
            LogLevel::Warning => "warning",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        };
        let format = match log.format() {
            LogFormat::Runner => "runner",
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        };
        Self { level: level.to_owned(), format: format.to_owned() }
    }

    /// Sets a log up in the same way.
    pub(crate) fn apply(&self, log: &logging::Handle) {
        let (log_level, log_format) = (self.level.parse().ok(), self.format.parse().ok());
        log.configure(&Config { log_level, log_format, ..Config::default() });
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An assignment with little in it.
    pub(crate) fn assignment(job_id: i64) -> Assignment {
        let payload = serde_json::json!({
            "id": job_id,
            "token": "glcbt-64_secret",
            "job_info": {"project_id": 7, "name": "build"},
            "features": {"failure_reasons": ["runner_system_failure"]},
        });
        Assignment {
            order: Order {
                payload: protocol::Job::from_json(payload.to_string().as_bytes()).unwrap(),
                url: "http://127.0.0.1:9".into(),
                runner_name: "rig".into(),
                short_token: "rigrigrig".into(),
                system_id: "s_1".into(),
                info: protocol::Info::default(),
                concurrent_id: 2,
                concurrent_project_id: 1,
                correlation_id: String::new(),
                tls: job::TlsFiles::default(),
                settings: job::Settings::default(),
                sources: job::Sources::Repository,
            },
            coordinator: Coordinator { url: "http://127.0.0.1:9".into(), ..Coordinator::default() },
            docker: None,
            shell: ShellSettings {
                login: false,
                graceful_kill: Duration::from_secs(10),
                force_kill: Duration::from_secs(10),
            },
            trail: trail(job_id, &executor_shell::Cgroups::default()),
            user: None,
            refusal: None,
            logging: Logging::default(),
        }
    }

    #[test]
    fn nothing_is_lost_on_the_way() {
        let mut sent = assignment(1);
        sent.order.settings.feature_flags.insert("FF_X".into(), true);
        sent.order.payload.git_info.repo_url = "http://u:p@h/x.git".into();
        let text = serde_json::to_string(&sent).unwrap();
        let received: Assignment = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&received).unwrap(), text);
        assert!(!format!("{received:?}").contains("glcbt-64"));
    }
}
