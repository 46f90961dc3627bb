//! Tests against a real Docker engine. Without one they are skipped, unless `CI` or `RUNNER_TESTS_NEED_DOCKER` is
//! set: then they fail.

mod person;
mod pull;
mod suite;
mod tools;
