//! A pipeline: its head, and one tab of it.

mod failures;
mod fragments;
mod graph;
mod header;
mod jobs;
mod needs;
mod variables;

use crate::model::Project;
use crate::pages::Ui;
use crate::pages::parts::{Place, Section, frame, pipeline_look, tabs};
use crate::pages::text::Text;
use crate::pages::views::{PipelinePage, TestReport};
use maud::{Markup, html};

pub(crate) use fragments::{manual_menu, nested, stage_menu};
pub(crate) use jobs::table as job_table;

/// What is below the head.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tab {
    /// Columns: of stages, or of what needs what.
    Graph {
        /// By needs.
        needs: bool,
    },
    /// All jobs.
    Jobs,
    /// Those that failed.
    Failures,
    /// Tests: the report, and the suite that is open.
    Tests(TestReport, Option<String>),
    /// Variables that were given.
    Variables,
}

/// The page.
pub(crate) fn page(ui: &Ui, project: &Project, page: &PipelinePage, tab: &Tab) -> Markup {
    let row = &page.view.row;
    let href = ui.pipeline(project, row.id);
    let look = pipeline_look(row);
    let body = html! {
        (header::write(ui, project, page))
        (tab_row(ui, &href, page, tab))
        @match tab {
            Tab::Graph { needs } => (graph::write(ui, project, page, *needs)),
            Tab::Jobs => (jobs::all(ui, project, page)),
            Tab::Failures => (failures::write(ui, project, page)),
            Tab::Tests(report, open) => (super::tests::write(ui, project, &href, report, open.as_deref())),
            Tab::Variables => (variables::write(ui, page)),
        }
    };
    let place = Place {
        title: format!("{} · {} #{}", ui.t(look.text), ui.t(Text::Pipeline), row.id),
        project: Some(project),
        section: Section::Pipelines,
        crumbs: vec![
            (ui.t(Text::Pipelines).into(), ui.of(project, "/-/pipelines")),
            (format!("#{}", row.id), href.clone()),
        ],
        favicon: look.variant,
        events: Some(format!("{href}/events")),
    };
    frame(ui, &place, &body)
}

fn tab_row(ui: &Ui, href: &str, page: &PipelinePage, tab: &Tab) -> Markup {
    let latest = || page.view.jobs.iter().filter(|job| !job.retried);
    let failed = latest().filter(|job| job.status == pipeline::Status::Failed).count() as u64;
    let item = |text: Text, rest: &str, count: Option<u64>, active: bool| {
        (ui.t(text).to_owned(), format!("{href}{rest}"), count, active)
    };
    let mut items = vec![
        item(Text::Pipeline, "", None, matches!(tab, Tab::Graph { .. })),
        item(Text::Jobs, "/builds", Some(latest().count() as u64), *tab == Tab::Jobs),
    ];
    if failed > 0 {
        items.push(item(Text::FailedJobs, "/failures", Some(failed), *tab == Tab::Failures));
    }
    let tests = page.tests.map(|(all, _)| all);
    items.push(item(Text::Tests, "/test_report", Some(tests.unwrap_or(0)), matches!(tab, Tab::Tests(..))));
    if !page.variables.is_empty() {
        let count = page.variables.len() as u64;
        items.push(item(Text::PipelineVariables, "/manual_variables", Some(count), *tab == Tab::Variables));
    }
    tabs(ui.t(Text::Pipeline), &items)
}
