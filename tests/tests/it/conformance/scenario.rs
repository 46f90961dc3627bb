//! Recorded scenarios, as they lie in `tests/conformance/shell` and `tests/conformance/docker`.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// One file.
#[derive(Debug, Deserialize)]
pub(super) struct Scenario {
    pub(super) jobs: Vec<RecordedJob>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RecordedJob {
    pub(super) payload: Value,
    pub(super) rig: RigKeys,
    pub(super) expected: Expected,
}

/// What the coordinator did meanwhile, and how the runner was configured.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RigKeys {
    pub(super) needs: Vec<usize>,
    pub(super) cancel_after: Option<f64>,
    pub(super) cancel_state: String,
    pub(super) upload_status: Vec<u16>,
    pub(super) download_status: Vec<u16>,
    pub(super) refuse_trace_after: Option<u64>,
    pub(super) limit: Option<u64>,
    pub(super) config: Map<String, Value>,
    pub(super) together: bool,
}

/// What gitlab-runner made of a job.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    pub(super) job: String,
    pub(super) state: String,
    #[serde(rename = "final")]
    pub(super) final_update: Option<ExpectedFinal>,
    pub(super) sections: Vec<String>,
    #[serde(default)]
    pub(super) log: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) long_log: BTreeMap<String, LongLog>,
    pub(super) trace_bytes_about: Option<u64>,
    pub(super) artifacts: Vec<ExpectedArtifact>,
    pub(super) downloads: u32,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct ExpectedFinal {
    pub(super) state: String,
    pub(super) failure_reason: Option<String>,
    pub(super) exit_code: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct LongLog {
    pub(super) lines: usize,
    pub(super) sha256_of_first_5000: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ExpectedArtifact {
    #[serde(rename = "type")]
    pub(super) artifact_type: String,
    pub(super) format: String,
    pub(super) filename: String,
    pub(super) expire_in: Option<String>,
    pub(super) listing: Value,
}

/// The folder of recorded data.
pub(super) fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance")
}

/// The names of an executor's scenarios.
pub(super) fn names(executor: &str) -> BTreeSet<String> {
    let files = std::fs::read_dir(data().join(executor)).expect("the folder of recorded scenarios");
    files
        .flatten()
        .filter_map(|file| file.file_name().to_string_lossy().strip_suffix(".json").map(str::to_owned))
        .collect()
}

pub(super) fn load(executor: &str, name: &str) -> Scenario {
    let path = data().join(format!("{executor}/{name}.json"));
    let text = std::fs::read_to_string(&path).expect("the recorded scenario is there");
    serde_json::from_str(&text).expect("the recorded scenario can be read")
}
