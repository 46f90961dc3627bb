//! Where the recorded result is not the wished one: each deliberate difference, with its reason.
//!
//! One difference concerns every job whose script fails and is therefore handled by the comparison itself:
//! right before `ERROR: Job failed: …` one line says which command failed.

use super::docker_deviations;
use super::scenario::{Expected, ExpectedFinal};
use kit::trace_text::{Line, TraceText};

/// One difference: what is expected instead.
pub(super) struct Deviation {
    pub(super) scenario: &'static str,
    pub(super) job: &'static str,
    /// Why; read by people only.
    #[expect(dead_code, reason = "the reason is for those who read the table")]
    pub(super) reason: &'static str,
    pub(super) apply: fn(&mut Expected),
}

const DEVIATIONS: &[Deviation] = &[
    Deviation {
        scenario: "background_process",
        job: "bg",
        reason: "a job ends when the shell of its script ends; gitlab-runner hangs until the background \
                 child ends too",
        apply: |expected| {
            expected.state = "success".to_owned();
            let state = "success".to_owned();
            expected.final_update = Some(ExpectedFinal { state, failure_reason: None, exit_code: None });
            section(expected, "cleanup_file_variables", &[CLEAN_UP]);
            line(expected, "", "Job succeeded");
        },
    },
    Deviation {
        scenario: "timeout",
        job: "slow",
        reason: "after_script and the clean-up run after a job timeout too",
        apply: |expected| {
            let after = ["Running after_script", "Running after script...", "$ echo after ran", "after ran"];
            section(expected, "after_script", &after);
            section(expected, "cleanup_file_variables", &[CLEAN_UP]);
        },
    },
    Deviation {
        scenario: "masking_more",
        job: "mask2",
        reason: "base64 of a masked value is masked too",
        apply: |expected| {
            for lines in expected.log.values_mut().flatten() {
                *lines = lines.replace("dmVyeXNlY3JldHZhbHVlCg==", "[MASKED]Cg==");
            }
        },
    },
    Deviation {
        scenario: "cache_many",
        job: "back",
        reason: "a cache that is unchanged since it was restored is not packed again, and the log says so",
        apply: |expected| {
            let lines = expected.log.entry("archive_cache (stderr)".to_owned()).or_default();
            lines.retain(|line| !line.starts_with("Primary cache does not exist remotely"));
            (0..3).for_each(|_| lines.push("Archive is up to date!".to_owned()));
        },
    },
    Deviation {
        scenario: "cache_keys",
        job: "key7",
        reason: "a key that is too long for a file name fails at the one place where the file is made; \
                 gitlab-runner warns twice before",
        apply: |expected| {
            let lines = expected.log.entry("archive_cache (stderr)".to_owned()).or_default();
            lines.retain(|line| !line.contains("stat ../"));
        },
    },
    Deviation {
        scenario: "artifacts_glob_table",
        job: "glob12",
        reason: "our encoder makes these 58 bytes smaller, gitlab-runner's does not and stores them",
        apply: deflated_gitmodules,
    },
    Deviation {
        scenario: "artifacts_glob_table",
        job: "glob16",
        reason: "our encoder makes these 58 bytes smaller, gitlab-runner's does not and stores them",
        apply: deflated_gitmodules,
    },
];

fn deflated_gitmodules(expected: &mut Expected) {
    let listings = expected.artifacts.iter_mut().filter_map(|artifact| artifact.listing.as_array_mut());
    for member in listings.flatten().filter(|member| member["name"] == ".gitmodules") {
        member["method"] = 8.into();
    }
}

/// A trace that is refused after its first chunk is shorter than the recorded one: a chunk leaves as soon as
/// a section ends, not only after three seconds. What is stored must be a beginning of what was recorded.
pub(super) fn shorten(expected: &mut Expected, trace: &TraceText) {
    expected.sections.truncate(trace.sections.len());
    expected.log.retain(|section, lines| {
        let counts = |line: &&Line| line.section == *section && !line.text.starts_with("Gitaly correlation");
        lines.retain(|line| line != "CORRELATION");
        lines.truncate(trace.lines.iter().filter(counts).count());
        !lines.is_empty()
    });
}

pub(super) const CLEAN_UP: &str = "Cleaning up project directory and file based variables";

/// Turns what gitlab-runner did into what is wished.
pub(super) fn apply(scenario: &str, expected: &mut Expected) {
    let job = expected.job.clone();
    let all = DEVIATIONS.iter().chain(docker_deviations::DEVIATIONS);
    for deviation in all.filter(|d| d.scenario == scenario && d.job == job) {
        (deviation.apply)(expected);
    }
}

pub(super) fn section(expected: &mut Expected, name: &str, lines: &[&str]) {
    expected.sections.push(name.to_owned());
    lines.iter().for_each(|text| line(expected, name, text));
}

pub(super) fn line(expected: &mut Expected, section: &str, text: &str) {
    expected.log.entry(section.to_owned()).or_default().push(text.to_owned());
}

/// What the recording leaves free: taken out of both sides.
pub(super) fn free(scenario: &str, section: &str, line: &str) -> Option<String> {
    match (scenario, section) {
        // The names of flags that a runner does not have.
        ("runner_variables", "step_script") if line.starts_with("CI CI_") => {
            let words = line.split(' ').filter(|word| !word.starts_with("FF_"));
            Some(words.collect::<Vec<_>>().join(" "))
        }
        // How often the script said so until it was stopped, and what the shell says of that.
        ("d_cancel_after", "step_script") if line == "tick" => None,
        ("d_cancel_after" | "d_timeout", "step_script (stderr)") if line == "Terminated" => None,
        // Process ids, and the blanks in their place.
        ("d_oom", "step_script (stderr)") => {
            let words = line.split_whitespace().filter(|word| word.parse::<u32>().is_err());
            Some(words.collect::<Vec<_>>().join(" "))
        }
        // How many lines the first chunk brought.
        ("trace_refused", "step_script") if line.starts_with("line ") => None,
        _ => Some(line.to_owned()),
    }
}
