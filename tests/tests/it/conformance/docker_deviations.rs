//! Deliberate differences of the docker executor, each with its reason.

use super::deviations::{CLEAN_UP, Deviation, line, section};
use super::normal::without_call;
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
            replace(expected, "step_script", "body666", "body644");
        },
    },
    Deviation {
        scenario: "d_cache",
        job: "c2",
        reason: "a cache that is unchanged since it was restored is not packed again, and the log says so",
        apply: |expected| {
            let section = "archive_cache (stderr)";
            let packed = "Primary cache does not exist remotely, uploading existing archive";
            replace(expected, section, packed, "Archive is up to date!");
        },
    },
    Deviation {
        scenario: "d_cancel_after",
        job: "cancelled",
        reason: "after_script runs in the container of the script, however that ended; gitlab-runner removes it after a \
                 cancel and makes another",
        apply: |expected| {
            let lines = expected.log.entry("after_script".to_owned()).or_default();
            lines.retain(|line| !line.starts_with("Using "));
        },
    },
    Deviation {
        scenario: "d_missing_image",
        job: "noimg",
        reason: "the log says what may help",
        apply: registry_hint,
    },
    Deviation {
        scenario: "d_oom",
        job: "oom",
        reason: "a process that was killed for lack of memory is named as such, with the limit",
        apply: |expected| {
            let text = "ERROR: out of memory: the kernel has killed a process of the job, which needed more than the \
                        container's limit of 40 MiB";
            line(expected, "step_script", text);
        },
    },
    Deviation {
        scenario: "d_pull_policy",
        job: "always-local",
        reason: "the log says what may help",
        apply: registry_hint,
    },
    Deviation {
        scenario: "d_services_many",
        job: "many",
        reason: "an image that several services share is looked up once, and the log says that a service without a name \
                 of its own is not started",
        apply: |expected| {
            let lines = expected.log.entry("prepare_executor".to_owned()).or_default();
            for twice in [
                "Using effective pull policy of [if-not-present] for container rig/web:latest",
                "Using docker image sha256:ID for rig/web:latest ...",
            ] {
                let last = lines.iter().rposition(|line| line == twice).expect("a recorded line");
                lines.remove(last);
            }
            lines.push(
                "WARNING: Service \"rig/web\" (services[2]) is not started: other services have all of its names. An alias \
                 of its own lets it start."
                    .to_owned(),
            );
        },
    },
    Deviation {
        scenario: "d_entrypoints",
        job: "swallow",
        reason: "an entrypoint that ends without running the script fails the job; with gitlab-runner the job \
                 succeeds, and nothing was run",
        apply: |expected| {
            let text = "ERROR: Job failed: the image's entrypoint ended without running the script: it has to end by \
                        running the command it is given (exec \"$@\"), or be left out by `entrypoint: [\"\"]` of the \
                        job's image";
            fail(expected, "runner_configuration_error", None, text);
        },
    },
    Deviation {
        scenario: "d_entrypoints",
        job: "exits",
        reason: "the log says that it was not the script that failed",
        apply: |expected| {
            let text = "ERROR: the job's container ended with exit code 9 before the script ran";
            line(expected, "step_script", text);
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
        reason: "what another try cannot mend fails at once, and says what forbids it; gitlab-runner tries three times",
        apply: |expected| {
            let lines = expected.log.entry("prepare_executor".to_owned()).or_default();
            let again = lines.iter().position(|line| line.starts_with("ERROR: Preparation failed: "));
            lines.truncate(again.unwrap_or(lines.len()));
            let engines =
                "Error response from daemon: no such image: rig/none: No such image: rig/none:latest";
            let ours = "No such image: rig/none, and pull policy \"never\" forbids to pull it";
            for line in expected.log.values_mut().flatten() {
                *line = line.replace(engines, ours);
            }
        },
    },
    Deviation {
        scenario: "d_timeout",
        job: "slow",
        reason: "the clean-up runs after a job timeout too",
        apply: |expected| section(expected, "cleanup_file_variables", &[CLEAN_UP]),
    },
];

/// What is said of a registry that does not answer.
fn registry_hint(expected: &mut Expected) {
    let hint = "; check the registry's address, and that the engine's machine reaches it";
    let lines = expected.log.entry(String::new()).or_default();
    let last =
        lines.iter_mut().find(|line| line.starts_with("ERROR: Job failed: ")).expect("a recorded line");
    *last = without_call(last) + hint;
}

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
