//! Test reports of a pipeline.

use crate::model::Project;
use crate::pages::Ui;
use crate::pages::parts::{empty, icon};
use crate::pages::text::Text;
use crate::pages::ui::escape_query;
use crate::pages::views::{TestCase, TestReport, TestState, TestSuite};
use maud::{Markup, html};

/// So many cases that did not go well are shown above the suites.
const FIRST: usize = 50;
/// So many cases are shown of a suite.
const MOST: usize = 1000;

/// The summary, or the suite that is open.
pub(crate) fn write(
    ui: &Ui,
    project: &Project,
    href: &str,
    report: &TestReport,
    open: Option<&str>,
) -> Markup {
    let opened = open.and_then(|name| report.suites.iter().find(|suite| suite.name == name));
    html! {
        @match opened {
            Some(suite) => (one(ui, project, href, suite)),
            None if report.suites.is_empty() => (empty(ui, "list", ui.t(Text::NoTests), ui.t(Text::NoTestsText))),
            None => (all(ui, href, report)),
        }
    }
}

fn numbers(ui: &Ui, suites: &[&TestSuite]) -> Markup {
    let count = |state| suites.iter().map(|suite| suite.count(state)).sum::<usize>();
    let all: usize = suites.iter().map(|suite| suite.cases.len()).sum();
    let (good, skipped) = (count(TestState::Success), count(TestState::Skipped));
    let counted = all.saturating_sub(skipped);
    let rate = if counted == 0 { 100.0 } else { 100.0 * good as f64 / counted as f64 };
    let seconds: f64 = suites.iter().map(|suite| suite.seconds()).sum();
    html! {
        ul.numbers {
            li { strong { (all) } " " (ui.t(Text::TestsWord)) }
            li { strong { (count(TestState::Failed)) } " " (ui.t(Text::Failures)) }
            li { strong { (count(TestState::Error)) } " " (ui.t(Text::Errors)) }
            li { strong { (format!("{rate:.2}%")) } " " (ui.t(Text::SuccessRate)) }
            li { strong { (format!("{seconds:.2}s")) } }
        }
        progress.rate max="100" value=(format!("{rate:.2}")) aria-label=(ui.t(Text::SuccessRate)) {}
    }
}

/// Cases that did not go well, each with its suite; failures before errors.
fn bad(report: &TestReport) -> Vec<(&TestSuite, &TestCase)> {
    let of = |suite| move |case| (suite, case);
    let cases = report.suites.iter().flat_map(|suite| suite.cases.iter().map(of(suite)));
    let mut bad: Vec<(&TestSuite, &TestCase)> =
        cases.filter(|(_, case)| matches!(case.state, TestState::Failed | TestState::Error)).collect();
    bad.sort_by_key(|(_, case)| case.state);
    bad
}

/// What did not go well, before all else.
fn failed(ui: &Ui, href: &str, report: &TestReport) -> Markup {
    let bad = bad(report);
    html! {
        @if !bad.is_empty() {
            h2 { (ui.t(Text::FailedTests)) }
            ul.rows.failed-tests {
                @for (suite, case) in bad.iter().take(FIRST) {
                    li.row {
                        span.bad-text { (icon(ui, if case.state == TestState::Failed { "status_failed" } else { "status_warning" })) }
                        div.grow {
                            div.subtle.breaks { a href=(format!("{href}/test_report?suite={}", escape_query(&suite.name))) { (suite.name) } @if !case.class.is_empty() { " · " (case.class) } }
                            @match &case.output {
                                Some(output) => details.output { summary { (case.name) } pre.block { (output) } },
                                None => p.breaks { (case.name) },
                            }
                        }
                        span.subtle { (format!("{:.2}s", case.seconds)) }
                    }
                }
            }
            @if bad.len() > FIRST { p.subtle { (ui.f(Text::FirstOf, &[&FIRST.to_string(), &bad.len().to_string()])) } }
        }
    }
}

fn all(ui: &Ui, href: &str, report: &TestReport) -> Markup {
    let mut suites: Vec<&TestSuite> = report.suites.iter().collect();
    // Where something is wrong comes first.
    suites.sort_by_key(|suite| {
        std::cmp::Reverse((
            suite.count(TestState::Failed) + suite.count(TestState::Error),
            suite.error.is_some(),
        ))
    });
    html! {
        h2 { (ui.t(Text::Summary)) }
        (numbers(ui, &suites))
        (failed(ui, href, report))
        table.list {
            thead { tr {
                th scope="col" { (ui.t(Text::Job)) }
                th.number scope="col" { (ui.t(Text::Duration)) }
                th.number scope="col" { (ui.t(Text::Failed)) }
                th.number scope="col" { (ui.t(Text::Errors)) }
                th.number scope="col" { (ui.t(Text::Skipped)) }
                th.number scope="col" { (ui.t(Text::Passed)) }
                th.number scope="col" { (ui.t(Text::Total)) }
            } }
            tbody {
                @for suite in &suites {
                    tr {
                        td {
                            a.strong href=(format!("{href}/test_report?suite={}", escape_query(&suite.name))) { (suite.name) }
                            @if let Some(error) = &suite.error { div.bad-text { (icon(ui, "status_warning")) " " (error) } }
                        }
                        td.number data-label=(ui.t(Text::Duration)) { (format!("{:.2}s", suite.seconds())) }
                        @for (state, label) in [(TestState::Failed, Text::Failed), (TestState::Error, Text::Errors), (TestState::Skipped, Text::Skipped), (TestState::Success, Text::Passed)] {
                            td.number data-label=(ui.t(label)) { (suite.count(state)) }
                        }
                        td.number data-label=(ui.t(Text::Total)) { (suite.cases.len()) }
                    }
                }
            }
        }
    }
}

fn one(ui: &Ui, project: &Project, href: &str, suite: &TestSuite) -> Markup {
    let mut cases: Vec<&TestCase> = suite.cases.iter().collect();
    cases.sort_by(|one, other| one.state.cmp(&other.state).then(other.seconds.total_cmp(&one.seconds)));
    html! {
        p { a href={ (href) "/test_report" } { "← " (ui.t(Text::Summary)) } }
        h2 { (suite.name) " " a.subtle href=(ui.job(project, suite.job)) { "#" (suite.job) } }
        @if let Some(error) = &suite.error { div.alert.danger { (error) } }
        (numbers(ui, &[suite]))
        table.list.cases {
            thead { tr {
                th scope="col" { (ui.t(Text::Status)) }
                th scope="col" { (ui.t(Text::Name)) }
                th scope="col" { (ui.t(Text::File)) }
                th.number scope="col" { (ui.t(Text::Duration)) }
            } }
            tbody { @for case in cases.iter().take(MOST) { (row(ui, case)) } }
        }
        @if cases.len() > MOST { p.subtle { (ui.f(Text::FirstOf, &[&MOST.to_string(), &cases.len().to_string()])) } }
    }
}

fn row(ui: &Ui, case: &TestCase) -> Markup {
    let (class, name, text) = match case.state {
        TestState::Failed => ("bad-text", "status_failed", Text::Failed),
        TestState::Error => ("warn-text", "status_warning", Text::Error),
        TestState::Skipped => ("subtle", "status_skipped", Text::Skipped),
        TestState::Success => ("good-text", "status_success", Text::Passed),
    };
    html! {
        tr {
            td class=(class) { (icon(ui, name)) " " (ui.t(text)) }
            td {
                div.subtle { (case.class) }
                @match &case.output {
                    Some(output) => details.output { summary { (case.name) } pre.block { (output) } },
                    None => (case.name),
                }
            }
            td.mono { (case.file.as_deref().unwrap_or_default()) }
            td.number { (format!("{:.2}s", case.seconds)) }
        }
    }
}
