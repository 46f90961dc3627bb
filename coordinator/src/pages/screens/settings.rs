//! Settings of a project.

use super::runner_form::check;
use crate::model::Project;
use crate::pages::Ui;
use crate::pages::parts::{Place, Section, copyable, csrf, form_button, frame, icon};
use crate::pages::text::Text;
use crate::pages::ui::{escape_path, escape_query};
use maud::{Markup, html};
use pipeline::resource::Mode;

/// The page; `wrong` is a sentence about what was sent.
pub(crate) fn page(ui: &Ui, project: &Project, groups: &[(String, Mode)], wrong: Option<&str>) -> Markup {
    let path = ui.of(project, "/-/settings");
    let body = html! {
        h1 { (ui.t(Text::Settings)) }
        @if let Some(wrong) = wrong { div.alert.danger role="alert" { (wrong) } }
        form.stack.narrow method="post" action=(path) {
            (csrf(ui))
            (general(ui, project))
            (pipelines(ui, project))
            (protected(ui, project))
            div.actions { button.button.confirm { (ui.t(Text::Save)) } }
        }
        @if !groups.is_empty() { (resource_groups(ui, &path, groups)) }
        (badges(ui, project))
        section.card.narrow {
            h2 { (ui.t(Text::ClearCaches)) }
            p { (ui.t(Text::ClearCachesHint)) }
            (form_button(ui, "", "retry", ui.t(Text::ClearCaches), &format!("{path}/clear_caches")))
        }
        section.card.narrow.danger-zone {
            h2 { (ui.t(Text::DeleteProject)) }
            p { (ui.t(Text::DeleteProjectHint)) }
            details.ask.left {
                summary.button.danger-text { (icon(ui, "trash")) span { (ui.t(Text::DeleteProject)) } }
                div.sheet {
                    p { (ui.f(Text::DeleteProjectQuestion, &[&project.path])) }
                    form.stack method="post" action=(format!("{path}/delete")) {
                        (csrf(ui))
                        label for="confirm" { (ui.t(Text::TypePath)) }
                        input #confirm.mono name="confirm" required autocomplete="off" autocapitalize="off" spellcheck="false" placeholder=(project.path);
                        button.button.danger { (ui.t(Text::DeleteProject)) }
                    }
                }
            }
        }
    };
    let place = Place {
        title: format!("{} · {}", ui.t(Text::Settings), project.name),
        project: Some(project),
        section: Section::Settings,
        crumbs: vec![(ui.t(Text::Settings).into(), path.clone())],
        favicon: "none",
        events: None,
    };
    frame(ui, &place, &body)
}

/// The orders that there are: word and text of each.
pub(crate) const MODES: [(Mode, &str, Text); 4] = [
    (Mode::Unordered, "unordered", Text::ModeUnordered),
    (Mode::OldestFirst, "oldest_first", Text::ModeOldest),
    (Mode::NewestFirst, "newest_first", Text::ModeNewest),
    (Mode::NewestReadyFirst, "newest_ready_first", Text::ModeNewestReady),
];

fn resource_groups(ui: &Ui, path: &str, groups: &[(String, Mode)]) -> Markup {
    html! {
        section.card.narrow #resource-groups {
            h2 { (ui.t(Text::ResourceGroups)) }
            p { (ui.t(Text::ResourceGroupsHint)) }
            @for (at, (name, mode)) in groups.iter().enumerate() {
                form.filters method="post" action={ (path) "/resource_group" } {
                    (csrf(ui))
                    input type="hidden" name="key" value=(name);
                    label.mono.breaks for={ "mode-" (at) } { (name) }
                    select id={ "mode-" (at) } name="process_mode" {
                        @for (known, word, text) in MODES { option value=(word) selected[known == *mode] { (ui.t(text)) } }
                    }
                    button.button { (ui.t(Text::Save)) }
                }
            }
        }
    }
}

/// Pictures of the default branch for pages elsewhere.
fn badges(ui: &Ui, project: &Project) -> Markup {
    let branch = &project.default_branch;
    let path = |kind: &str| format!("/-/badges/{}/{kind}.svg", escape_path(branch));
    let pipelines =
        format!("{}/{}/-/pipelines?ref={}", ui.url, escape_path(&project.path), escape_query(branch));
    let markdown = |kind: &str| {
        format!("[![{kind}]({}/{}{})]({pipelines})", ui.url, escape_path(&project.path), path(kind))
    };
    html! {
        section.card.narrow #badges {
            h2 { (ui.t(Text::Badges)) }
            p { (ui.t(Text::BadgesHint)) }
            @for kind in ["pipeline", "coverage"] {
                p { img src=(ui.of(project, &path(kind))) alt=(kind) height="20"; }
                (copyable(ui, None, &markdown(kind)))
            }
            @if project.visibility != "public" { p.hint { (ui.t(Text::BadgesPrivate)) } }
        }
    }
}

fn general(ui: &Ui, project: &Project) -> Markup {
    html! {
        fieldset {
            legend { (ui.t(Text::General)) }
            label for="name" { (ui.t(Text::Name)) } input #name name="name" value=(project.name) required;
            label for="description" { (ui.t(Text::Description)) } input #description name="description" value=(project.description);
            label for="branch" { (ui.t(Text::DefaultBranch)) } input #branch.mono name="default_branch" value=(project.default_branch) required;
            label for="visibility" { (ui.t(Text::Visibility)) }
            select #visibility name="visibility" {
                @for (value, text) in [("private", Text::Private), ("internal", Text::Internal), ("public", Text::Public)] { option value=(value) selected[project.visibility == value] { (ui.t(text)) } }
            }
        }
    }
}

fn pipelines(ui: &Ui, project: &Project) -> Markup {
    html! {
        fieldset {
            legend { (ui.t(Text::Pipelines)) }
            label for="config" { (ui.t(Text::ConfigPath)) } input #config.mono name="ci_config_path" value=(project.config_path) placeholder=".gitlab-ci.yml";
            label for="timeout" { (ui.t(Text::TimeoutMinutes)) } input #timeout name="timeout_minutes" type="number" min="10" max="44640" value=(project.timeout / 60) required;
            label for="depth" { (ui.t(Text::GitDepth)) } input #depth name="git_depth" type="number" min="0" max="1000" value=(project.git_depth) required;
            (check("git_fetch", ui.t(Text::GitFetch), project.git_fetch))
            (check("builds_enabled", ui.t(Text::BuildsEnabled), project.builds_enabled))
            (check("auto_cancel", ui.t(Text::AutoCancel), project.auto_cancel))
            (check("instance_runners", ui.t(Text::InstanceRunners), project.instance_runners))
            (check("keep_latest_artifacts", ui.t(Text::KeepLatest), project.keep_latest_artifacts))
            (check("separate_caches", ui.t(Text::SeparateCaches), project.separate_caches))
        }
    }
}

fn protected(ui: &Ui, project: &Project) -> Markup {
    html! {
        fieldset {
            legend { (ui.t(Text::ProtectedRefs)) }
            label for="p-branches" { (ui.t(Text::ProtectedBranches)) }
            textarea #p-branches.mono name="protected_branches" rows="3" aria-describedby="p-hint" { "\n" (project.protected_branches.join("\n")) }
            label for="p-tags" { (ui.t(Text::ProtectedTags)) }
            textarea #p-tags.mono name="protected_tags" rows="3" aria-describedby="p-hint" { "\n" (project.protected_tags.join("\n")) }
            p #p-hint.hint { (ui.t(Text::OneALine)) }
        }
    }
}
