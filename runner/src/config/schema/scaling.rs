//! Tables of executors that make machines: docker+machine, docker-autoscaler, instance.

use super::key::{Kind, Table, key};
use super::runners::plain;

/// docker+machine.
pub(super) static MACHINE: Table = plain(
    "runners.machine",
    &[
        key("MaxGrowthRate", Kind::Integer),
        key("IdleCount", Kind::Integer),
        key("IdleScaleFactor", Kind::Float),
        key("IdleCountMin", Kind::Integer),
        key("IdleTime", Kind::Integer),
        key("MaxBuilds", Kind::Integer),
        key("MachineDriver", Kind::Text),
        key("MachineName", Kind::Text),
        key("MachineOptions", Kind::Texts),
        key("MachineOptionsWithName", Kind::Texts),
        key("MaxRemovalAttempts", Kind::Integer),
        key("OffPeakPeriods", Kind::Texts),
        key("OffPeakTimezone", Kind::Text),
        key("OffPeakIdleCount", Kind::Integer),
        key("OffPeakIdleTime", Kind::Integer),
        key("autoscaling", Kind::Tables(&MACHINE_AUTOSCALING)),
    ],
);

static MACHINE_AUTOSCALING: Table = plain(
    "runners.machine.autoscaling",
    &[
        key("Periods", Kind::Texts),
        key("Timezone", Kind::Text),
        key("IdleCount", Kind::Integer),
        key("IdleScaleFactor", Kind::Float),
        key("IdleCountMin", Kind::Integer),
        key("IdleTime", Kind::Integer),
    ],
);

/// instance.
pub(super) static INSTANCE: Table = plain(
    "runners.instance",
    &[key("allowed_images", Kind::Texts), key("use_common_build_dir", Kind::Boolean)],
);

/// docker-autoscaler and instance.
pub(super) static AUTOSCALER: Table = plain(
    "runners.autoscaler",
    &[
        key("capacity_per_instance", Kind::Integer),
        key("max_use_count", Kind::Integer),
        key("max_instances", Kind::Integer),
        key("plugin", Kind::Text),
        key("plugin_config", Kind::Free),
        key("connector_config", Kind::Table(&CONNECTOR)),
        key("policy", Kind::Tables(&POLICY)),
        key("instance_ready_command", Kind::Text),
        key("instance_acquire_timeout", Kind::Duration),
        key("update_interval", Kind::Duration),
        key("update_interval_when_expecting", Kind::Duration),
        key("deletion_retry_interval", Kind::Duration),
        key("shutdown_deletion_interval", Kind::Duration),
        key("shutdown_deletion_retries", Kind::Integer),
        key("failure_threshold", Kind::Integer),
        key("scale_throttle", Kind::Table(&THROTTLE)),
        key("reservation_throttling", Kind::Boolean),
        key("log_internal_ip", Kind::Boolean),
        key("log_external_ip", Kind::Boolean),
        key("delete_instances_on_shutdown", Kind::Boolean),
        key("vm_isolation", Kind::Table(&VM_ISOLATION)),
        key("state_storage", Kind::Table(&STATE_STORAGE)),
        key("instance_operation_time_buckets", Kind::Free),
        key("instance_creation_time_buckets", Kind::Free),
        key("instance_is_running_time_buckets", Kind::Free),
        key("instance_deletion_time_buckets", Kind::Free),
        key("instance_readiness_time_buckets", Kind::Free),
        key("instance_life_duration_buckets", Kind::Free),
    ],
);

static CONNECTOR: Table = plain(
    "runners.autoscaler.connector_config",
    &[
        key("os", Kind::Text),
        key("arch", Kind::Text),
        key("protocol", Kind::Text),
        key("protocol_port", Kind::Integer),
        key("username", Kind::Text),
        key("password", Kind::Secret),
        key("key_path", Kind::Text),
        key("use_static_credentials", Kind::Boolean),
        key("keepalive", Kind::Duration),
        key("timeout", Kind::Duration),
        key("use_external_addr", Kind::Boolean),
    ],
);

static POLICY: Table = plain(
    "runners.autoscaler.policy",
    &[
        key("periods", Kind::Texts),
        key("timezone", Kind::Text),
        key("idle_count", Kind::Integer),
        key("idle_time", Kind::Duration),
        key("scale_factor", Kind::Float),
        key("scale_factor_limit", Kind::Integer),
        key("preemptive_mode", Kind::Switch),
    ],
);

static THROTTLE: Table =
    plain("runners.autoscaler.scale_throttle", &[key("limit", Kind::Integer), key("burst", Kind::Integer)]);

static VM_ISOLATION: Table = plain(
    "runners.autoscaler.vm_isolation",
    &[
        key("enabled", Kind::Boolean),
        key("nesting_host", Kind::Text),
        key("nesting_config", Kind::Free),
        key("image", Kind::Text),
        key("connector_config", Kind::Free),
    ],
);

static STATE_STORAGE: Table = plain(
    "runners.autoscaler.state_storage",
    &[
        key("enabled", Kind::Boolean),
        key("dir", Kind::Text),
        key("keep_instance_with_acquisitions", Kind::Boolean),
    ],
);
