//! `[[runners]]` and its small tables.

use super::key::{Check, Key, Kind, Status, Table, flagged, key};
use super::{cache, checks, docker, kubernetes, scaling};

/// Names of all executors of gitlab-runner.
pub(crate) const EXECUTORS: &[&str] = &[
    "shell",
    "docker",
    "docker-windows",
    "docker+machine",
    "docker-autoscaler",
    "instance",
    "kubernetes",
    "custom",
    "ssh",
    "parallels",
    "virtualbox",
];

/// Names of all shells of gitlab-runner.
pub(crate) const SHELLS: &[&str] = &["bash", "sh", "pwsh", "powershell"];

pub(super) const DOCKER_FAMILY: Status =
    Status::For(&["docker", "docker-windows", "docker+machine", "docker-autoscaler"]);
pub(super) const AUTOSCALED: Status = Status::For(&["docker-autoscaler", "instance"]);

/// A table below `[[runners]]` whose keys have no flags.
pub(super) const fn plain(path: &'static str, keys: &'static [Key]) -> Table {
    Table { path, keys, flag_prefix: "", variable_prefix: "" }
}

/// A section.
pub(crate) static RUNNERS: Table =
    Table { path: "runners", keys: KEYS, flag_prefix: "", variable_prefix: "RUNNER_" };

const KEYS: &[Key] = &[
    flagged("name", Kind::Text).flag(&["name", "description"]).always(),
    flagged("limit", Kind::Integer),
    flagged("output_limit", Kind::Integer),
    flagged("request_concurrency", Kind::Integer),
    flagged("strict_check_interval", Kind::Boolean),
    flagged("unhealthy_requests_limit", Kind::Integer),
    flagged("unhealthy_interval", Kind::Duration).no_variable(),
    flagged("job_status_final_update_retry_limit", Kind::Integer)
        .status(Status::Ignored(
            "the last word on a job is repeated until it is accepted, for up to two days",
        ))
        .variable("RUNNER_job_status_final_update_retry_limit"),
    flagged("url", Kind::Text).check(checks::URL).variable("CI_SERVER_URL").always(),
    key("id", Kind::Integer).always(),
    flagged("token", Kind::Secret).variable("CI_SERVER_TOKEN").always(),
    key("token_obtained_at", Kind::DateTime).always(),
    key("token_expires_at", Kind::DateTime).always(),
    flagged("tls-ca-file", Kind::Text).variable("CI_SERVER_TLS_CA_FILE"),
    flagged("tls-cert-file", Kind::Text).variable("CI_SERVER_TLS_CERT_FILE"),
    flagged("tls-key-file", Kind::Text).variable("CI_SERVER_TLS_KEY_FILE"),
    key("labels", Kind::TextMap).check(checks::LABELS),
    flagged("executor", Kind::Text).check(Check::Choice(EXECUTORS)).always(),
    flagged("builds_dir", Kind::Text),
    flagged("cache_dir", Kind::Text),
    flagged("clone_url", Kind::Text).check(checks::URL).variable("CLONE_URL"),
    flagged("environment", Kind::Texts).check(checks::ASSIGNMENTS).flag(&["env"]).variable("RUNNER_ENV"),
    flagged("proxy_exec", Kind::Boolean).unsupported("scripts are started without a proxy"),
    flagged("pre_get_sources_script", Kind::Text),
    flagged("post_get_sources_script", Kind::Text),
    flagged("pre_build_script", Kind::Text),
    flagged("post_build_script", Kind::Text),
    flagged("prepare_timeout", Kind::Duration),
    flagged("get_sources_timeout", Kind::Duration),
    flagged("debug_trace_disabled", Kind::Boolean),
    flagged("safe_directory_checkout", Kind::Switch),
    flagged("clean_git_config", Kind::Switch),
    flagged("shell", Kind::Text).check(Check::Choice(SHELLS)),
    // Keys of ours.
    key("graceful_kill_timeout", Kind::Duration),
    key("force_kill_timeout", Kind::Duration),
    key("retry_pause", Kind::Duration),
    key("login_shell", Kind::Switch),
    // Back to gitlab-runner's.
    flagged("step_runner_image", Kind::Text)
        .status(Status::Ignored("no release of gitlab-runner acts on it"))
        .variable("STEP_RUNNER_IMAGE"),
    flagged("use_slot_cgroups", Kind::Boolean).status(AUTOSCALED),
    flagged("slot_cgroup_template", Kind::Text).status(AUTOSCALED),
    key("custom_build_dir", Kind::Table(&CUSTOM_BUILD_DIR)),
    key("artifact", Kind::Table(&ARTIFACT)),
    key("referees", Kind::Table(&REFEREES)).status(Status::For(&["docker+machine"])),
    key("cache", Kind::Table(&cache::CACHE)).always(),
    flagged("feature_flags", Kind::BooleanMap).check(checks::FEATURES).variable("FEATURE_FLAGS"),
    key("experimental", Kind::Table(&EXPERIMENTAL)).detail(),
    key("monitoring", Kind::Table(&MONITORING)).unsupported("no metrics are served"),
    key("instance", Kind::Table(&scaling::INSTANCE)).status(Status::For(&["instance"])),
    key("ssh", Kind::Table(&SSH)).status(Status::For(&["ssh", "parallels", "virtualbox"])),
    key("docker", Kind::Table(&docker::DOCKER)).status(DOCKER_FAMILY),
    key("parallels", Kind::Table(&PARALLELS)).status(Status::For(&["parallels"])),
    key("virtualbox", Kind::Table(&VIRTUALBOX)).status(Status::For(&["virtualbox"])),
    key("machine", Kind::Table(&scaling::MACHINE)).status(Status::For(&["docker+machine"])),
    key("kubernetes", Kind::Table(&kubernetes::KUBERNETES)).status(Status::For(&["kubernetes"])),
    key("custom", Kind::Table(&CUSTOM)).status(Status::For(&["custom"])),
    key("autoscaler", Kind::Table(&scaling::AUTOSCALER)).status(AUTOSCALED),
];

static CUSTOM_BUILD_DIR: Table = Table {
    path: "runners.custom_build_dir",
    keys: &[flagged("enabled", Kind::Switch).flag(&["custom_build_dir-enabled"])],
    flag_prefix: "custom_build_dir-",
    variable_prefix: "CUSTOM_BUILD_DIR_",
};

static ARTIFACT: Table = plain(
    "runners.artifact",
    &[key("upload_timeout", Kind::Duration), key("response_header_timeout", Kind::Duration)],
);

static REFEREES: Table = plain("runners.referees", &[key("metrics", Kind::Table(&METRICS_REFEREE))]);

static METRICS_REFEREE: Table = plain(
    "runners.referees.metrics",
    &[
        key("prometheus_address", Kind::Text),
        key("query_interval", Kind::Integer),
        key("queries", Kind::Texts),
    ],
);

static EXPERIMENTAL: Table =
    plain("runners.experimental", &[key("boot_verify", Kind::Table(&BOOT_VERIFY)).detail()]);

static BOOT_VERIFY: Table = plain(
    "runners.experimental.boot_verify",
    &[
        key("enabled", Kind::Boolean).unsupported("no job is run to try the section at start"),
        key("timeout", Kind::Duration).detail(),
        key("acquire_min_backoff", Kind::Duration).detail(),
        key("acquire_max_backoff", Kind::Duration).detail(),
    ],
);

static MONITORING: Table =
    plain("runners.monitoring", &[key("job_queuing_durations", Kind::Tables(&QUEUING))]);

static QUEUING: Table = plain(
    "runners.monitoring.job_queuing_durations",
    &[
        key("periods", Kind::Texts),
        key("timezone", Kind::Text),
        key("threshold", Kind::Duration),
        key("jobs_running_for_project", Kind::Text),
    ],
);

static CUSTOM: Table = plain(
    "runners.custom",
    &[
        key("config_exec", Kind::Text),
        key("config_args", Kind::Texts),
        key("config_exec_timeout", Kind::Integer),
        key("prepare_exec", Kind::Text),
        key("prepare_args", Kind::Texts),
        key("prepare_exec_timeout", Kind::Integer),
        key("run_exec", Kind::Text),
        key("run_args", Kind::Texts),
        key("cleanup_exec", Kind::Text),
        key("cleanup_args", Kind::Texts),
        key("cleanup_exec_timeout", Kind::Integer),
        key("graceful_kill_timeout", Kind::Integer),
        key("force_kill_timeout", Kind::Integer),
    ],
);

static SSH: Table = plain(
    "runners.ssh",
    &[
        key("user", Kind::Text),
        key("password", Kind::Secret),
        key("host", Kind::Text),
        key("port", Kind::Text),
        key("identity_file", Kind::Text),
        key("disable_strict_host_key_checking", Kind::Boolean),
        key("known_hosts_file", Kind::Text),
    ],
);

static PARALLELS: Table = plain(
    "runners.parallels",
    &[
        key("base_name", Kind::Text),
        key("template_name", Kind::Text),
        key("disable_snapshots", Kind::Boolean),
        key("time_server", Kind::Text),
        key("allowed_images", Kind::Texts),
    ],
);

static VIRTUALBOX: Table = plain(
    "runners.virtualbox",
    &[
        key("base_name", Kind::Text),
        key("base_snapshot", Kind::Text),
        key("base_folder", Kind::Text),
        key("disable_snapshots", Kind::Boolean),
        key("allowed_images", Kind::Texts),
        key("start_type", Kind::Text),
    ],
);
