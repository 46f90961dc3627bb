//! What a runner says of itself on every call.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The `info` object of register, verify, request and update bodies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Info {
    /// The program's name.
    pub name: String,
    /// The gitlab-runner version whose behaviour is followed: servers decide by it.
    pub version: String,
    /// What really runs: the program's own revision.
    pub revision: String,
    /// Operating system in Go's words (`linux`).
    pub platform: String,
    /// Machine in Go's words (`amd64`, `arm64`).
    pub architecture: String,
    /// The executor as configured.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub executor: String,
    /// The shell that scripts are written for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub shell: String,
    /// What the runner can do; all keys are always sent.
    pub features: Features,
    /// Settings that GitLab shows.
    pub config: ConfigInfo,
    /// Labels from the configuration.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// The part of the configuration that is reported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConfigInfo {
    /// `[runners.docker] gpus`, else empty.
    pub gpus: String,
}

macro_rules! features {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// What a runner can do, as GitLab checks it when it hands out jobs. A key that is not true keeps
        /// jobs that need it away, so only what is implemented may be set.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Features { $($(#[$doc])* pub $name: bool,)* }
        impl Features {
            /// The names of all keys, in the order they are sent.
            pub const NAMES: &[&str] = &[$(stringify!($name)),*];
        }
    };
}

features! {
    /// Job variables reach the environment.
    variables,
    /// Honours `image`.
    image,
    /// Honours `services`.
    services,
    /// Uploads and downloads artifacts.
    artifacts,
    /// Keeps caches.
    cache,
    /// Honours `cache[].fallback_keys`.
    fallback_cache_keys,
    /// Jobs share one environment.
    shared,
    /// Several `artifacts[]` entries.
    upload_multiple_artifacts,
    /// Artifact formats other than zip.
    upload_raw_artifacts,
    /// A session server is there.
    session,
    /// Web terminals are there.
    terminal,
    /// Uses `git_info.refspecs`.
    refspecs,
    /// Masks variables in the trace.
    masking,
    /// Proxies into services.
    proxy,
    /// Honours `raw` variables.
    raw_variables,
    /// Honours `artifacts[].exclude`.
    artifacts_exclude,
    /// Steps other than `script` and `after_script`.
    multi_build_steps,
    /// Can send the trace again from its start.
    trace_reset,
    /// Sends a checksum of the trace.
    trace_checksum,
    /// Sends the size of the trace.
    trace_size,
    /// Resolves `secrets`.
    vault_secrets,
    /// Obeys `Job-Status`.
    cancelable,
    /// Sends `exit_code`.
    return_exit_code,
    /// Honours `services[].variables`.
    service_variables,
    /// Several aliases a service.
    service_multiple_aliases,
    /// Honours `image.executor_opts`.
    image_executor_opts,
    /// Honours `services[].executor_opts`.
    service_executor_opts,
    /// Runs `after_script` on a cancel.
    cancel_gracefully,
    /// Runs `run:` steps.
    native_steps_integration,
    /// Acknowledges a job with `running` before it starts.
    two_phase_job_commit,
    /// Interpolates job inputs.
    job_inputs,
}

impl Features {
    /// What every runner of this program can do, whatever its executor.
    pub fn of_client() -> Self {
        Self {
            trace_reset: true,
            trace_checksum: true,
            trace_size: true,
            cancelable: true,
            cancel_gracefully: true,
            two_phase_job_commit: true,
            ..Self::default()
        }
    }

    /// What the job engine adds once a shell is known.
    pub fn with_shell(self) -> Self {
        Self {
            artifacts: true,
            cache: true,
            fallback_cache_keys: true,
            upload_multiple_artifacts: true,
            upload_raw_artifacts: true,
            refspecs: true,
            masking: true,
            raw_variables: true,
            artifacts_exclude: true,
            multi_build_steps: true,
            return_exit_code: true,
            ..self
        }
    }

    /// What the shell executor adds.
    pub fn with_shell_executor(self) -> Self {
        Self { variables: true, shared: true, ..self }
    }

    /// What the docker executor adds. Each of its jobs has an environment of its own.
    pub fn with_docker_executor(self) -> Self {
        Self {
            variables: true,
            image: true,
            services: true,
            service_variables: true,
            service_multiple_aliases: true,
            image_executor_opts: true,
            service_executor_opts: true,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_31_features_are_sent() {
        let value = serde_json::to_value(Features::of_client().with_shell()).unwrap();
        let keys = value.as_object().unwrap();
        assert_eq!(keys.len(), 31);
        assert_eq!(Features::NAMES.len(), 31);
        assert_eq!(keys["two_phase_job_commit"], true);
        assert_eq!(keys["proxy"], false);
    }

    #[test]
    fn empty_parts_are_left_out() {
        let value = serde_json::to_value(Info::default()).unwrap();
        assert!(value.get("labels").is_none());
        assert!(value.get("executor").is_none());
        assert_eq!(value["config"]["gpus"], "");
    }
}
