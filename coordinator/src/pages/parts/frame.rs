//! The frame around every page.

use super::{csrf, icon};
use crate::model::Project;
use crate::pages::text::{Lang, Text};
use crate::pages::ui::escape_query;
use crate::pages::{Theme, Ui};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Which entry of the navigation a page belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Section {
    #[default]
    None,
    Projects,
    Runners,
    InstanceVariables,
    Audit,
    Tokens,
    Password,
    Sessions,
    Overview,
    Pipelines,
    Jobs,
    Editor,
    Environments,
    ProjectRunners,
    Variables,
    Settings,
    ProjectAudit,
}

/// Where a page is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place<'a> {
    /// What the window is called.
    pub(crate) title: String,
    /// Its project.
    pub(crate) project: Option<&'a Project>,
    /// Its entry of the navigation.
    pub(crate) section: Section,
    /// What is between project and page: words and addresses.
    pub(crate) crumbs: Vec<(String, String)>,
    /// The colour of the mark.
    pub(crate) favicon: &'static str,
    /// From where changes are told.
    pub(crate) events: Option<String>,
}

/// A whole page.
pub(crate) fn frame(ui: &Ui, place: &Place<'_>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(ui.lang.tag()) data-theme=(ui.theme.code()) {
            (head(ui, &place.title, place.favicon))
            body data-events=[place.events.as_deref()] data-copied=(ui.t(Text::Copied)) {
                a.skip href="#content" { (ui.t(Text::SkipToContent)) }
                (top(ui))
                div.shell {
                    (navigation(ui, place))
                    main #content tabindex="-1" {
                        (crumbs(ui, place))
                        @if let Some(notice) = &ui.notice { div.alert.success role="status" { (notice) } }
                        (body)
                    }
                }
                div #announce.sr role="status" aria-live="polite" {}
                (foot(ui))
            }
        }
    }
}

/// A page without navigation: signing in, errors.
pub(crate) fn bare(ui: &Ui, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(ui.lang.tag()) data-theme=(ui.theme.code()) {
            (head(ui, title, "none"))
            body.bare { main #content { (body) } (foot(ui)) }
        }
    }
}

fn head(ui: &Ui, title: &str, favicon: &str) -> Markup {
    let file = |name: &str| format!("{}/-/assets/{name}", ui.root);
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="referrer" content="same-origin";
            title { (title) " · runner" }
            link rel="stylesheet" href=(file(ui.assets.style()));
            link #favicon rel="icon" type="image/svg+xml" href=(file(ui.assets.favicon(favicon)));
            script src=(file(ui.assets.script())) defer {}
        }
    }
}

fn top(ui: &Ui) -> Markup {
    html! {
        header.top {
            a.brand href=(ui.href("/")) { (icon(ui, "logo")) span { "runner" } }
            form.search role="search" action=(ui.href("/")) {
                label.sr for="search-projects" { (ui.t(Text::SearchProjects)) }
                input #search-projects type="search" name="search" placeholder=(ui.t(Text::SearchProjects));
            }
            @if let Some(viewer) = &ui.viewer {
                details.menu {
                    summary.button.quiet { span.avatar aria-hidden="true" { (initial(&viewer.name)) } span { (viewer.login) } }
                    div.sheet {
                        @for (_, _, text, path) in &OF_ACCOUNT { a.item href=(ui.href(path)) { (ui.t(*text)) } }
                        form method="post" action=(ui.href("/users/sign_out")) {
                            (csrf(ui)) button.item { (ui.t(Text::SignOut)) }
                        }
                    }
                }
            }
        }
    }
}

/// The first letter of a name.
pub(crate) fn initial(name: &str) -> String {
    name.chars().next().map(|first| first.to_uppercase().collect()).unwrap_or_default()
}

type Entry = (Section, &'static str, Text, &'static str);

const OF_PROJECT: [Entry; 9] = [
    (Section::Overview, "project", Text::Overview, ""),
    (Section::Pipelines, "rocket", Text::Pipelines, "/-/pipelines"),
    (Section::Jobs, "list", Text::Jobs, "/-/jobs"),
    (Section::Editor, "pencil", Text::PipelineEditor, "/-/ci/editor"),
    (Section::Environments, "globe", Text::Environments, "/-/environments"),
    (Section::ProjectRunners, "runner", Text::Runners, "/-/runners"),
    (Section::Variables, "key", Text::Variables, "/-/variables"),
    (Section::Settings, "settings", Text::Settings, "/-/settings"),
    (Section::ProjectAudit, "clock", Text::AuditLog, "/-/audit"),
];
const OF_INSTANCE: [Entry; 4] = [
    (Section::Projects, "project", Text::Projects, "/"),
    (Section::Runners, "runner", Text::Runners, "/admin/runners"),
    (Section::InstanceVariables, "key", Text::Variables, "/admin/variables"),
    (Section::Audit, "clock", Text::AuditLog, "/admin/audit"),
];

const OF_ACCOUNT: [Entry; 3] = [
    (Section::Tokens, "key", Text::AccessTokens, "/-/user_settings/personal_access_tokens"),
    (Section::Password, "lock", Text::Password, "/-/user_settings/password/edit"),
    (Section::Sessions, "globe", Text::Sessions, "/-/user_settings/active_sessions"),
];

fn navigation(ui: &Ui, place: &Place<'_>) -> Markup {
    let entry = |(section, name, text, _): &Entry, href: String| {
        html! {
            li { a href=(href) aria-current=[(*section == place.section).then_some("page")] { (icon(ui, name)) span { (ui.t(*text)) } } }
        }
    };
    html! {
        nav.side aria-label=(ui.t(Text::Navigation)) {
            @match place.project {
                Some(project) => {
                    p.context title=(project.path) { span.avatar.square aria-hidden="true" { (initial(&project.name)) } span.cut { (project.name) } }
                    ul { @for item in &OF_PROJECT { (entry(item, ui.of(project, item.3))) } }
                }
                None if OF_ACCOUNT.iter().any(|(section, ..)| *section == place.section) => {
                    p.context { span.cut { (ui.t(Text::Account)) } }
                    ul { @for item in &OF_ACCOUNT { (entry(item, ui.href(item.3))) } }
                }
                None => ul { @for item in &OF_INSTANCE { (entry(item, ui.href(item.3))) } },
            }
        }
    }
}

fn crumbs(ui: &Ui, place: &Place<'_>) -> Markup {
    let Some(project) = place.project else { return html! {} };
    html! {
        nav.crumbs aria-label=(ui.t(Text::Breadcrumbs)) {
            ol {
                li { a href=(ui.href("/")) { (ui.t(Text::Projects)) } }
                li { a href=(ui.of(project, "")) { (project.path) } }
                @for (word, href) in &place.crumbs { li { a href=(href) { (word) } } }
            }
        }
    }
}

fn foot(ui: &Ui) -> Markup {
    let href = |key: &str, value: &str| {
        ui.href(&format!("/-/preferences?{key}={value}&return={}", escape_query(&ui.here)))
    };
    let themes = [
        (Theme::Auto, "settings", Text::ThemeAuto),
        (Theme::Light, "sun", Text::ThemeLight),
        (Theme::Dark, "moon", Text::ThemeDark),
    ];
    html! {
        footer.foot {
            nav aria-label=(ui.t(Text::Language)) {
                @for lang in Lang::ALL {
                    a href=(href("lang", lang.code())) lang=(lang.tag()) hreflang=(lang.tag()) aria-current=[(lang == ui.lang).then_some("true")] { (lang.name()) }
                }
            }
            nav aria-label=(ui.t(Text::Theme)) {
                @for (theme, name, text) in themes {
                    a.theme href=(href("theme", theme.code())) aria-current=[(theme == ui.theme).then_some("true")] { (icon(ui, name)) (ui.t(text)) }
                }
            }
        }
    }
}

/// A box that says something important.
pub(crate) fn alert(kind: &str, text: &Markup) -> Markup {
    html! { div class={ "alert " (kind) } role=(if kind == "danger" { "alert" } else { "note" }) { (text) } }
}

/// A part of the page whose markup was made elsewhere, and is safe.
pub(crate) fn live(made: String) -> Markup {
    PreEscaped(made)
}
