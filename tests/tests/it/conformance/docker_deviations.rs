//! Deliberate differences of the docker executor, each with its reason.

use super::deviations::{CLEAN_UP, Deviation, line, section};
use super::scenario::{Expected, ExpectedFinal};

pub(super) const DEVIATIONS: &[Deviation] = &[
    Deviation {
        scenario: "d_env",
        job: "env",
        reason: "sources and file variables have the modes that git and the runner give them, and belong to the job's \
                 user; gitlab-runner makes everything writable for the world",
        apply: |expected| {
            replace(expected, "step_script", "777 0", "755 0");
            replace(expected, "step_script", "666 0", "644 0");
            replace(expected, "step_script", "body666", "body600");
        },
    },
    Deviation {
        scenario: "d_entrypoints",
        job: "swallow",
        reason: "an entrypoint that ends without running the script fails the job; with gitlab-runner the job \
                 succeeds, and nothing was run",
        apply: |expected| {
            fail(expected, "script_failure", None, "");
        },
    },
    Deviation {
        scenario: "d_exit_codes",
        job: "kill",
        reason: "the script's shell is an ordinary process, which signals reach; gitlab-runner's is process 1 of its \
                 container, where SIGKILL does nothing",
        apply: |expected| fail(expected, "script_failure", Some(137), "ERROR: Job failed: exit code 137"),
    },
    Deviation {
        scenario: "d_pull_policy",
        job: "never-missing",
        reason: "what another try cannot mend fails at once; gitlab-runner tries three times",
        apply: |expected| {
            let lines = expected.log.entry("prepare_executor".to_owned()).or_default();
            let again = lines.iter().position(|line| line.starts_with("ERROR: Preparation failed: "));
            lines.truncate(again.unwrap_or(lines.len()));
        },
    },
    Deviation {
        scenario: "d_timeout",
        job: "slow",
        reason: "the clean-up runs after a job timeout too",
        apply: |expected| section(expected, "cleanup_file_variables", &[CLEAN_UP]),
    },
];

fn replace(expected: &mut Expected, section: &str, from: &str, to: &str) {
    let mut changed = false;
    for line in expected.log.get_mut(section).into_iter().flatten().filter(|line| *line == from) {
        to.clone_into(line);
        changed = true;
    }
    assert!(changed, "{from:?} was not recorded");
}

/// The job fails, for this reason, and its log ends with that line instead of `Job succeeded`.
fn fail(expected: &mut Expected, reason: &str, exit_code: Option<i64>, last: &str) {
    let state = "failed".to_owned();
    expected.state.clone_from(&state);
    expected.final_update = Some(ExpectedFinal { state, failure_reason: Some(reason.to_owned()), exit_code });
    expected.log.entry(String::new()).or_default().retain(|line| line != "Job succeeded");
    line(expected, "", last);
}
