//! What processing has to know of a job.

use serde::{Deserialize, Serialize};

/// A job as processing sees it. What it runs is no matter here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its name, unique in its pipeline but for earlier attempts.
    pub name: String,
    /// Name of its stage.
    pub stage: String,
    /// Place of its stage among all stages of the configuration, `.pre` being the first.
    pub stage_index: usize,
    /// What it is.
    pub kind: Kind,
    /// When it runs.
    pub when: When,
    /// How long a delayed job waits, in seconds.
    pub start_in: Option<u64>,
    /// Whether its failure is forgiven.
    pub allow_failure: bool,
    /// Exit codes that are forgiven.
    pub allow_exit_codes: Vec<i64>,
    /// Jobs it waits for; nothing where it waits for stages.
    pub needs: Option<Vec<Need>>,
    /// `dependencies`: the only jobs whose artifacts it gets; nothing where it gets all.
    pub dependencies: Option<Vec<String>>,
    /// When it is tried again by itself.
    pub retry: Retry,
    /// Whether a newer pipeline may cancel it.
    pub interruptible: bool,
    /// Its resource group, expanded.
    pub resource_group: Option<String>,
}

/// What a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Runs a script on a runner.
    Build,
    /// Starts another pipeline.
    Bridge {
        /// What it makes of the other pipeline's status.
        strategy: Strategy,
    },
}

/// What a bridge makes of the status of the pipeline that it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Nothing: it succeeds when the pipeline was created.
    #[default]
    None,
    /// Its end is the bridge's: `depend`.
    Depend,
    /// Its status is the bridge's, at any time: `mirror`.
    Mirror,
}

/// `when`, without `never`: such a job is in no pipeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// What came before went well.
    #[default]
    OnSuccess,
    /// Something before failed.
    OnFailure,
    /// In any case.
    Always,
    /// Somebody starts it.
    Manual,
    /// After a time.
    Delayed,
}

/// A job of the same pipeline that is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// Its name.
    pub job: String,
    /// Whether its artifacts are wanted.
    pub artifacts: bool,
}

/// `retry`, as written: see `coordinator` rules for what an absent part stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// How often at most, 0 to 2; nothing where the job has no `retry`, or one without `max`.
    pub max: Option<u8>,
    /// For which failure reasons; nothing where not written.
    pub when: Option<Vec<String>>,
    /// For which exit codes; nothing where not written.
    pub exit_codes: Option<Vec<i64>>,
}

/// `workflow:auto_cancel`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoCancel {
    /// What a newer commit cancels.
    pub on_new_commit: OnNewCommit,
    /// Whether a failed job cancels all others.
    pub on_job_failure: bool,
}

/// What a newer commit on the same ref cancels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnNewCommit {
    /// The pipeline, unless a job started that is not interruptible.
    #[default]
    Conservative,
    /// Jobs that are interruptible.
    Interruptible,
    /// Nothing.
    None,
}
