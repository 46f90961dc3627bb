//! Answers, payloads and files that nobody should have to expect.

use crate::support::{LONG, TOKEN, blocked_job, config, coordinator, fifo, finish, pair, section};
use flate2::{Compression, write::DeflateEncoder};
use kit::coordinator::{Coordinator, Endpoint, Fault, Listing, Rig, Rule, Verdict};
use kit::payload::Payload;
use kit::runner::{Config, Service};
use kit::zip::{RawMember, write_raw, write_stored};
use serde_json::json;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// After one odd answer to a job request the service must still take the next job.
fn survives_answer(fault: Fault) {
    let coordinator = coordinator();
    coordinator.fault(Rule::on(Endpoint::RequestJob, fault).times(2));
    let mut service = Service::start(&config(&coordinator, 1));
    coordinator.wait_requests(Endpoint::RequestJob, 2, LONG);
    let job = coordinator.enqueue(TOKEN, &Payload::new("after", &["echo hello"]));
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    assert!(service.is_running());
    finish(&coordinator, &mut service);
}

#[test]
fn html_instead_of_a_job() {
    survives_answer(Fault::Html);
}

#[test]
fn half_a_job() {
    survives_answer(Fault::HalfJson);
}

#[test]
fn created_without_a_body() {
    survives_answer(Fault::EmptyCreated);
}

#[test]
fn a_job_of_wrong_types() {
    survives_answer(Fault::WrongTypes);
}

#[test]
fn a_job_that_cannot_be_read_is_reported_as_failed() {
    let (coordinator, mut service) = pair(1);
    for (pointer, value) in [("/steps", json!("make")), ("/image", json!("alpine"))] {
        let job = coordinator.enqueue(TOKEN, &Payload::new("odd", &["true"]).set(pointer, value));
        assert_eq!(job.wait_finished(LONG), Verdict::Failed, "{pointer}");
        let last = job.inspect(|job| job.final_update.clone()).expect("a final update");
        assert_eq!(last.failure_reason.as_deref(), Some("runner_system_failure"), "{pointer}");
        assert!(!job.trace().is_empty(), "{pointer}: the trace says nothing");
    }
    finish(&coordinator, &mut service);
}

#[test]
fn what_is_not_supported_is_named() {
    let (coordinator, mut service) = pair(1);
    let secrets =
        json!({ "DB": { "vault": { "server": { "url": "https://vault" }, "path": "a", "field": "b" } } });
    let steps = json!("[{\"name\":\"a\",\"script\":\"true\"}]");
    let inputs = json!([{ "key": "level", "value": { "type": "number", "content": 3 } }]);
    for (pointer, value, word) in [("/secrets", secrets, "secrets"), ("/run", steps, "run")] {
        let payload = Payload::new("unsupported", &["echo ran"]).set(pointer, value);
        let payload = if word == "run" { payload.set("/steps", json!([])) } else { payload };
        let job = coordinator.enqueue(TOKEN, &payload);
        assert_eq!(job.wait_finished(LONG), Verdict::Failed, "{word}");
        let text = String::from_utf8_lossy(&job.trace()).into_owned();
        assert!(text.contains(word) && !text.contains("\nran"), "{word}: {text}");
    }
    let payload = Payload::new("inputs", &["echo ${{ job.inputs.level }}"]).set("/inputs", inputs);
    let job = coordinator.enqueue(TOKEN, &payload);
    let verdict = job.wait_finished(LONG);
    let text = String::from_utf8_lossy(&job.trace()).into_owned();
    let interpolated = verdict == Verdict::Success && job.text().has_line("3");
    assert!(interpolated || (verdict == Verdict::Failed && text.contains("input")), "{text}");
    finish(&coordinator, &mut service);
}

#[test]
fn a_redirect_leads_no_token_away() {
    let elsewhere = Coordinator::start();
    elsewhere.add_runner(TOKEN);
    let coordinator = coordinator();
    let target = format!("{}/api/v4/jobs/request", elsewhere.url());
    for code in [301, 302, 307, 308] {
        coordinator.fault(Rule::on(Endpoint::RequestJob, Fault::Redirect(code, target.clone())).times(1));
    }
    let mut service = Service::start(&config(&coordinator, 1));
    coordinator.wait_requests(Endpoint::RequestJob, 4, LONG);
    let job = coordinator.enqueue(TOKEN, &Payload::new("after", &["true"]));
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    let leaked =
        elsewhere.inspect(|state| state.requests.iter().any(|r| r.headers.contains_key("runner-token")));
    assert!(!leaked, "the token went to another host");
    elsewhere.take_violations();
    finish(&coordinator, &mut service);
}

#[test]
fn odd_answers_to_trace_and_updates_do_not_spoil_the_result() {
    let (coordinator, mut service) = pair(1);
    for fault in [Fault::Html, Fault::HalfJson, Fault::WrongTypes, Fault::EmptyCreated] {
        coordinator.fault(Rule::on(Endpoint::Trace, fault.clone()).times(1));
        let job = coordinator.enqueue(TOKEN, &Payload::new("odd", &["echo hello"]));
        assert_eq!(job.wait_finished(LONG), Verdict::Success, "{fault:?}");
        assert!(job.text().has_line("hello"), "{fault:?}");
        coordinator.clear_faults();
    }
    // An update that is answered with nonsense, but well, counts as heard: only the first may be.
    coordinator.fault(Rule::on(Endpoint::UpdateJob, Fault::Html).times(1));
    let job = coordinator.enqueue(TOKEN, &Payload::new("odd", &["echo hello"]));
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    finish(&coordinator, &mut service);
}

#[test]
fn a_token_revoked_mid_job_ends_the_job_only() {
    let (coordinator, mut service) = pair(1);
    let fifo = fifo(&service, "revoked");
    let job = blocked_job(&coordinator, &fifo);
    job.wait_line("start", LONG);
    job.revoke_token();
    // With one job at a time the next one is taken only after the first has gone.
    let next = coordinator.enqueue(TOKEN, &Payload::new("next", &["true"]));
    assert_eq!(next.wait_finished(LONG), Verdict::Success);
    assert!(!job.text().has_line("end"));
    finish(&coordinator, &mut service);
}

#[test]
fn a_repository_that_is_gone() {
    let (coordinator, mut service) = pair(1);
    let payload = Payload::new("gone", &["echo never"]).git("private/group/none", &"0".repeat(40));
    let job = coordinator.enqueue(TOKEN, &payload);
    assert_eq!(job.wait_finished(LONG), Verdict::Failed);
    assert!(!job.text().has_line("never"));
    let trace = String::from_utf8_lossy(&job.trace()).into_owned();
    assert!(!trace.contains("glcbt-64_"), "the trace shows the job token: {trace}");
    finish(&coordinator, &mut service);
}

#[test]
fn odd_variables_arrive_as_they_are() {
    let (coordinator, mut service) = pair(1);
    let marker = service.place().shared("pwned");
    let evil = format!("$(touch {0}) `touch {0}` ; touch {0}", marker.display());
    let values = [
        ("Q1", "it's \"quoted\" \\ back"),
        ("Q2", "two\nlines\n\nand four"),
        ("Q3", "tab\tand é ✓ \u{1}"),
        ("Q4", &evil),
    ];
    let mut payload = Payload::new(
        "odd",
        &[
            "for v in Q1 Q2 Q3 Q4 AFTER; do printf '%s=' $v; printf '%s' \"${!v}\" | od -An -v -tx1 | tr -d ' \\n'; echo; done",
        ],
    );
    for (key, value) in values {
        payload = payload.raw(key, value);
    }
    let payload = payload
        .raw("WITH_NUL", "a\u{0}b")
        .raw("1BAD-NAME", "x")
        .raw("BAD;touch PWNED", "x")
        .raw("AFTER", "still here");
    let job = coordinator.enqueue(TOKEN, &payload);
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    for (key, value) in values.into_iter().chain([("AFTER", "still here")]) {
        assert!(job.text().has_line(&format!("{key}={}", hex(value))), "{key}: {:?}", job.text().lines);
    }
    assert!(!marker.exists(), "a variable's value was executed");
    finish(&coordinator, &mut service);
}

#[test]
fn odd_artifacts_are_packed_without_what_is_outside() {
    let (coordinator, mut service) = pair(1);
    let script = [
        "mkdir out && echo good > out/good.txt",
        "ln -s / out/root",
        "mkfifo out/pipe",
        "printf x > out/$'bad\\xffname'",
        "echo locked > out/locked && chmod 000 out/locked",
    ];
    let payload = Payload::new("odd", &script).archive(&["../../etc", "/etc/hostname", "out"], "always");
    let job = coordinator.enqueue(TOKEN, &payload);
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    let Listing::Zip(entries) = job.inspect(|job| job.artifacts[0].listing()) else {
        panic!("the archive cannot be read")
    };
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    assert!(names.contains(&"out/good.txt"), "{names:?}");
    assert!(names.iter().all(|name| name.starts_with("out/") && !name.starts_with("out/root/")), "{names:?}");
    finish(&coordinator, &mut service);
}

fn deflated(zeros: usize) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let block = vec![0u8; 1 << 20];
    for _ in 0..zeros >> 20 {
        encoder.write_all(&block).expect("compressing into memory");
    }
    encoder.finish().expect("compressing into memory")
}

/// Runs a job that needs an archive made by a stranger.
fn with_dependency(archive: Vec<u8>, script: &[&str]) -> (Verdict, String, Service) {
    let (coordinator, mut service) = pair(1);
    let producer = coordinator.plant_archive(TOKEN, "producer", archive);
    let rig = Rig { needs: vec![producer.id], ..Rig::default() };
    let job = coordinator.enqueue_rigged(TOKEN, Payload::new("consumer", script).value(), rig);
    let verdict = job.wait_finished(LONG);
    let trace = String::from_utf8_lossy(&job.trace()).into_owned();
    finish(&coordinator, &mut service);
    (verdict, trace, service)
}

#[test]
fn an_archive_that_lies_about_its_size_is_not_unpacked_whole() {
    let packed = deflated(1 << 30);
    let bomb = RawMember { name: "bomb", mode: 0o100_644, method: 8, packed: &packed, size: 10, crc: 0 };
    let (verdict, trace, service) = with_dependency(write_raw(&[bomb]), &["echo ran"]);
    assert_eq!(verdict, Verdict::Failed, "{trace}");
    let du = Command::new("du").arg("-sm").arg(service.place().path()).output().expect("du");
    let text = String::from_utf8_lossy(&du.stdout).into_owned();
    let megabytes: u64 = text.split_whitespace().next().and_then(|n| n.parse().ok()).expect("a number");
    assert!(megabytes < 64, "{megabytes} MB were written");
}

#[test]
fn an_archive_never_leaves_the_project() {
    let link = [("good.txt", b"good".as_slice(), 0o100_644), ("link", b"../../..", 0o120_777)];
    let evil = [("../evil-up", b"x".as_slice(), 0o100_644), ("/tmp/kit-evil-absolute", b"x", 0o100_644)];
    let through = [("link/evil-through", b"x".as_slice(), 0o100_644)];
    let members: Vec<_> = link.iter().chain(&evil).chain(&through).copied().collect();
    let (_, _, service) = with_dependency(write_stored(&members), &["ls -A"]);
    let find =
        Command::new("find").arg(service.place().path()).args(["-name", "evil-*"]).output().expect("find");
    assert_eq!(String::from_utf8_lossy(&find.stdout), "");
    assert!(!std::path::Path::new("/tmp/kit-evil-absolute").exists());
}

/// A small file system for what shall be full; nothing where the machine does not let us.
struct Small(std::path::PathBuf);

impl Small {
    fn mount(path: &std::path::Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(path).ok()?;
        let options = format!("size={size}");
        let status =
            Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(path).status().ok()?;
        status.success().then(|| Self(path.to_owned()))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        // What stays mounted is seen by whoever removes the directory.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_disk_that_is_full_costs_the_cache_not_the_job() {
    let coordinator = coordinator();
    let mut service = Service::prepared(&config(&coordinator, 1));
    let cache = service.place().work().join("cache");
    let Some(_small) = Small::mount(&cache, "1m") else {
        eprintln!("skipped: this machine does not let us mount a small file system");
        return;
    };
    service.start_again();
    let script = ["mkdir vendor && head -c 4000000 /dev/urandom > vendor/blob"];
    let job = coordinator.enqueue(TOKEN, &Payload::new("full", &script).cache("key", &["vendor/"]));
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    let text = String::from_utf8_lossy(&job.trace()).into_owned();
    assert!(text.contains("No space left"), "{text}");
    let next = coordinator.enqueue(
        TOKEN,
        &Payload::new("next", &["ls vendor || echo none"])
            .variable("GIT_STRATEGY", "empty")
            .cache("key", &["vendor/"]),
    );
    assert_eq!(next.wait_finished(LONG), Verdict::Success);
    assert!(next.text().has_line("none"), "a cache that was cut short was restored");
    finish(&coordinator, &mut service);
}

#[test]
fn a_disk_that_is_full_while_artifacts_are_packed_fails_the_job_with_a_reason() {
    let coordinator = coordinator();
    let mut service = Service::prepared(&config(&coordinator, 1));
    let work = service.place().work();
    let Some(_small) = Small::mount(&work, "6m") else {
        eprintln!("skipped: this machine does not let us mount a small file system");
        return;
    };
    service.start_again();
    let payload = Payload::new("full", &["head -c 5500000 /dev/urandom > blob || true", "echo kept"])
        .archive(&["blob"], "always");
    let job = coordinator.enqueue(TOKEN, &payload);
    // Whether packing needs room on that disk is the runner's choice; a verdict and a whole archive, or none.
    let verdict = job.wait_finished(LONG);
    let broken = job.inspect(|job| job.artifacts.iter().any(|a| matches!(a.listing(), Listing::Broken(_))));
    assert!(!broken, "a broken archive was uploaded");
    assert!(verdict == Verdict::Failed || job.inspect(|job| job.artifacts.len()) == 1);
    finish(&coordinator, &mut service);
}

#[test]
fn a_configuration_from_another_system_is_read() {
    let coordinator = coordinator();
    let mut service = Service::prepared(&config(&coordinator, 1));
    let text = std::fs::read_to_string(service.place().config()).expect("the configuration");
    service.place().write_config_text(&format!("\u{feff}{}", text.replace('\n', "\r\n")));
    service.start_again();
    let job = coordinator.enqueue(TOKEN, &Payload::new("crlf", &["true"]));
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    finish(&coordinator, &mut service);
}

#[test]
fn an_unknown_executor_is_refused_with_its_place() {
    let coordinator = coordinator();
    let odd = section(&coordinator).key("executor", "dockr");
    let mut service = Service::start(&config(&coordinator, 2).section(odd));
    assert!(!service.wait(LONG).success());
    let log = service.log();
    for part in ["unknown executor `dockr`", "config.toml:", "did you mean `docker`"] {
        assert!(log.contains(part), "{part} in {log}");
    }
    assert_eq!(coordinator.requests(Endpoint::RequestJob), 0);
}

#[test]
fn two_sections_with_one_token_run_each_job_once() {
    let coordinator = coordinator();
    let config =
        Config::new().global("concurrent", 4).section(section(&coordinator)).section(section(&coordinator));
    let mut service = Service::start(&config);
    let jobs: Vec<_> = (0..6).map(|_| coordinator.enqueue(TOKEN, &Payload::new("once", &["true"]))).collect();
    for job in &jobs {
        assert_eq!(job.wait_finished(LONG), Verdict::Success);
        assert_eq!(job.inspect(|job| job.deliveries.len()), 1);
    }
    finish(&coordinator, &mut service);
}

#[test]
fn an_address_where_nobody_listens_is_no_reason_to_end() {
    let coordinator = coordinator();
    coordinator.stop();
    let mut service = Service::start(&config(&coordinator, 1));
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(2) {
        assert!(service.is_running(), "{}", service.log_tail());
        std::thread::sleep(Duration::from_millis(100));
    }
    coordinator.start_again();
    let job = coordinator.enqueue(TOKEN, &Payload::new("late", &["true"]));
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    finish(&coordinator, &mut service);
}

#[test]
fn a_request_of_a_stage_that_is_none_is_not_shown() {
    for request in ["s3cret garbage", "", r#"{"order": "s3cret"}"#] {
        let mut command = Command::new(kit::runner::binary());
        command
            .arg("stage")
            .env("HOME", "/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("a process");
        child.stdin.take().expect("its input").write_all(request.as_bytes()).expect("the request is read");
        let output = child.wait_with_output().expect("its end");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(output.stdout.is_empty(), "no answer, hence no frame");
        assert!(said.contains("the request of a stage is damaged at line 1, column"), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
}
