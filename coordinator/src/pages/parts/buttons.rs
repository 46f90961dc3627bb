//! Buttons. What changes something is a form of its own, so that it works without scripts.

use super::icon;
use crate::model::{JobRow, Project};
use crate::pages::Ui;
use crate::pages::text::Text;
use maud::{Markup, html};
use pipeline::Status;

/// What every form carries.
pub(crate) fn csrf(ui: &Ui) -> Markup {
    let value = ui.viewer.as_ref().map(|viewer| viewer.csrf.as_str()).unwrap_or_default();
    html! { input type="hidden" name="authenticity_token" value=(value); }
}

/// A link that looks like a button.
pub(crate) fn button(ui: &Ui, class: &str, name: Option<&str>, text: &str, href: &str) -> Markup {
    html! {
        a class={ "button " (class) } href=(href) { @if let Some(name) = name { (icon(ui, name)) } span { (text) } }
    }
}

/// A button that does something at once. `class` may hold `only-icon`: the text is read out then.
pub(crate) fn form_button(ui: &Ui, class: &str, name: &str, text: &str, action: &str) -> Markup {
    let small = class.contains("only-icon");
    html! {
        form.inline method="post" action=(action) {
            (csrf(ui))
            button class={ "button " (class) } title=[small.then_some(text)] aria-label=[small.then_some(text)] {
                (icon(ui, name)) @if !small { span { (text) } }
            }
        }
    }
}

/// A text to be copied.
pub(crate) fn copyable(ui: &Ui, id: Option<&str>, text: &str) -> Markup {
    let copy = ui.t(Text::Copy);
    html! {
        div.copyable {
            code id=[id] { (text) }
            button.button.small.only-icon.js type="button" data-copy=(text) title=(copy) aria-label=(copy) { (icon(ui, "copy")) }
        }
    }
}

/// A button that asks first.
pub(crate) fn confirm_button(
    ui: &Ui,
    class: &str,
    name: &str,
    text: &str,
    question: &str,
    action: &str,
) -> Markup {
    let small = class.contains("only-icon");
    html! {
        details.ask {
            summary class={ "button " (class) } title=[small.then_some(text)] aria-label=[small.then_some(text)] {
                (icon(ui, name)) @if !small { span { (text) } }
            }
            div.sheet {
                p { (question) }
                form method="post" action=(action) { (csrf(ui)) button.button.danger { (text) } }
            }
        }
    }
}

/// What can be done to a job where it is listed.
pub(crate) fn job_actions(ui: &Ui, project: &Project, job: &JobRow) -> Markup {
    let of = |word: &str| ui.job(project, job.id) + "/" + word;
    let named = |text: Text| format!("{} {}", ui.t(text), job.name);
    let small = "small only-icon";
    html! {
        @if job.is_playable() && job.status == Status::Scheduled {
            (form_button(ui, small, "time-out", &named(Text::Unschedule), &of("unschedule")))
        }
        @if job.is_playable() {
            @match &job.manual_confirmation {
                Some(question) => {
                    (confirm_button(ui, small, "play", &named(Text::Run), question, &of("play")))
                }
                None => { (form_button(ui, small, "play", &named(Text::Run), &of("play"))) }
            }
        } @else if job.is_retryable() {
            (form_button(ui, small, "retry", &named(Text::Retry), &of("retry")))
        } @else if job.is_cancelable() && job.status != Status::Created {
            (form_button(ui, small, "cancel", &named(Text::Cancel), &of("cancel")))
        }
    }
}
