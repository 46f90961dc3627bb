//! The forms for runners.

use super::runners::place;
use crate::model::{AccessLevel, Project, Runner};
use crate::pages::Ui;
use crate::pages::parts::{csrf, frame};
use crate::pages::text::Text;
use maud::{Markup, html};

/// The form for a new runner, or for one that is there.
pub(crate) fn form(
    ui: &Ui,
    project: Option<&Project>,
    runner: Option<&Runner>,
    wrong: Option<&str>,
) -> Markup {
    let title = ui.t(if runner.is_some() { Text::EditRunner } else { Text::NewRunner });
    let action = match (runner, project) {
        (Some(runner), _) => ui.href(&format!("/admin/runners/{}/edit", runner.id)),
        (None, Some(project)) => ui.of(project, "/-/runners/new"),
        (None, None) => ui.href("/admin/runners/new"),
    };
    let back = match (runner, project) {
        (Some(runner), _) => ui.href(&format!("/admin/runners/{}", runner.id)),
        (None, Some(project)) => ui.of(project, "/-/runners"),
        (None, None) => ui.href("/admin/runners"),
    };
    let tags = runner.map(|runner| runner.tags.join(", ")).unwrap_or_default();
    let timeout = runner.and_then(|runner| runner.maximum_timeout).map(|seconds| seconds.to_string());
    let protected = runner.is_some_and(|runner| runner.access_level == AccessLevel::RefProtected);
    let body = html! {
        h1 { (title) }
        @if let Some(wrong) = wrong { div.alert.danger role="alert" { (wrong) } }
        form.stack.narrow method="post" action=(action) {
            (csrf(ui))
            label for="description" { (ui.t(Text::Description)) }
            input #description name="description" value=(runner.map(|runner| runner.description.as_str()).unwrap_or_default());
            label for="tags" { (ui.t(Text::Tags)) }
            input #tags.mono name="tag_list" value=(tags) aria-describedby="tags-hint";
            p #tags-hint.hint { (ui.t(Text::TagsHint)) }
            (check("run_untagged", ui.t(Text::RunUntagged), runner.is_none_or(|runner| runner.run_untagged)))
            (check("protected", ui.t(Text::ProtectedOnly), protected))
            @if project.is_some() || runner.is_some() { (check("locked", ui.t(Text::LockedHint), runner.is_some_and(|runner| runner.locked))) }
            (check("paused", ui.t(Text::PausedHint), runner.is_some_and(|runner| runner.paused)))
            label for="timeout" { (ui.t(Text::MaximumTimeout)) }
            input #timeout name="maximum_timeout" type="number" min="600" value=[timeout] placeholder="3600" aria-describedby="timeout-hint";
            p #timeout-hint.hint { (ui.t(Text::MaximumTimeoutHint)) }
            label for="note" { (ui.t(Text::Note)) }
            textarea #note name="maintenance_note" rows="2" { (runner.map(|runner| runner.maintenance_note.as_str()).unwrap_or_default()) }
            div.actions { button.button.confirm { (if runner.is_some() { ui.t(Text::Save) } else { ui.t(Text::CreateRunner) }) } a.button href=(back) { (ui.t(Text::Back)) } }
        }
    };
    frame(ui, &crate::pages::parts::Place { events: None, ..place(ui, project, title) }, &body)
}

/// A box that is ticked or not.
pub(crate) fn check(name: &str, text: &str, on: bool) -> Markup {
    html! { label.check { input type="checkbox" name=(name) value="1" checked[on]; " " span { (text) } } }
}
