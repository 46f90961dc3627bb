//! The form for a new pipeline.

use crate::model::{PipelineVariable, Project};
use crate::pages::Ui;
use crate::pages::parts::{Place, Section, csrf, frame};
use crate::pages::text::Text;
use crate::pages::views::{FormInput, FormVariable, Refs, RunForm};
use maud::{Markup, html};
use serde_json::Value as Json;

/// What the form holds: of the configuration, of the address, or what was sent and refused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filled {
    /// The branch or tag.
    pub(crate) reference: String,
    /// Variables beside those the configuration asks for, and values for those.
    pub(crate) variables: Vec<PipelineVariable>,
    /// Why it was refused.
    pub(crate) errors: Vec<String>,
}

/// The page.
pub(crate) fn page(ui: &Ui, project: &Project, refs: &Refs, form: &RunForm, filled: &Filled) -> Markup {
    let path = ui.of(project, "/-/pipelines/new");
    let errors: Vec<&String> = filled.errors.iter().chain(&form.errors).collect();
    let body = html! {
        h1 { (ui.t(Text::RunPipeline)) }
        @if !errors.is_empty() {
            div.alert.danger role="alert" { strong { (ui.t(Text::NotCreated)) } ul { @for error in &errors { li { (error) } } } }
        }
        form.stack.narrow action=(path) {
            label for="ref" { (ui.t(Text::RunFor)) }
            div.joined {
                select #ref.mono name="ref" data-submit { (references(ui, refs, &filled.reference)) }
                button.button { (ui.t(Text::Load)) }
            }
            p.hint { (ui.t(Text::LoadHint)) }
        }
        form.stack.wide method="post" action=(path) {
            (csrf(ui))
            input type="hidden" name="ref" value=(filled.reference);
            @if !form.inputs.is_empty() {
                fieldset { legend { (ui.t(Text::Inputs)) } @for input in &form.inputs { (input_row(input)) } }
            }
            fieldset.variables data-rows {
                legend { (ui.t(Text::Variables)) }
                @for (row, variable) in form.variables.iter().enumerate() { (asked(ui, row, variable, filled)) }
                @let own: Vec<_> = filled.variables.iter().filter(|given| !form.variables.iter().any(|asked| asked.key == given.key)).collect();
                @for (row, variable) in own.iter().enumerate() {
                    (variable_row(ui, 100 + row, &variable.key, &variable.value, variable.file))
                }
                @for row in 0..3 { (variable_row(ui, 1000 + row, "", "", false)) }
            }
            p.hint { (ui.t(Text::RunVariablesHint)) }
            div.actions {
                button.button.confirm { (ui.t(Text::NewPipeline)) }
                a.button href=(ui.of(project, "/-/pipelines")) { (ui.t(Text::Back)) }
            }
        }
    };
    let place = Place {
        title: ui.t(Text::RunPipeline).into(),
        project: Some(project),
        section: Section::Pipelines,
        crumbs: vec![
            (ui.t(Text::Pipelines).into(), ui.of(project, "/-/pipelines")),
            (ui.t(Text::RunPipeline).into(), path.clone()),
        ],
        favicon: "none",
        events: None,
    };
    frame(ui, &place, &body)
}

pub(crate) fn references(ui: &Ui, refs: &Refs, chosen: &str) -> Markup {
    let known = refs.branches.iter().chain(&refs.tags).any(|name| name == chosen);
    let of = |names: &[String]| html! { @for name in names { option value=(name) selected[name == chosen] { (name) } } };
    html! {
        @if !known && !chosen.is_empty() { option value=(chosen) selected { (chosen) } }
        @if !refs.branches.is_empty() { optgroup label=(ui.t(Text::Branches)) { (of(&refs.branches)) } }
        @if !refs.tags.is_empty() { optgroup label=(ui.t(Text::Tags)) { (of(&refs.tags)) } }
    }
}

fn text_of(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn input_row(input: &FormInput) -> Markup {
    let id = format!("input-{}", input.name);
    let name = format!("inputs[{}]", input.name);
    let default = input.default.as_ref().map(text_of).unwrap_or_default();
    let options: Vec<String> = match input.kind.as_str() {
        "boolean" if input.options.is_empty() => vec!["true".into(), "false".into()],
        _ => input.options.iter().map(text_of).collect(),
    };
    html! {
        div.variable {
            label.mono for=(id) { (input.name) @if input.default.is_none() { " *" } }
            @if options.is_empty() {
                input id=(id) name=(name) value=(default) required[input.default.is_none()] inputmode=[(input.kind == "number").then_some("decimal")];
            } @else {
                select id=(id) name=(name) { @for option in &options { option value=(option) selected[*option == default] { (option) } } }
            }
            @if !input.description.is_empty() { p.hint { (input.description) } }
        }
    }
}

/// A variable that the configuration asks for: its name is fixed.
fn asked(ui: &Ui, row: usize, variable: &FormVariable, filled: &Filled) -> Markup {
    let id = format!("asked-{row}");
    let hint = format!("{id}-hint");
    let given = filled.variables.iter().find(|given| given.key == variable.key);
    let value = given.map_or(variable.value.as_str(), |given| given.value.as_str());
    let described = (!variable.description.is_empty()).then_some(hint.as_str());
    html! {
        div.variable {
            input type="hidden" name="variable_key" value=(variable.key);
            input type="hidden" name="variable_type" value="env_var";
            label.mono for=(id) { (variable.key) }
            @if variable.options.is_empty() {
                textarea.mono id=(id) rows="1" name="variable_value" aria-describedby=[described] aria-label={ (ui.t(Text::Value)) ": " (variable.key) } { (value) }
            } @else {
                select.mono id=(id) name="variable_value" aria-describedby=[described] {
                    @for option in &variable.options { option value=(option) selected[option == value] { (option) } }
                }
            }
            @if described.is_some() { p.hint id=(hint) { (variable.description) } }
        }
    }
}

/// A row for a variable: empty ones are left out when the form is sent.
pub(crate) fn variable_row(ui: &Ui, row: usize, key: &str, value: &str, file: bool) -> Markup {
    let label = |text: Text| format!("{} {}", ui.t(text), row % 100 + 1);
    html! {
        div.variable.own data-row {
            select name="variable_type" aria-label=(label(Text::Type)) {
                option value="env_var" { (ui.t(Text::Variable)) }
                option value="file" selected[file] { (ui.t(Text::File)) }
            }
            input.mono name="variable_key" value=(key) aria-label=(label(Text::Key)) placeholder=(ui.t(Text::Key)) pattern="[A-Za-z0-9_]*" autocomplete="off";
            textarea.mono rows="1" name="variable_value" aria-label=(label(Text::Value)) placeholder=(ui.t(Text::Value)) { (value) }
        }
    }
}
