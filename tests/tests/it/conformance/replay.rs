//! One recorded scenario through the real binary.

use super::compare::differences;
use super::deviations;
use super::normal::{self, Names};
use super::scenario::{RecordedJob, RigKeys, Scenario, data};
use kit::coordinator::{Cancel, CancelRule, Coordinator, JobHandle, JobRecord, Rig};
use kit::runner::{Config, Section, Service};
use kit::trace_text::TraceText;
use serde_json::{Value, json};
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

const TOKEN: &str = "glrt-rigrigrigrigrigrigrig";

/// What a scenario is played with.
pub(super) struct Stage {
    pub(super) coordinator: Coordinator,
    pub(super) service: Service,
    pub(super) names: Names,
    pub(super) token: String,
}

/// A coordinator there that serves the recorded repositories and knows that runner.
pub(super) fn coordinator(address: IpAddr, token: &str) -> Coordinator {
    let coordinator = Coordinator::start_at(address);
    coordinator.add_runner(token);
    for repository in ["project", "dep"] {
        let bundle = data().join(format!("{repository}.bundle"));
        coordinator.git().add_bundle(&format!("private/group/{repository}"), &bundle);
    }
    coordinator
}

/// Replays a scenario of the shell executor and compares each of its jobs.
pub(super) fn on_shell(name: &str, scenario: Scenario) {
    let coordinator = coordinator(Ipv4Addr::LOCALHOST.into(), TOKEN);
    let section = Section::new(&coordinator.url(), TOKEN);
    let service = Service::start_bare(&config(section, &scenario));
    let names = Names {
        host: coordinator.host(),
        work: service.place().work().to_string_lossy().into_owned(),
        machine: machine(),
        short_token: "rigrigrig".to_owned(),
    };
    play(name, scenario, Stage { coordinator, service, names, token: TOKEN.to_owned() });
}

/// Plays a scenario to its end and compares.
pub(super) fn play(name: &str, mut scenario: Scenario, mut stage: Stage) {
    scenario.jobs.iter_mut().for_each(|job| deviations::apply(name, &mut job.expected));
    let handles = run_jobs(&stage, &scenario);
    stage.service.quit(Duration::from_secs(20));
    let mut report = String::new();
    let jobs: Vec<JobRecord> = handles.iter().map(|handle| handle.inspect(Clone::clone)).collect();
    for (recorded, record) in scenario.jobs.iter_mut().zip(pair_up(name, &scenario_names(&handles), jobs)) {
        for text in compare(name, recorded, record, &stage.names) {
            // Writing to a string cannot fail.
            let _ = writeln!(report, "job {} — {text}", recorded.expected.job);
        }
    }
    assert!(report.is_empty(), "{name} differs from what was recorded:\n{report}");
    stage.service.assert_nothing_left();
    stage.coordinator.assert_no_violations();
}

fn scenario_names(handles: &[JobHandle]) -> Vec<u64> {
    handles.iter().map(|handle| handle.id).collect()
}

/// Which of several jobs that run at once gets which directory is chance: there the recorded results are
/// taken in the order of the directories' numbers.
fn pair_up(name: &str, ids: &[u64], mut jobs: Vec<JobRecord>) -> Vec<JobRecord> {
    debug_assert_eq!(ids.len(), jobs.len());
    if name == "together" {
        let place = |job: &JobRecord| {
            let text = String::from_utf8_lossy(&job.trace).into_owned();
            text.split_once("/builds/rigrigrig/").map(|(_, rest)| rest.chars().next())
        };
        jobs.sort_by_key(place);
    }
    jobs
}

fn compare(name: &str, recorded: &mut RecordedJob, mut job: JobRecord, names: &Names) -> Vec<String> {
    for (section, lines) in &mut recorded.expected.log {
        *lines = lines.iter().filter_map(|line| deviations::free(name, section, line)).collect();
    }
    if matches!(name, "runner_variables" | "trace_refused" | "d_cancel_after" | "d_oom" | "d_timeout") {
        job.trace = free_trace(name, &job.trace);
    }
    // This service listens at the very moment at which its time ends: either may be first.
    let was_late = String::from_utf8_lossy(&job.trace).contains("probably didn't start properly");
    if recorded.expected.job == "slow-svc" && !was_late {
        let lines = recorded.expected.log.values_mut();
        lines.for_each(|lines| {
            *lines = normal::without_health_checks(lines);
            lines.retain(|line| !line.starts_with("*** WARNING: Service "));
        });
    }
    if name == "trace_refused" {
        deviations::shorten(&mut recorded.expected, &TraceText::parse(&job.trace));
    }
    differences(&recorded.expected, &job, names)
}

/// The trace without what the recording leaves free.
fn free_trace(name: &str, trace: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(trace).into_owned();
    let lines = text.split('\n').filter_map(|line| {
        let (head, content) = line.split_at_checked(32).unwrap_or(("", line));
        let is_stderr = head.as_bytes().get(30) == Some(&b'E');
        let section = if is_stderr { "step_script (stderr)" } else { "step_script" };
        deviations::free(name, section, content).map(|content| format!("{head}{content}"))
    });
    lines.collect::<Vec<_>>().join("\n").into_bytes()
}

/// The name of this machine.
pub(super) fn machine() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned()
}

/// The configuration with what the scenario has of its own.
pub(super) fn config(mut section: Section, scenario: &Scenario) -> Config {
    let mut config = Config::new();
    for (key, value) in scenario.jobs.iter().flat_map(|job| &job.rig.config) {
        match (key.as_str(), value) {
            ("concurrent", _) => config = config.global(key, value.clone()),
            ("_tables", _) => section = section.tables(value.as_str().unwrap_or_default()),
            ("docker", Value::Object(keys)) => {
                section =
                    keys.iter().fold(section, |section, (key, value)| section.docker(key, value.clone()));
            }
            _ => section = section.key(key, value.clone()),
        }
    }
    config.section(section)
}

fn run_jobs(stage: &Stage, scenario: &Scenario) -> Vec<JobHandle> {
    let mut handles: Vec<JobHandle> = Vec::new();
    let together = scenario.jobs.iter().any(|job| job.rig.together);
    for job in &scenario.jobs {
        let ids: Vec<u64> = handles.iter().map(|handle| handle.id).collect();
        handles.push(stage.coordinator.enqueue_rigged(&stage.token, payload(job), rig(&job.rig, &ids)));
        if !together {
            wait(job, &handles[handles.len() - 1]);
        }
    }
    scenario.jobs.iter().zip(&handles).for_each(|(job, handle)| wait(job, handle));
    handles
}

/// The dependencies of a recorded payload are the coordinator's to fill in.
fn payload(job: &RecordedJob) -> Value {
    let mut payload = job.payload.clone();
    payload["dependencies"] = json!([]);
    payload
}

fn rig(keys: &RigKeys, ids: &[u64]) -> Rig {
    let how = if keys.cancel_state == "canceling" { Cancel::Canceling } else { Cancel::Canceled };
    let cancel = keys.cancel_after.map(|seconds| CancelRule {
        line: "start".to_owned(),
        after: Duration::from_secs_f64(seconds),
        how,
    });
    Rig {
        needs: keys.needs.iter().map(|index| ids[*index]).collect(),
        cancel,
        upload_status: keys.upload_status.iter().copied().collect(),
        download_status: keys.download_status.iter().copied().collect(),
        refuse_trace_after: keys.refuse_trace_after,
        ..Rig::default()
    }
}

/// A job whose final update is refused ends with that refusal.
fn wait(job: &RecordedJob, handle: &JobHandle) {
    let within = Duration::from_secs(job.rig.limit.unwrap_or(150));
    handle.wait_for("over", within, |record| (record.is_ended() || record.final_refused > 0).then_some(()));
}
