//! Test reports of a pipeline.

use crate::model::Project;
use crate::pages::Ui;
use crate::pages::parts::{empty, icon};
use crate::pages::text::Text;
use crate::pages::ui::escape_query;
use crate::pages::views::{TestCase, TestReport, TestState, TestSuite};
use maud::{Markup, html};

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

fn all(ui: &Ui, href: &str, report: &TestReport) -> Markup {
    html! {
        h2 { (ui.t(Text::Summary)) }
        (numbers(ui, &report.suites.iter().collect::<Vec<_>>()))
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
                @for suite in &report.suites {
                    tr {
                        td {
                            a.strong href=(format!("{href}/test_report?suite={}", escape_query(&suite.name))) { (suite.name) }
                            @if let Some(error) = &suite.error { div.bad-text { (icon(ui, "status_warning")) " " (error) } }
                        }
                        td.number { (format!("{:.2}s", suite.seconds())) }
                        @for state in [TestState::Failed, TestState::Error, TestState::Skipped, TestState::Success] { td.number { (suite.count(state)) } }
                        td.number { (suite.cases.len()) }
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
