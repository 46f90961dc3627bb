//! Recorded jobs of the docker executor, against a real engine.

use super::normal::Names;
use super::replay::{self, Stage};
use super::scenario::{self, Expected, Scenario};
use crate::docker::rig::{Trace, unique_token};
use kit::docker::Engine;
use kit::runner::{Section, Service};
use std::collections::BTreeSet;

macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            on_docker(stringify!($name), scenario::load("docker", stringify!($name)));
        })*

        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

scenarios! {
    d_after_script,
    d_artifacts,
    d_busybox,
    d_cache,
    d_cancel_after,
    d_config_user,
    d_dind,
    d_entrypoint,
    d_entrypoints,
    d_env,
    d_exit,
    d_exit_codes,
    d_hello,
    d_image_user,
    d_missing_image,
    d_no_shell,
    d_oom,
    d_pull_policy,
    d_service,
    d_service_slow,
    d_services_many,
    d_timeout,
    d_volumes,
}

#[test]
fn every_recorded_scenario_is_replayed() {
    assert_eq!(
        scenario::names("docker"),
        NAMES.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>()
    );
    NAMES.iter().for_each(|name| assert!(!scenario::load("docker", name).jobs.is_empty()));
}

/// Replays a scenario and compares each of its jobs. A token of its own gives it volumes of its own.
fn on_docker(name: &str, mut scenario: Scenario) {
    let Some(engine) = Engine::require() else { return };
    for job in &scenario.jobs {
        let image =
            job.payload.pointer("/image/name").and_then(serde_json::Value::as_str).unwrap_or_default();
        if image.starts_with("rig/") && image != "rig/none" {
            engine.image(image);
        }
    }
    let (token, short_token) = unique_token("rig");
    let trace = Trace::of(&engine, &short_token);
    let coordinator = replay::coordinator(engine.machine_address().into(), &token);
    let section = Section::with_docker(&coordinator.url(), &token, "rig/base")
        .docker("host", engine.host())
        .docker("privileged", true)
        .docker("pull_policy", vec!["if-not-present"])
        .docker("allowed_pull_policies", vec!["always", "if-not-present", "never"])
        .docker("volumes", vec!["/cache"]);
    let service = Service::start_bare(&replay::config(section, &scenario));
    let names = Names {
        host: coordinator.host(),
        work: service.place().work().to_string_lossy().into_owned(),
        machine: replay::machine(),
        short_token,
    };
    scenario.jobs.iter_mut().for_each(|job| repair(&mut job.expected));
    replay::play(name, scenario, Stage { coordinator, service, names, token });
    trace.assert_nothing_left();
}

/// Takes out of a recording what only its own set-up explains: the helper image, which ours has no need of, and a
/// folder's name that was also part of an image's.
fn repair(expected: &mut Expected) {
    for lines in expected.log.values_mut() {
        let mut of_helper = false;
        lines.retain(|line| {
            let is_policy = line.starts_with("Using effective pull policy of ");
            if is_policy {
                of_helper = line.ends_with(" rig/helper") || line.ends_with(" sha256:ID");
            }
            let is_found = line.starts_with("Using locally found image version ");
            let names_it = line.starts_with("Using helper image:") || line.contains(" for rig/helper ");
            !(names_it || of_helper && (is_policy || is_found))
        });
        for line in lines {
            *line = line
                .replace("\"localhost:5WORK", "\"localhost:5/rig/busybox\"")
                .replace("localhost:5WORK", "localhost:5/rig/busybox");
        }
    }
}
