//! A coordinator and a network that fail all the time.

use crate::support::{LONG, TOKEN, blocked_job, config, coordinator, fifo, finish, pair};
use kit::coordinator::{Endpoint, Fault, JobHandle, JobRecord, RandomFaults, Rule, Verdict};
use kit::payload::Payload;
use kit::random::Random;
use kit::runner::Service;
use std::time::Duration;

const SECRET: &str = "s3cr3tValue-of-this-test";

/// What one job must come to.
struct Model {
    job: JobHandle,
    /// The bytes of the section `step_script` after its heading.
    output: Vec<u8>,
    exit_code: Option<i64>,
    artifact: Option<Vec<u8>>,
}

/// A job by its number: some print much, some fail, some upload, some have secrets.
fn model(number: u64, evidence: &str) -> (Payload, Vec<u8>, Option<i64>, Option<Vec<u8>>) {
    let lines = if number.is_multiple_of(10) { 20_000 } else { number % 50 };
    let mut script = vec![
        format!("echo $CI_JOB_ID >> {evidence}"),
        format!("seq -f 'job {number} line %.0f of {lines}' 1 {lines}"),
        "echo secret=$SECRET.".to_owned(),
    ];
    let mut output = Vec::new();
    let mut echo = |command: &str, text: &str| {
        output.extend(format!("\u{1b}[32;1m$ {command}\u{1b}[0;m\n{text}").into_bytes());
    };
    echo(&script[0], "");
    let numbered: String = (1..=lines).map(|line| format!("job {number} line {line} of {lines}\n")).collect();
    echo(&script[1], &numbered);
    echo(&script[2], "secret=[MASKED].\n");
    let artifact = number.is_multiple_of(3).then(|| format!("artifact of {number}\n"));
    if let Some(text) = &artifact {
        script.push(format!("echo '{}' > file.txt", text.trim_end()));
        echo(&script[3], "");
    }
    let exit_code = number.is_multiple_of(7).then_some(3);
    if let Some(code) = exit_code {
        script.push(format!("exit {code}"));
        echo(&script[script.len() - 1], "");
    }
    let lines: Vec<&str> = script.iter().map(String::as_str).collect();
    let payload = Payload::new(&format!("job-{number}"), &lines)
        .variable("FF_TIMESTAMPS", "false")
        .masked("SECRET", SECRET);
    let payload = if artifact.is_some() { payload.archive(&["file.txt"], "always") } else { payload };
    (payload, output, exit_code, artifact.map(String::into_bytes))
}

/// What lies between the markers of a section, without its heading.
fn section_bytes(trace: &[u8], name: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(trace).ok()?;
    let (_, rest) = text.split_once(&format!(":{name}\r\u{1b}[0K"))?;
    let (section, _) = rest.split_once("section_end:")?;
    let (_, body) = section.split_once('\n')?;
    Some(body.as_bytes().to_vec())
}

#[test]
fn two_hundred_jobs_arrive_whole_although_a_third_of_all_requests_fails() {
    let coordinator = coordinator();
    // Shorter than the default, since each lost job waits that long, and longer than a runner may need until
    // its acknowledgement comes through.
    coordinator.configure(|settings| settings.acknowledge_within = Duration::from_secs(6));
    let faults = vec![
        Fault::CutBefore,
        Fault::CutAfter,
        Fault::CutBefore,
        Fault::CutAfter,
        Fault::Delay(Duration::from_millis(100)),
    ];
    coordinator.random_faults(Some(RandomFaults::new(1, 30, faults)));
    let mut service = Service::start(&config(&coordinator, 4));
    let evidence = service.place().shared("evidence").to_string_lossy().into_owned();
    let models: Vec<Model> = (1..=200)
        .map(|number| {
            let (payload, output, exit_code, artifact) = model(number, &evidence);
            Model { job: coordinator.enqueue(TOKEN, &payload), output, exit_code, artifact }
        })
        .collect();
    for model in &models {
        model.job.wait_finished(Duration::from_secs(300));
    }
    coordinator.random_faults(None);
    models.iter().for_each(check);
    let mut ran: Vec<String> =
        std::fs::read_to_string(&evidence).expect("the jobs' evidence").lines().map(str::to_owned).collect();
    ran.sort();
    ran.dedup();
    let runs = std::fs::read_to_string(&evidence).expect("the jobs' evidence").lines().count();
    assert_eq!((ran.len(), runs), (200, 200), "each job ran once");
    finish(&coordinator, &mut service);
}

fn check(model: &Model) {
    let id = model.job.id;
    let trace = model.job.trace();
    let text = String::from_utf8_lossy(&trace);
    let end = text.lines().rev().take(12).collect::<Vec<_>>();
    let verdict = if model.exit_code.is_some() { Verdict::Failed } else { Verdict::Success };
    let last = model.job.inspect(|job| job.final_update.clone()).expect("a final update");
    assert_eq!(
        (model.job.inspect(JobRecord::verdict), last.exit_code),
        (Some(verdict), model.exit_code),
        "job {id}, whose trace ends (last line first) {end:#?}"
    );
    let stored = section_bytes(&trace, "step_script").unwrap_or_default();
    let same = stored.iter().zip(&model.output).take_while(|(a, b)| a == b).count();
    assert!(
        stored == model.output,
        "job {id}: {} bytes stored, {} expected, equal up to {same}:\n{}",
        stored.len(),
        model.output.len(),
        String::from_utf8_lossy(&stored[same.saturating_sub(80)..stored.len().min(same + 80)])
    );
    let uploaded = model.job.inspect(|job| job.artifacts.first().and_then(|a| a.member("file.txt")));
    assert_eq!(uploaded, model.artifact, "job {id}");
}

#[test]
fn a_trace_that_is_lost_is_sent_again() {
    let (coordinator, mut service) = pair(1);
    let fifo = fifo(&service, "forget");
    let job = blocked_job(&coordinator, &fifo);
    job.wait_line("start", LONG);
    job.forget_trace();
    fifo.release(1);
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    let text = job.text();
    assert!(text.has_line("start") && text.has_line("end"));
    finish(&coordinator, &mut service);
}

#[test]
fn a_verdict_is_repeated_until_it_is_accepted() {
    let coordinator = coordinator();
    let mut service = Service::start(&config(&coordinator, 1));
    let rig =
        kit::coordinator::Rig { final_status: [500, 502, 503, 409, 202, 412].into(), ..Default::default() };
    let payload = Payload::new("repeated", &["echo hello"]).value();
    let job = coordinator.enqueue_rigged(TOKEN, payload, rig);
    assert_eq!(job.wait_finished(Duration::from_secs(120)), Verdict::Success);
    assert!(job.text().has_line("hello"));
    finish(&coordinator, &mut service);
}

#[test]
fn each_endpoint_may_fail_for_a_while() {
    let (coordinator, mut service) = pair(1);
    let mut random = Random::new(3);
    let endpoints = [Endpoint::RequestJob, Endpoint::UpdateJob, Endpoint::Trace, Endpoint::Upload];
    for endpoint in endpoints {
        for fault in [
            Fault::CutBefore,
            Fault::CutAfter,
            Fault::status(500),
            Fault::Status { code: 429, retry_after: Some(1) },
            Fault::Delay(Duration::from_millis(random.below(300))),
        ] {
            coordinator.configure(|settings| settings.acknowledge_within = Duration::from_secs(2));
            coordinator.fault(Rule::on(endpoint, fault.clone()).times(1));
            let payload = Payload::new("robust", &["echo hello", "echo x > f"]).archive(&["f"], "always");
            let job = coordinator.enqueue(TOKEN, &payload);
            assert_eq!(job.wait_finished(LONG), Verdict::Success, "{endpoint:?} {fault:?}");
            assert!(job.text().has_line("hello"), "{endpoint:?} {fault:?}");
            assert_eq!(job.inspect(|job| job.artifacts.len()), 1, "{endpoint:?} {fault:?}");
            coordinator.clear_faults();
        }
    }
    finish(&coordinator, &mut service);
}

#[test]
fn sections_are_read_as_the_model_writes_them() {
    let trace = b"section_start:1:step_script\r\x1b[0K\x1b[0K\x1b[36;1mHead\x1b[0;m\nbody\nsection_end:1:step_script\r";
    assert_eq!(section_bytes(trace, "step_script"), Some(b"body\n".to_vec()));
}
