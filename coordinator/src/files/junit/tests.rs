use super::*;
use flate2::{Compression, write::GzEncoder};
use std::io::Write as _;

fn read(files: &[&str]) -> Report {
    let mut all = Vec::new();
    for file in files {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(file.as_bytes()).unwrap();
        all.extend(encoder.finish().unwrap());
    }
    Report::read(all.as_slice())
}

#[test]
fn all_kinds_of_results_are_read() {
    let report = read(&[r#"<?xml version="1.0" encoding="UTF-8"?>
        <testsuites><testsuite name="outer"><properties/><testsuite name="inner">
          <testcase classname="a.B" name="passes &amp; is slow" file="b.rs" time="1.5"/>
          <testcase classname="a.B" name="fails" time="0.25"><failure message="short">left &lt; right<![CDATA[
<x>]]></failure></testcase>
          <testcase name="breaks"><error message="only &quot;this&quot;"/><system-out>see [[ATTACHMENT|shots/1.png]] there</system-out></testcase>
          <testcase name="skipped" time="nonsense"><skipped/></testcase>
        </testsuite></testsuite></testsuites>"#]);
    assert_eq!(report.suite_error, None);
    let total = Counts { time: 1.75, count: 4, success: 1, failed: 1, skipped: 1, error: 1 };
    assert_eq!(report.total, total);
    let told: Vec<_> = report
        .cases
        .iter()
        .map(|case| (case.status, case.name.as_str(), case.system_output.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (CaseStatus::Failed, "fails", Some("left < right\n<x>")),
            (CaseStatus::Error, "breaks", Some("only \"this\"")),
            (CaseStatus::Skipped, "skipped", None),
            (CaseStatus::Success, "passes & is slow", None),
        ]
    );
    assert_eq!(report.cases[1].attachment.as_deref(), Some("shots/1.png"));
    assert_eq!(report.cases[3].file.as_deref(), Some("b.rs"));
    let stored = serde_json::to_value(&report).unwrap();
    assert_eq!(serde_json::from_value::<Report>(stored).unwrap(), report);
}

#[test]
fn a_test_counts_once_over_all_files() {
    let one = r#"<testsuite name="s"><testcase name="c" time="1"/></testsuite>"#;
    let two = r#"<testsuite name="s"><testcase name="c" time="3"/></testsuite>"#;
    let other = r#"<testsuite name="other"><testcase name="c" time="5"/></testsuite>"#;
    let report = read(&[one, two, other]);
    assert_eq!((report.total.count, report.total.time), (2, 8.0));
    assert_eq!(report.cases.len(), 2);
}

#[test]
fn what_cannot_be_read_is_told() {
    for wrong in [
        "",
        "{}",
        "<testsuite><testcase name='x'>",
        "<testsuite></other>",
        "<a><b></a></b>",
        &format!("{}{}", "<a>".repeat(300), "</a>".repeat(300)),
    ] {
        let good = "<testsuite><testcase name='x'/></testsuite>";
        let report = read(&[good, wrong]);
        let error = report.suite_error.unwrap_or_default();
        assert!(error.starts_with("JUnit XML parsing failed: "), "{wrong:?}: {error}");
        assert!(report.cases.is_empty() && report.total.count == 0);
    }
    let report = Report::read(&b"no gzip"[..]);
    assert!(report.suite_error.unwrap().starts_with("JUnit data parsing failed: "));
}

#[test]
fn entities_do_not_grow() {
    let report = read(&[r#"<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>
        <testsuite><testcase name="&b;"><failure>&b; &#65;</failure></testcase></testsuite>"#]);
    assert_eq!(report.cases[0].system_output.as_deref(), Some("&b; A"));
    assert_eq!(report.cases[0].name, "&b;");
}

#[test]
fn much_is_counted_but_not_kept() {
    let output = "x".repeat(MOST_OUTPUT * 2);
    let case = |n: usize| format!("<testcase name='{n}'><failure>{output}</failure></testcase>");
    let many: String = (0..200).map(case).collect();
    let report = read(&[&format!("<testsuite>{many}</testsuite>")]);
    assert_eq!(report.total.failed, 200);
    let kept: usize =
        report.cases.iter().filter_map(|case| case.system_output.as_ref()).map(String::len).sum();
    assert!(kept <= MOST_OUTPUTS && report.cases[0].system_output.as_ref().unwrap().len() == MOST_OUTPUT);
}

proptest::proptest! {
    #[test]
    fn any_text_is_survived(text in "(<|>|/|testsuite|testcase|failure|name|=|\"|&|;|a| ){0,60}") {
        let _ = read(&[&text]);
    }
}

#[test]
fn depth_is_bounded() {
    let deep = "<testsuite>".repeat(100_000);
    assert!(read(&[&deep]).suite_error.is_some());
    let attributes = format!("<testsuite {}/>", "a=\"b\" ".repeat(100_000));
    let _ = read(&[&attributes]);
}
