//! The log of a job on its page.

use crate::model::Project;
use crate::pages::Ui;
use crate::pages::log::Match;
use crate::pages::parts::{button, bytes, icon, live};
use crate::pages::text::Text;
use crate::pages::ui::escape_query;
use crate::pages::views::JobPage;
use maud::{Markup, html};

/// What is shown of a log at first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LogView {
    /// Rows that were made by [`crate::pages::log`].
    pub(crate) rows: String,
    /// From where the rows behind these are read; nothing where there are none.
    pub(crate) next: Option<String>,
    /// From where what is written from now on is read.
    pub(crate) last: String,
    /// The first line that is shown.
    pub(crate) first: u64,
    /// Size of the log in bytes.
    pub(crate) size: u64,
    /// What was looked for, and where it is.
    pub(crate) found: Option<(String, Vec<Match>)>,
}

pub(super) fn write(ui: &Ui, project: &Project, page: &JobPage, log: &LogView) -> Markup {
    let job = &page.view.row;
    let href = ui.job(project, job.id);
    html! {
        section.log-box #log-box data-keep aria-label=(ui.t(Text::Log)) {
            (bar(ui, &href, log))
            @if let Some((query, found)) = &log.found { (matches(ui, &href, query, found)) }
            @if log.first > 1 { p.log-more { (button(ui, "small", None, ui.t(Text::FromTheBegin), &href)) } }
            div.log #log tabindex="0" role="log" aria-live="off" aria-label=(ui.t(Text::Log))
                data-log={ (href) "/log" } data-next=[log.next.as_deref()] data-last=(log.last) data-first=(log.first)
                data-finished[job.status.is_complete()] data-following=(ui.t(Text::Following)) {
                div.part { (live(log.rows.clone())) }
            }
            @if let Some(next) = &log.next {
                p.log-more.no-js { (button(ui, "small", None, ui.t(Text::NextLines), &format!("{href}?log={next}"))) }
            }
            @if !job.status.is_complete() { p.dots aria-hidden="true" { i {} i {} i {} } }
        }
    }
}

fn bar(ui: &Ui, href: &str, log: &LogView) -> Markup {
    let query = log.found.as_ref().map(|(query, _)| query.as_str());
    let tool = |id: &str, name: &str, text: Text| {
        html! { button.button.small.only-icon.js id=(id) type="button" title=(ui.t(text)) aria-label=(ui.t(text)) { (icon(ui, name)) } }
    };
    html! {
        div.log-bar {
            span.subtle { (bytes(log.size)) }
            label.toggle { input #log-times type="checkbox" checked; " " (ui.t(Text::Times)) " (UTC)" }
            form.log-search role="search" action=(href) {
                label.sr for="log-q" { (ui.t(Text::SearchLog)) }
                input #log-q type="search" name="q" value=[query] placeholder=(ui.t(Text::SearchLog)) autocomplete="off";
                output #log-count aria-live="polite" {}
            }
            a.button.small.only-icon href={ (href) "/raw" } title=(ui.t(Text::RawLog)) aria-label=(ui.t(Text::RawLog)) { (icon(ui, "file")) }
            a.button.small.only-icon href={ (href) "/raw?download=1" } title=(ui.t(Text::DownloadLog)) aria-label=(ui.t(Text::DownloadLog)) { (icon(ui, "download")) }
            (tool("log-failure", "status_failed", Text::NextFailure))
            (tool("log-top", "scroll-up", Text::ScrollToTop))
            (tool("log-bottom", "scroll-down", Text::ScrollToBottom))
            (tool("log-full", "full-screen", Text::FullScreen))
        }
    }
}

fn matches(ui: &Ui, href: &str, query: &str, found: &[Match]) -> Markup {
    html! {
        div.log-found {
            p { (ui.f(Text::FoundLines, &[&found.len().to_string(), query])) }
            ol.mono {
                @for line in found {
                    li { a href=(format!("{href}?line={0}&q={1}#L{0}", line.line, escape_query(query))) { (line.line) } " " span.cut { (line.text) } }
                }
            }
        }
    }
}
