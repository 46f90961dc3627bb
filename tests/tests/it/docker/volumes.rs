//! Where data of jobs lives, and for how long.

use super::rig::{Rig, says};
use crate::support::LONG;
use kit::coordinator::Verdict;
use kit::payload::Payload;
use kit::runner::Section;
use serde_json::json;

const PROJECT: &str = "private/group/project";

fn rig(change: impl FnOnce(Section) -> Section) -> Option<Rig> {
    Rig::start("rig/busybox", change)
}

/// Leaves a file in a folder, and says whether an earlier job has.
fn visit(folder: &str) -> Payload {
    let script = format!("test -e {folder}/visited && echo again || echo first; touch {folder}/visited");
    Payload::new("visit", &[&script])
}

#[track_caller]
fn is(rig: &Rig, payload: &Payload, expected: &str) {
    let log = rig.succeeds(payload);
    assert!(log.has_line(expected), "not {expected}: {:#?}", log.all_lines_of("step_script"));
}

#[test]
fn volumes_stay_with_the_project_and_protected_ones_are_others() {
    let Some(rig) = rig(|section| section.docker("volumes", vec!["/cache", "/data"])) else { return };
    is(&rig, &visit("/data"), "first");
    is(&rig, &visit("/data"), "again");
    is(&rig, &visit("/data").set("/git_info/protected", true.into()), "first");
    is(&rig, &visit("/data").set("/git_info/protected", true.into()), "again");
    is(&rig, &visit("/data").set("/job_info/project_id", 43.into()), "first");
    rig.finish();
}

#[test]
fn volumes_can_end_with_the_job() {
    let change =
        |section: Section| section.docker("volumes", vec!["/cache", "/data"]).docker("disable_cache", true);
    let Some(rig) = rig(change) else { return };
    is(&rig, &visit("/data"), "first");
    is(&rig, &visit("/data"), "first");
    // What is not in a volume ends in any case.
    is(&rig, &visit("/tmp"), "first");
    is(&rig, &visit("/tmp"), "first");
    rig.finish();
}

#[test]
fn folders_and_volumes_of_the_machine_are_mounted_as_they_are() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("visited"), "").expect("a file");
    let named = format!("e2e-named-{}", std::process::id());
    let volumes =
        vec!["/cache".to_owned(), format!("{}:/mine:ro", folder.path().display()), format!("{named}:/named")];
    let Some(engine) = kit::docker::Engine::require() else { return };
    let rig = Rig::start_on(&engine, 1, "rig/busybox", |section| section.docker("volumes", volumes));
    let log = rig.succeeds(&Payload::new("mine", &["ls /mine", "touch /mine/x 2>&1 || echo is read-only"]));
    says(&log, &["visited", "is read-only"]);
    is(&rig, &visit("/named"), "first");
    is(&rig, &visit("/named"), "again");
    rig.finish();
    // It is somebody else's, and stays.
    assert!(engine.inspect("volume", &named).is_some());
    engine.docker(&["volume", "rm", &named]);
}

#[test]
fn caches_may_lie_in_a_folder_of_the_machine() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().to_string_lossy().into_owned();
    let Some(rig) = rig(|section| section.docker("cache_dir", path)) else { return };
    let project = rig.coordinator.git().create(PROJECT);
    let sha = project.commit("one", &[("a.txt", "1\n")]);
    let payload = |script: &str| Payload::new("cached", &[script]).git(PROJECT, &sha).cache("k", &["kept"]);
    rig.succeeds(&payload("echo x > kept"));
    assert!(rig.succeeds(&payload("cat kept")).has_line("x"));
    let names: Vec<_> = folder.path().read_dir().expect("the folder").flatten().collect();
    assert_eq!(names.len(), 1, "one folder of the project: {names:?}");
    rig.finish();
}

#[test]
fn a_job_that_does_not_fetch_begins_with_nothing() {
    let Some(rig) = rig(|section| section) else { return };
    let project = rig.coordinator.git().create(PROJECT);
    let sha = project.commit("one", &[("a.txt", "1\n")]);
    let fetch = visit("$CI_BUILDS_DIR").git(PROJECT, &sha);
    is(&rig, &fetch, "first");
    is(&rig, &fetch, "again");
    for strategy in ["clone", "none", "empty"] {
        is(&rig, &fetch.clone().variable("GIT_STRATEGY", strategy), "first");
    }
    rig.finish();
}

#[test]
fn jobs_at_the_same_time_do_not_share() {
    let Some(rig) =
        Rig::start_wide(2, "rig/busybox", |section| section.docker("volumes", vec!["/cache", "/meet"]))
    else {
        return;
    };
    // Each waits for the other, in a place where they would meet.
    let script = "touch /meet/$CI_CONCURRENT_PROJECT_ID; ls /meet; echo start; sleep 2";
    let jobs = [0, 1].map(|_| rig.enqueue(&Payload::new("together", &[script])));
    for job in &jobs {
        assert_eq!(job.wait_finished(LONG), Verdict::Success);
    }
    let seen = jobs.each_ref().map(|job| (job.text().has_line("0"), job.text().has_line("1")));
    assert!(seen.contains(&(true, false)) && seen.contains(&(false, true)), "{seen:?}");
    rig.finish();
}

#[test]
fn what_an_image_declares_ends_with_the_job() {
    let Some(rig) = rig(|section| section.docker("privileged", true)) else { return };
    // `docker:dind` declares /var/lib/docker; the check at the end looks for volumes that have no name.
    let service = json!({ "name": "docker:dind", "alias": "d" });
    let payload = Payload::new("anonymous", &["true"]).service(service).variable("DOCKER_TLS_CERTDIR", "");
    rig.succeeds(&payload);
    rig.finish();
}

#[test]
fn a_builds_folder_of_the_machine_is_shared_by_jobs_at_the_same_time() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let volumes = vec!["/cache".to_owned(), format!("{}:/builds", folder.path().display())];
    let Some(rig) = rig(|section| section.docker("volumes", volumes)) else { return };
    let project = rig.coordinator.git().create(PROJECT);
    let sha = project.commit("one", &[("a.txt", "1\n")]);
    let log =
        rig.succeeds(&Payload::new("where", &["echo in $CI_PROJECT_DIR", "cat a.txt"]).git(PROJECT, &sha));
    let line =
        log.all_lines_of("step_script").into_iter().find(|line| line.starts_with("in ")).unwrap_or_default();
    let (_, below) = line.split_once("/builds/e2e").expect("the runner's short token");
    assert!(below.contains("/0/git/private/group/project") || below.contains("/0/group/project"), "{line}");
    assert!(log.has_line("1"));
    rig.finish();
}
