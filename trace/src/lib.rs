//! The job log: masked, time-stamped, limited, and kept until it was sent.
pub mod mask;
