//! Made-up test reports.

use coordinator::pages::views::{TestCase, TestReport, TestState, TestSuite};
use pipeline::JobId;

pub(crate) fn report() -> TestReport {
    let case = |state: TestState, name: &str, seconds: f64| TestCase {
        state,
        name: name.into(),
        class: "tests::parser".into(),
        file: Some("tests/parser.rs".into()),
        seconds,
        output: (state == TestState::Failed).then(|| "expected <word>\n  found number".into()),
    };
    let cases = vec![
        case(TestState::Success, "numbers", 0.52),
        case(TestState::Failed, "words", 1.25),
        case(TestState::Skipped, "network", 0.0),
        case(TestState::Success, "signs", 0.01),
    ];
    TestReport {
        suites: vec![
            TestSuite { name: "test".into(), job: JobId(912), error: None, cases },
            TestSuite {
                name: "integration".into(),
                job: JobId(915),
                error: Some("the report is no XML".into()),
                cases: vec![],
            },
        ],
    }
}
