//! Jobs of another user (`run --user`). Only root can try that.

use crate::support::{LONG, TOKEN, coordinator, section};
use kit::coordinator::{Coordinator, JobHandle, Verdict};
use kit::payload::Payload;
use kit::runner::{Config, Service};
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Uid, User, chown, geteuid};
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

const NOBODY: &str = "nobody";

/// A service that runs jobs as nobody, or the reason why there is none.
fn service(coordinator: &Coordinator) -> Result<(Service, User), String> {
    if !geteuid().is_root() {
        return Err("only root can run jobs as another user".to_owned());
    }
    let user = User::from_name(NOBODY).ok().flatten().ok_or("there is no user `nobody`")?;
    let mut service = Service::prepared(&Config::with_section(section(coordinator)));
    let place = service.place();
    std::fs::set_permissions(place.path(), Permissions::from_mode(0o755)).expect("root may");
    std::fs::set_permissions(place.config(), Permissions::from_mode(0o600)).expect("root may");
    for folder in [place.work(), place.temporary()] {
        chown(&folder, Some(user.uid), Some(user.gid)).expect("root may");
    }
    service.start_with(&["--user", NOBODY]);
    Ok((service, user))
}

/// Says why a test proves nothing here.
fn skip(reason: &str) {
    eprintln!("skipped: {reason}");
}

fn text(job: &JobHandle) -> String {
    String::from_utf8_lossy(&job.trace()).into_owned()
}

fn owner(path: &Path) -> (Uid, Gid) {
    let metadata = path.metadata().expect("it is there");
    (Uid::from_raw(metadata.uid()), Gid::from_raw(metadata.gid()))
}

#[test]
fn a_job_has_the_users_rights_and_no_more() {
    let coordinator = coordinator();
    let (mut service, user) = match service(&coordinator) {
        Ok(found) => found,
        Err(reason) => return skip(&reason),
    };
    let state = service.place().path().join("etc/.runner_state");
    let script = [
        "echo \"I am $(id -un):$(id -gn), groups $(id -G), at home in $HOME as $USER\"",
        "touch made",
        &format!("cat {} && exit 3", service.place().config().display()),
        &format!("ls {} && exit 4", state.display()),
        "true",
    ]
    .map(str::to_owned);
    let script: Vec<String> = script.iter().map(|line| format!("{{ {line}; }} || true")).collect();
    let script: Vec<&str> = script.iter().map(String::as_str).collect();
    let payload = Payload::new("whoami", &script).file("CERT", "secret");
    let job = coordinator.enqueue(TOKEN, &payload);
    assert_eq!(job.wait_finished(LONG), Verdict::Success, "{}", service.log_tail());
    let trace = text(&job);
    let gid = user.gid;
    let home = user.dir.display();
    assert!(trace.contains(&format!("groups {gid}, at home in {home} as {NOBODY}")), "{trace}");
    assert!(trace.contains("I am nobody:"), "{trace}");
    assert_eq!(trace.matches("Permission denied").count(), 2, "{trace}");
    let builds = service.place().work().join("builds");
    assert_eq!(owner(&builds), (user.uid, user.gid));
    service.quit(LONG);
    service.assert_nothing_left();
    assert_eq!(state.join("jobs").read_dir().unwrap().count(), 0, "a folder of the job is left");
    coordinator.assert_no_violations();
}

#[test]
fn a_hostile_job_gets_no_rights_by_dying() {
    let coordinator = coordinator();
    let (mut service, _) = match service(&coordinator) {
        Ok(found) => found,
        Err(reason) => return skip(&reason),
    };
    let kept = service.place().path().join("kept");
    std::fs::create_dir(&kept).unwrap();
    std::fs::write(kept.join("file"), "of root's").unwrap();
    // Whoever runs as the job's user reaches the record through the job's process.
    let forge = format!(
        "p=$PPID; while [ \"$(tr '\\0' ' ' </proc/$p/cmdline | grep -c job-process)\" = 0 ]; do \
         p=$(awk '/^PPid/{{print $2}}' /proc/$p/status); done; \
         for d in /proc/$p/fd/*; do [ -f $d/record.json ] && break; done; \
         sed -i 's|\"builds_dir\":\"[^\"]*\"|\"builds_dir\":\"{root}\"|; \
         s|\"temp_dir\":[^,]*|\"temp_dir\":\"{kept}\"|' $d/record.json && grep -c '\"{kept}\"' $d/record.json; \
         ln -s {kept}/file $d/last-line.new; ln -sf {kept}/file $d/trace; echo for''ged; sleep 1; kill -9 $p; sleep 1000",
        root = service.place().path().display(),
        kept = kept.display(),
    );
    let job = coordinator.enqueue(TOKEN, &Payload::new("hostile", &[&forge]));
    assert_eq!(job.wait_finished(LONG), Verdict::Failed, "{}", service.log_tail());
    service.quit(LONG);
    assert!(text(&job).contains("forged"), "{}", text(&job));
    assert!(!text(&job).contains("of root's"), "a file of root's is in the trace");
    assert_eq!(std::fs::read_to_string(kept.join("file")).unwrap(), "of root's");
    let log = service.log();
    assert!(log.contains("Cannot remove a folder of the job"), "the forged record was not even read\n{log}");
    // What was kept of its trace is gone, so there is no checksum to be sent.
    let wrong = coordinator.take_violations();
    assert!(wrong.iter().all(|line| line.contains("the final update")), "{wrong:?}");
}

#[test]
fn a_job_of_another_user_is_aborted_like_any() {
    let coordinator = coordinator();
    let (mut service, _) = match service(&coordinator) {
        Ok(found) => found,
        Err(reason) => return skip(&reason),
    };
    let job = coordinator.enqueue(TOKEN, &Payload::new("long", &["echo start", "sleep 1000"]));
    job.wait_line("start", LONG);
    service.signal(Signal::SIGTERM);
    service.wait(LONG);
    assert_eq!(job.wait_finished(LONG), Verdict::Failed);
    service.assert_nothing_left();
    coordinator.assert_no_violations();
}
