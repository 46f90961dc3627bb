//! A pipeline in motion, as GitLab's: the statuses of its jobs, what may start next, and the payload each job gets.
//!
//! Nothing here reads a file, a clock or the network. A [`Blueprint`] is made of what `ci-yaml` evaluated; a
//! [`Pipeline`] takes [`Event`]s and gives [`Action`]s; a [`Template`] becomes a payload when its job
//! starts.

mod action;
mod blueprint;
mod bridge;
mod cancel;
mod composite;
pub mod coverage;
mod dependencies;
pub mod dotenv;
mod downstream;
mod event;
mod facts;
mod id;
mod job;
mod moment;
mod payload;
mod pipeline;
mod plan;
mod processing;
mod refused;
pub mod resource;
mod retry;
mod running;
mod spec;
mod status;
mod stored;
mod template;
mod timing;
mod turn;

pub use blueprint::{Blueprint, BlueprintError, Planned, Work};
pub use bridge::{
    Ancestor, Bridge, BridgeError, BridgeFacts, ChildContext, Downstream, IncludedArtifact, MOST_NESTED,
    ProjectTrigger, is_loop,
};
pub use composite::Statuses;
pub use event::{Action, End, Event, How};
pub use facts::{
    Dependency, Facts, IdTokens, PersistentRef, PipelineFacts, ProjectFacts, RegistryLogin, RunnerFacts,
    timeout,
};
pub use id::{JobId, Moment, PipelineId};
pub use job::{Hold, Job};
pub use payload::{PayloadError, Unsupported, Upstream};
pub use pipeline::{Pipeline, StageState};
pub use refused::Refused;
pub use spec::{AutoCancel, Kind, Need, OnNewCommit, Retry, Spec, Strategy, When};
pub use status::Status;
pub use template::{ArtifactAccess, Cache, Environment, OtherPipeline, OtherProject, Template, Variable};
pub use timing::{Span, covered};
