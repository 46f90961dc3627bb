//! Properties of the whole evaluator: what holds whatever is written in the files, for made-up configurations and for
//! those of the conformance cases.
//!
//! The fuzz target `ci_pipeline` asserts the same of arbitrary texts.

mod again;
mod case;
mod cases;
mod generated;
mod invariants;
mod keywords;
mod piece;
mod repository;
