//! Displays of made-up runs.

use super::super::news::*;
use super::output::testing::{Closed, Hand, Written};
use super::*;
use pipeline::{JobId, Status};
use std::path::PathBuf;
use std::time::Duration;

/// A job of the first pipeline.
pub(super) fn job(id: i64, name: &str) -> JobName {
    JobName { id: JobId(id), name: name.to_owned(), pipeline: Vec::new() }
}

pub(super) fn plan(id: i64, name: &str, stage: &str, needs: Option<&[&str]>) -> JobPlan {
    JobPlan {
        job: job(id, name),
        stage: stage.to_owned(),
        needs: needs.map(|needs| needs.iter().map(|&need| need.to_owned()).collect()),
        allow_failure: false,
        left_out: false,
    }
}

pub(super) fn report(job: JobName, status: Status, millis: Option<u64>) -> JobReport {
    JobReport {
        job,
        status,
        exit_code: None,
        allow_failure: false,
        failure_reason: None,
        log: None,
        coverage: None,
        artifacts: Vec::new(),
        caches: Vec::new(),
        duration: millis.map(Duration::from_millis),
        queued: millis.map(|_| Duration::from_millis(20)),
        retried: false,
    }
}

pub(super) fn log(job: JobName, bytes: &[u8]) -> News {
    News::Log { job, bytes: bytes.to_vec() }
}

/// A run with all that can happen: what happens, and how long after the last.
pub(super) fn story() -> Vec<(u64, News)> {
    let child = |id, name: &str| JobName { pipeline: vec!["child".to_owned()], ..job(id, name) };
    let created = News::Created {
        pipeline: Vec::new(),
        stages: vec!["build".to_owned(), "test".to_owned(), "deploy".to_owned()],
        jobs: vec![
            plan(1001, "compile", "build", None),
            plan(1002, "unit: [a, b]", "test", None),
            JobPlan { allow_failure: true, ..plan(1003, "lint", "test", Some(&[])) },
            plan(1004, "child", "test", None),
            plan(1005, "deploy", "deploy", None),
            plan(1006, "publish", "deploy", Some(&["unit: [a, b]"])),
            JobPlan { left_out: true, ..plan(1007, "other", "deploy", None) },
        ],
    };
    let failed = |job: JobName, millis, code| JobReport {
        exit_code: Some(code),
        failure_reason: Some("script_failure".to_owned()),
        ..report(job, Status::Failed, Some(millis))
    };
    let compiled = JobReport {
        exit_code: Some(0),
        coverage: Some(81.5),
        log: Some("/state/jobs/1001/trace.log".into()),
        artifacts: vec![KeptArtifact { kind: "archive".to_owned(), path: "/state/artifacts/a.zip".into() }],
        caches: vec![KeptCache { key: "main-1".to_owned(), path: "/cache/main-1.zip".into() }],
        ..report(job(1001, "compile"), Status::Success, Some(1200))
    };
    let finished = |report| News::Finished(Box::new(report));
    vec![
        (0, created),
        (1, News::Status { job: job(1001, "compile"), status: Status::Pending }),
        (1, News::Started { job: job(1001, "compile") }),
        (0, News::Started { job: job(1003, "lint") }),
        (10, log(job(1001, "compile"), b"section_start:17:step_script\r\x1b[0K\x1b[0K\x1b[36;1mExecuting\x1b[0;m\n\x1b[32;1m$ make\x1b[0;m\n10%\r20")),
        (5, log(job(1003, "lint"), b"no end of line")),
        (100, log(job(1001, "compile"), b"%\r100%\n\x1b]0;evil\x07\x1b[2Jdone\xff\n")),
        (5, finished(JobReport { allow_failure: true, ..failed(job(1003, "lint"), 120, 3) })),
        (1100, finished(compiled)),
        (2, News::Started { job: job(1002, "unit: [a, b]") }),
        (0, News::Started { job: job(1004, "child") }),
        (1, News::Warning("a\u{1b}[31mcache".to_owned())),
        (1, News::Created {
            pipeline: vec!["child".to_owned()],
            stages: vec!["test".to_owned()],
            jobs: vec![JobPlan { job: child(1008, "inner"), ..plan(0, "", "test", None) }],
        }),
        (1, News::Started { job: child(1008, "inner") }),
        (500, log(child(1008, "inner"), b"hello\n")),
        (1, finished(report(child(1008, "inner"), Status::Success, Some(502)))),
        (0, finished(report(job(1004, "child"), Status::Success, Some(505)))),
        (700, finished(JobReport { retried: true, ..failed(job(1002, "unit: [a, b]"), 1200, 1) })),
        (0, News::Retried { old: job(1002, "unit: [a, b]"), new: job(1009, "unit: [a, b]") }),
        (3, News::Started { job: job(1009, "unit: [a, b]") }),
        (65_000, finished(failed(job(1009, "unit: [a, b]"), 65_000, 1))),
        (0, finished(report(job(1005, "deploy"), Status::Skipped, None))),
        (0, finished(report(job(1006, "publish"), Status::Manual, None))),
        (0, finished(report(job(1007, "other"), Status::Created, None))),
        (1, News::Done { status: Status::Failed, elapsed: Duration::from_millis(67_431) }),
    ]
}

/// Tells a display all of it.
pub(super) fn play(show: &mut dyn Show, hand: &Hand, story: &[(u64, News)]) {
    for (millis, news) in story {
        hand.forward(*millis);
        show.tell(news);
    }
}

#[test]
fn json() {
    let (events, people) = (Written::default(), Written::default());
    play(&mut Json::new(events.output(), people.output()), &Hand::default(), &story());
    let events = events.take();
    for line in events.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).unwrap().is_object());
    }
    insta::assert_snapshot!(events);
    insta::assert_snapshot!(people.take(), @"warning: a [31mcache");
}

fn plain(style: Style) -> String {
    let (out, people, hand) = (Written::default(), Written::default(), Hand::default());
    let end = End { folder: "/state/runs/7".into(), columns: None };
    let mut show = Plain::new(out.output(), people.output(), style, hand.clock(), end);
    play(&mut show, &hand, &story());
    assert_eq!(people.take(), "warning: a [31mcache\n");
    out.take()
}

#[test]
fn lines() {
    insta::assert_snapshot!(plain(Style::plain(80)));
}

#[test]
fn lines_in_colour() {
    insta::assert_snapshot!(plain(Style::coloured(80)).replace('\u{1b}', "␛"));
}

/// What stands below the failures on a terminal of so many columns.
fn below(columns: usize) -> String {
    let (out, people, hand) = (Written::default(), Written::default(), Hand::default());
    let end = End { folder: PathBuf::new(), columns: Some(columns) };
    let mut show = Plain::new(out.output(), people.output(), Style::plain(80), hand.clock(), end);
    play(&mut show, &hand, &story());
    let text = out.take();
    let table = text.find("\nStage").or_else(|| text.find("\nJob")).unwrap();
    text[table + 1..].to_owned()
}

#[test]
fn the_end_fits_narrow_terminals() {
    insta::assert_snapshot!(below(60));
    insta::assert_snapshot!(below(40));
    for columns in 40..100 {
        let text = below(columns);
        let widest = text.lines().map(crate::terminal::width).max().unwrap_or(0);
        assert!(widest <= columns, "{columns}: {text}");
        assert!(text.contains("unit: [a, b]"), "{text}");
    }
}

#[test]
fn a_reader_may_go_away() {
    let hand = Hand::default();
    play(&mut Json::new(Output::to(Closed), Output::to(Closed)), &hand, &story());
    let style = Style::plain(80);
    let mut show = Plain::new(Output::to(Closed), Output::to(Closed), style, hand.clock(), End::default());
    play(&mut show, &hand, &story());
}
