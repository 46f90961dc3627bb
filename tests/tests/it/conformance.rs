//! Recorded jobs through the real binary: the result must be what gitlab-runner made of them, but for the
//! differences listed in [`deviations`].

mod compare;
mod deviations;
mod docker;
mod docker_deviations;
mod normal;
mod replay;
mod scenario;

use kit::trace_text::TraceText;
use std::collections::BTreeSet;

macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            replay::on_shell(stringify!($name), scenario::load("shell", stringify!($name)));
        })*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

scenarios! {
    after_script,
    artifacts_glob_table,
    artifacts_on_failure,
    artifacts_outside,
    artifacts_refused,
    artifacts_reports,
    artifacts_zip,
    background_process,
    binary_log,
    cache_keys,
    cache_many,
    cache_roundtrip,
    cancel,
    config_scripts,
    dependencies,
    exit_code,
    exits,
    file_variables,
    git_gone,
    git_odd,
    git_private_token,
    git_strategies,
    gitlab_env,
    hello,
    log_limit,
    log_shapes,
    masking,
    masking_more,
    multiline,
    no_script,
    no_timestamps,
    quoting,
    runner_variables,
    script_timeouts,
    sections,
    stdin_reader,
    timeout,
    together,
    trace_refused,
    variable_expansion,
}

/// Recorded requests of gitlab-runner, with a system id filled in.
pub(crate) fn recorded_requests(file: &str) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(scenario::data().join(format!("requests/{file}.json")));
    let text = text.expect("the recorded requests").replace("@SYSTEM_ID@", "s_1746f8786189");
    serde_json::from_str(&text).expect("recorded requests are JSON")
}

#[test]
fn every_recorded_scenario_is_replayed() {
    assert_eq!(
        scenario::names("shell"),
        NAMES.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>()
    );
    NAMES.iter().for_each(|name| assert!(!scenario::load("shell", name).jobs.is_empty()));
}

/// The trace that gitlab-runner sent for `hello` gives the lines that were recorded of it: the comparison
/// reads traces as those did who recorded them.
#[test]
fn a_recorded_trace_gives_the_recorded_lines() {
    let requests = recorded_requests("job-success");
    let patch = requests.iter().find(|r| r["method"] == "PATCH").expect("a trace among the requests");
    let trace = TraceText::parse(patch["body"].as_str().unwrap_or_default().as_bytes());
    let names = normal::Names {
        host: "127.0.0.1:1".to_owned(),
        work: "@WORK@/hello".to_owned(),
        machine: "vm".to_owned(),
        short_token: "rigrigrig".to_owned(),
    };
    let actual = normal::by_section(&trace, &names);
    let expected = scenario::load("shell", "hello").jobs.remove(0).expected;
    assert_eq!(trace.sections, expected.sections);
    let canonical =
        |lines: &Vec<String>| lines.iter().filter_map(|l| normal::canonical(l)).collect::<Vec<_>>();
    for (section, lines) in &expected.log {
        assert_eq!(canonical(&actual[section]), canonical(lines), "{section}");
    }
}
