//! Variables of a project or of the instance.

use crate::model::{Project, Variable};
use crate::pages::Ui;
use crate::pages::parts::{Place, Section, confirm_button, csrf, empty, frame, icon};
use crate::pages::text::Text;
use crate::pages::ui::escape_query;
use maud::{Markup, html};

/// The page: the list, and a form for a new variable or the one that is edited.
pub(crate) fn page(
    ui: &Ui,
    project: Option<&Project>,
    list: &[Variable],
    edited: Option<&Variable>,
    wrong: Option<&str>,
) -> Markup {
    let path = project.map_or_else(|| ui.href("/admin/variables"), |project| ui.of(project, "/-/variables"));
    let body = html! {
        div.heading { h1 { (ui.t(Text::Variables)) } }
        p.subtle { (ui.t(Text::VariablesHint)) }
        @if list.is_empty() { (empty(ui, "key", ui.t(Text::NoVariables), "")) }
        @else {
            table.list.variables-table {
                thead { tr { th scope="col" { (ui.t(Text::Key)) } th scope="col" { (ui.t(Text::Value)) } th scope="col" { (ui.t(Text::Environments)) } th scope="col" { span.sr { (ui.t(Text::Actions)) } } } }
                tbody { @for variable in list { (row(ui, &path, variable)) } }
            }
        }
        (form(ui, &path, edited, wrong))
    };
    let place = Place {
        title: ui.t(Text::Variables).into(),
        project,
        section: if project.is_some() { Section::Variables } else { Section::InstanceVariables },
        crumbs: vec![(ui.t(Text::Variables).into(), path.clone())],
        favicon: "none",
        events: None,
    };
    frame(ui, &place, &body)
}

fn row(ui: &Ui, path: &str, variable: &Variable) -> Markup {
    let which = format!("key={}&scope={}", escape_query(&variable.key), escape_query(&variable.scope));
    let named = |text: Text| format!("{} {}", ui.t(text), variable.key);
    html! {
        tr {
            td {
                code.strong { (variable.key) }
                div.labels {
                    @if variable.protected { span.label { (ui.t(Text::Protected)) } }
                    @if variable.hidden { span.label { (ui.t(Text::Hidden)) } } @else if variable.masked { span.label { (ui.t(Text::Masked)) } }
                    @if !variable.raw { span.label { (ui.t(Text::Expanded)) } }
                    @if variable.file { span.label { (ui.t(Text::File)) } }
                }
                @if !variable.description.is_empty() { p.subtle { (variable.description) } }
            }
            td {
                @if variable.hidden { span.subtle { (ui.t(Text::NeverShown)) } }
                @else { details.reveal { summary { "••••• " (ui.t(Text::RevealValue)) } code.breaks { (variable.value) } } }
            }
            td { code { (if variable.scope == "*" { ui.t(Text::AllEnvironments) } else { &variable.scope }) } }
            td.act {
                div.actions {
                    a.button.small.only-icon href={ (path) "?" (which) "#form" } title=(named(Text::Edit)) aria-label=(named(Text::Edit)) { (icon(ui, "pencil")) }
                    (confirm_button(ui, "small only-icon danger-text", "trash", &named(Text::Delete), &ui.f(Text::DeleteVariableQuestion, &[&variable.key]), &format!("{path}/delete?{which}")))
                }
            }
        }
    }
}

fn form(ui: &Ui, path: &str, edited: Option<&Variable>, wrong: Option<&str>) -> Markup {
    let of = |get: fn(&Variable) -> &str| edited.map(get).unwrap_or_default();
    let hidden = edited.is_some_and(|variable| variable.hidden);
    let visibility = match edited {
        Some(variable) if variable.hidden => "hidden",
        Some(variable) if variable.masked => "masked",
        _ => "visible",
    };
    let scope = edited.map_or("*", |variable| variable.scope.as_str());
    html! {
        section.card #form aria-labelledby="form-title" {
            h2 #form-title { (ui.t(if edited.is_some() { Text::EditVariable } else { Text::AddVariable })) }
            @if let Some(wrong) = wrong { div.alert.danger role="alert" { (wrong) } }
            form.stack method="post" action=(path) {
                (csrf(ui))
                @if let Some(variable) = edited { input type="hidden" name="old_key" value=(variable.key); input type="hidden" name="old_scope" value=(variable.scope); }
                div.pair {
                    div.stack { label for="v-type" { (ui.t(Text::Type)) } select #v-type name="variable_type" { option value="env_var" { (ui.t(Text::Variable)) } option value="file" selected[edited.is_some_and(|variable| variable.file)] { (ui.t(Text::File)) } } }
                    div.stack { label for="v-scope" { (ui.t(Text::Environments)) } input #v-scope.mono name="environment_scope" value=(scope) required; }
                }
                fieldset.choices {
                    legend { (ui.t(Text::Visibility)) }
                    @for (value, text) in [("visible", Text::Visible), ("masked", Text::MaskedHint), ("hidden", Text::HiddenHint)] {
                        label.check { input type="radio" name="visibility" value=(value) checked[visibility == value]; " " span { (ui.t(text)) } }
                    }
                }
                fieldset.choices {
                    legend { (ui.t(Text::Flags)) }
                    (super::runner_form::check("protected", ui.t(Text::ProtectHint), edited.is_none_or(|variable| variable.protected)))
                    (super::runner_form::check("expand", ui.t(Text::ExpandHint), edited.is_none_or(|variable| !variable.raw)))
                }
                label for="v-description" { (ui.t(Text::Description)) }
                input #v-description name="description" maxlength="255" value=(of(|variable| &variable.description));
                label for="v-key" { (ui.t(Text::Key)) }
                input #v-key.mono name="key" required maxlength="255" pattern="[A-Za-z0-9_]+" autocomplete="off" value=(of(|variable| &variable.key));
                label for="v-value" { (ui.t(Text::Value)) }
                textarea #v-value.mono name="value" rows="3" autocomplete="off" spellcheck="false" placeholder=[hidden.then_some(ui.t(Text::NeverShown))] { @if !hidden { "\n" (of(|variable| &variable.value)) } }
                div.actions { button.button.confirm { (ui.t(if edited.is_some() { Text::Save } else { Text::AddVariable })) } @if edited.is_some() { a.button href=(path) { (ui.t(Text::Back)) } } }
            }
        }
    }
}
