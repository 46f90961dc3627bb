//! Large files: as quick as their size allows, and refused where little text makes very much.

use super::*;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// What it takes to normalise it, without optimisation.
fn timed(text: &str) -> Vec<Diagnostic> {
    let content = yaml::load(text, FileId(0), &yaml::Limits::default()).unwrap().content;
    let config = entry::validate(content.as_map().unwrap()).config;
    let start = Instant::now();
    let found = normalize(&config).diagnostics;
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    found
}

#[test]
fn parallel_bombs_are_refused() {
    let mut text = String::new();
    for job in 0..2000 {
        writeln!(text, "a{job}: {{script: x, parallel: 200}}").unwrap();
    }
    let found = timed(&text);
    assert_eq!(found.len(), 1);
    assert!(found[0].message.contains("more than 96 MiB"), "{:?}", found[0]);
}

#[test]
fn needs_that_multiply_are_refused() {
    let mut text = String::new();
    for job in 0..100 {
        writeln!(text, "a{job}: {{script: x, stage: build, parallel: 200}}").unwrap();
    }
    let all: Vec<_> = (0..100).map(|job| format!("a{job}")).collect();
    writeln!(text, "b: {{script: x, parallel: 200, needs: [{}]}}", all.join(", ")).unwrap();
    let found = timed(&text);
    assert!(found[0].message.starts_with("b job: the parallel jobs"), "{:?}", found[0]);
}

#[test]
fn long_chains_and_dense_needs_are_quick() {
    let mut text = "a0: {script: x}\n".to_owned();
    for job in 1..2000 {
        writeln!(text, "a{job}: {{script: x, needs: [a{}]}}", job - 1).unwrap();
    }
    assert_eq!(timed(&text), []);
    let mut text = String::new();
    for job in 0..300 {
        let needs: Vec<_> = (0..50).map(|need| format!("a{}", (job + need + 1) % 300)).collect();
        writeln!(text, "a{job}: {{script: x, needs: [{}]}}", needs.join(", ")).unwrap();
    }
    assert_eq!(timed(&text).len(), 1);
}

#[test]
fn errors_have_an_end() {
    let mut text = String::new();
    for job in 0..2000 {
        writeln!(text, "some-job-{job}: {{script: x, needs: [som-job-{job}]}}").unwrap();
    }
    assert_eq!(timed(&text).len(), 100);
}
