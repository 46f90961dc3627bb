//! Runs a job's scripts as processes on this machine.
