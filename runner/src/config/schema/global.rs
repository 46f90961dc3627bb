//! Top-level keys and the tables that stand beside `[[runners]]`.

use super::checks;
use super::key::{Check, Key, Kind, Status, Table, key};
use super::runners::RUNNERS;

/// The top level.
pub(crate) static GLOBAL: Table = table("", KEYS);

const fn table(path: &'static str, keys: &'static [Key]) -> Table {
    Table { path, keys, flag_prefix: "", variable_prefix: "" }
}

const LEVELS: &[&str] = &["panic", "fatal", "error", "warning", "warn", "info", "debug", "trace"];

const KEYS: &[Key] = &[
    key("concurrent", Kind::Integer).check(Check::AtLeast(1)).always(),
    key("check_interval", Kind::Integer).always(),
    key("log_level", Kind::Text).check(Check::ChoiceAnyCase(LEVELS)),
    key("log_format", Kind::Text).check(Check::Choice(&["runner", "text", "json"])),
    key("user", Kind::Text).status(Status::Ignored("only `run --user` chooses the user of jobs")),
    key("listen_address", Kind::Text).unsupported("no metrics are served"),
    key("sentry_dsn", Kind::Secret).unsupported("nothing is sent to Sentry"),
    key("connection_max_age", Kind::Duration),
    key("shutdown_timeout", Kind::Integer).always(),
    key("labels", Kind::TextMap).check(checks::LABELS),
    key("session_server", Kind::Table(&SESSION_SERVER)).detail(),
    key("machine", Kind::Table(&MACHINE)).detail(),
    key("experimental", Kind::Table(&EXPERIMENTAL)).detail(),
    key("runners", Kind::Tables(&RUNNERS)),
];

static SESSION_SERVER: Table = table(
    "session_server",
    &[
        key("listen_address", Kind::Text).unsupported("no web terminals are offered"),
        key("advertise_address", Kind::Text).detail(),
        key("session_timeout", Kind::Integer).detail().always(),
    ],
);

static MACHINE: Table = table(
    "machine",
    &[key("shutdown_drain", Kind::Table(&SHUTDOWN_DRAIN)).status(Status::For(&["docker+machine"]))],
);

static SHUTDOWN_DRAIN: Table = table(
    "machine.shutdown_drain",
    &[
        key("enabled", Kind::Boolean),
        key("concurrency", Kind::Integer),
        key("max_retries", Kind::Integer),
        key("retry_backoff", Kind::Duration),
    ],
);

static EXPERIMENTAL: Table =
    table("experimental", &[key("usage_logger", Kind::Table(&USAGE_LOGGER)).detail()]);

static USAGE_LOGGER: Table = table(
    "experimental.usage_logger",
    &[
        key("enabled", Kind::Boolean).unsupported("no usage log is written"),
        key("writers", Kind::Texts).detail(),
        key("log_dir", Kind::Text).detail(),
        key("max_backup_files", Kind::Integer).detail(),
        key("max_rotation_age", Kind::Duration).detail(),
        key("labels", Kind::TextMap).detail(),
        key("logrotate", Kind::Table(&LOGROTATE)).detail(),
        key("snowplow_billing", Kind::Table(&SNOWPLOW)).detail(),
    ],
);

static LOGROTATE: Table = table(
    "experimental.usage_logger.logrotate",
    &[
        key("log_dir", Kind::Text).detail(),
        key("max_backup_files", Kind::Integer).detail(),
        key("max_rotation_age", Kind::Duration).detail(),
        key("labels", Kind::TextMap).detail(),
    ],
);

static SNOWPLOW: Table = table(
    "experimental.usage_logger.snowplow_billing",
    &[
        key("collector_uri", Kind::Text).detail(),
        key("app_id", Kind::Text).detail(),
        key("category", Kind::Text).detail(),
        key("realm", Kind::Text).detail(),
        key("deployment_type", Kind::Text).detail(),
        key("metadata", Kind::Free).detail(),
        key("enable_oidc", Kind::Boolean).detail(),
        key("skip_oidc_if_unsupported_cloud", Kind::Boolean).detail(),
        key("skip_runner_system_failure", Kind::Boolean).detail(),
        key("batch_delivery_duration_buckets", Kind::Free).detail(),
    ],
);
