//! Services in a real engine. Without one these tests are skipped, unless `RUNNER_TESTS_NEED_DOCKER` is set.

mod engines;
mod readiness;
mod site;
mod starting;
mod watching;
