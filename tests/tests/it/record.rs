//! `run --record` and `replay` of what it wrote.

use crate::support::{LONG, TOKEN, coordinator, finish, section};
use kit::coordinator::{Coordinator, Verdict};
use kit::payload::Payload;
use kit::runner::{Config, Service};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

/// Writes down all that a script is told, and the bytes of the script itself.
const SPY: &str =
    "{ env -0 | sort -z | tr '\\0' '\\n'; echo =; cat /proc/$$/fd/0; echo =; cat \"$CERT\"; } > \"$SPY\"";

fn recording_service(more: &[&str]) -> (Coordinator, Service) {
    let coordinator = coordinator();
    let section = section(&coordinator)
        .key("pre_build_script", "echo before the build")
        .key("environment", serde_json::json!(["OF_SECTION=section-s3cret"]));
    let mut service = Service::prepared(&Config::with_section(section));
    service.start_with(&[&["--record", "records"], more].concat());
    (coordinator, service)
}

/// The recordings, the oldest first.
fn recordings(service: &Service) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(service.place().path().join("records")) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    found.sort();
    found
}

fn text(output: &Output) -> String {
    [String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)].concat()
}

fn taken(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("what the job wrote down");
    fs::remove_file(path).expect("it can be removed");
    text
}

#[test]
fn a_recorded_job_runs_again_with_the_same_script_and_variables() {
    let (coordinator, mut service) = recording_service(&[]);
    let spy = service.place().shared("spy");
    let payload = Payload::new("spied", &["echo 'it''s $HOME' ü", SPY])
        .variable("SPY", &spy.to_string_lossy())
        .variable("PLAIN", "a \"b\" $SECRET\n\tc")
        .masked("SECRET", "hunter2hunter2")
        .secret("PRIVATE", "private-s3cret")
        .file("CERT", "line of a s3cret file\nanother")
        .raw("RAW", "$HOME");
    let job = coordinator.enqueue(TOKEN, &payload);
    assert_eq!(job.wait_finished(LONG), Verdict::Success, "{}", String::from_utf8_lossy(&job.trace()));
    let token = job.inspect(|job| job.token().map(str::to_owned)).expect("a token");
    let first = taken(&spy);
    assert!(first.contains("hunter2hunter2") && first.contains("OF_SECTION=section-s3cret"), "{first}");
    // What was taken is written before the service ends.
    finish(&coordinator, &mut service);

    let [recording] = recordings(&service).try_into().expect("one recording");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let key = service.place().path().join("records.key");
    assert_eq!((mode(&recording), mode(&key)), (0o600, 0o600));
    assert_eq!(mode(&service.place().path().join("records")), 0o700);
    let seen = fs::read_to_string(&recording).expect("a recording");
    for secret in ["hunter2", "private-s3cret", "s3cret file", "section-s3cret", token.as_str(), TOKEN] {
        assert!(!seen.contains(secret), "{secret}");
    }
    for shown in ["\"spied\"", "ü", "PRIVATE", "CERT", "$SECRET"] {
        assert!(seen.contains(shown), "{shown}: {seen}");
    }

    // In the same folders, so that nothing has to differ.
    let path = recording.to_string_lossy();
    let (builds, cache) = (service.place().work().join("builds"), service.place().work().join("cache"));
    let folders = ["--builds-dir", &builds.to_string_lossy(), "--cache-dir", &cache.to_string_lossy()]
        .map(str::to_owned);
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    let output = service.run(&[&["replay", &path], folders.as_slice()].concat());
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("before the build"), "{}", text(&output));
    assert!(!text(&output).contains("hunter2"), "{}", text(&output));
    let second = taken(&spy);
    same_lines(&first, &second);
}

/// Compares what two jobs wrote down; only the mark differs that their processes are found by.
#[track_caller]
fn same_lines(first: &str, second: &str) {
    let lines = |text: &str| -> Vec<String> {
        let marked = |line: &&str| !line.starts_with("JOB_PROCESS_MARK=");
        text.lines().filter(marked).map(str::to_owned).collect()
    };
    let (first, second) = (lines(first), lines(second));
    for (one, other) in first.iter().zip(&second) {
        assert_eq!(one, other);
    }
    assert_eq!(first.len(), second.len());
    assert!(first.iter().any(|line| line.contains("before the build")), "the script's own text was not seen");
}

#[test]
fn a_recording_opens_with_its_key_only() {
    let (coordinator, mut service) =
        recording_service(&["--record-key", "other/the.key", "--record-keep", "1"]);
    // The folder of the key is not there, which is a reason not to start.
    assert!(!service.wait(LONG).success());
    fs::create_dir(service.place().path().join("other")).expect("a folder");
    service.start_with(&["--record", "records", "--record-key", "other/the.key", "--record-keep", "1"]);
    for name in ["one", "two"] {
        let job = coordinator.enqueue(TOKEN, &Payload::new(name, &["echo ran"]));
        assert_eq!(job.wait_finished(LONG), Verdict::Success);
    }
    finish(&coordinator, &mut service);
    let [recording] = recordings(&service).try_into().expect("one recording is kept");
    let path = recording.to_string_lossy();
    let output = service.run(&["replay", &path]);
    assert!(text(&output).contains("cannot be opened without its key"), "{}", text(&output));
    let output = service.run(&["replay", "--record-key", "other/the.key", &path]);
    assert!(output.status.success() && text(&output).contains("ran"), "{}", text(&output));

    let seen = fs::read_to_string(&recording).expect("a recording");
    assert!(seen.contains("echo ran") && seen.contains("\"two\""), "{seen}");
    fs::write(&recording, seen.replace("echo ran", "echo run")).expect("it can be changed");
    let output = service.run(&["replay", "--record-key", "other/the.key", &path]);
    assert!(!output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("it is damaged, or was tampered with"), "{}", text(&output));
}

#[test]
fn a_folder_that_cannot_be_written_holds_up_no_job() {
    let (coordinator, mut service) = recording_service(&[]);
    coordinator.wait_polling(TOKEN, LONG);
    let records = service.place().path().join("records");
    fs::remove_dir_all(&records).expect("it can be removed");
    fs::write(&records, "in the way").expect("a file");
    let job = coordinator.enqueue(TOKEN, &Payload::new("unrecorded", &["echo ran"]));
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    finish(&coordinator, &mut service);
    let log = fs::read_to_string(service.place().log()).expect("a log");
    assert!(log.contains("A job is not recorded"), "{log}");
}
