//! All decisions: what becomes of pushes, jobs, runners and buttons.

mod ports;
mod requests;

pub use ports::{Clock, CommitFacts, Files, FindProject, NoFiles, Repositories, SystemClock};
pub use requests::{
    Act, Acted, Created, Executing, Handout, JobAnswer, JobVerdict, JobWord, LatestJob, Machine, NewPipeline,
    Reason, RunnerError, RunnerOpinion, Topic,
};
