//! What is in a job's archive.

use crate::model::Project;
use crate::pages::Ui;
use crate::pages::parts::{Place, Section, button, bytes, confirm_button, form_button, frame, icon};
use crate::pages::text::Text;
use crate::pages::ui::{escape_path, escape_query};
use crate::pages::views::{ArtifactEntry, JobPage, Preview};
use maud::{Markup, html};

fn place<'a>(ui: &Ui, project: &'a Project, page: &JobPage, folder: &str) -> Place<'a> {
    let job = &page.view.row;
    let href = ui.job(project, job.id);
    let mut crumbs = vec![
        (format!("#{}", job.pipeline), ui.pipeline(project, job.pipeline)),
        (job.name.clone(), href.clone()),
        (ui.t(Text::JobArtifacts).to_owned(), format!("{href}/artifacts/browse")),
    ];
    let mut path = String::new();
    for part in folder.split('/').filter(|part| !part.is_empty()) {
        path = if path.is_empty() { part.to_owned() } else { format!("{path}/{part}") };
        crumbs.push((part.to_owned(), format!("{href}/artifacts/browse/{}", escape_path(&path))));
    }
    Place {
        title: format!("{} · {}", ui.t(Text::JobArtifacts), job.name),
        project: Some(project),
        section: Section::Jobs,
        crumbs,
        favicon: "none",
        events: None,
    }
}

/// A folder.
pub(crate) fn folder(
    ui: &Ui,
    project: &Project,
    page: &JobPage,
    folder: &str,
    entries: &[ArtifactEntry],
) -> Markup {
    let href = ui.job(project, page.view.row.id) + "/artifacts";
    let base = if folder.is_empty() { String::new() } else { format!("{}/", escape_path(folder)) };
    let to = |entry: &ArtifactEntry| {
        let kind = if entry.folder { "browse" } else { "file" };
        format!("{href}/{kind}/{base}{}", escape_path(&entry.name))
    };
    let body = html! {
        div.heading {
            h1 { (ui.t(Text::JobArtifacts)) }
            div.actions {
                (button(ui, "", Some("download"), ui.t(Text::DownloadArchive), &format!("{href}/download")))
                @if page.view.row.artifacts_expire_at.is_some() && !page.artifacts_locked { (form_button(ui, "", "lock", ui.t(Text::Keep), &format!("{href}/keep"))) }
                (confirm_button(ui, "danger-text", "trash", ui.t(Text::Delete), ui.t(Text::DeleteArtifactsQuestion), &format!("{href}/delete")))
            }
        }
        (stay(ui, project, page))
        table.list.files {
            thead { tr { th scope="col" { (ui.t(Text::Name)) } th.number scope="col" { (ui.t(Text::Size)) } th scope="col" { span.sr { (ui.t(Text::Actions)) } } } }
            tbody {
                @if !folder.is_empty() {
                    @let up = folder.rsplit_once('/').map_or("", |(up, _)| up);
                    tr { td { a href=(format!("{href}/browse/{}", escape_path(up))) { ".." span.sr { " " (ui.t(Text::Up)) } } } td {} td {} }
                }
                @for entry in entries {
                    tr {
                        td { (icon(ui, if entry.folder { "folder" } else { "file" })) " " a href=(to(entry)) { (entry.name) @if entry.folder { "/" } } }
                        td.number { (bytes(entry.size)) }
                        td.act {
                            @if !entry.folder {
                                @let named = format!("{} {}", ui.t(Text::Download), entry.name);
                                div.actions { a.button.small.only-icon href=(format!("{href}/raw/{base}{}", escape_path(&entry.name))) title=(named) aria-label=(named) { (icon(ui, "download")) } }
                            }
                        }
                    }
                }
            }
        }
        @if entries.is_empty() { p.subtle { (ui.t(Text::EmptyFolder)) } }
    };
    frame(ui, &place(ui, project, page, folder), &body)
}

/// How long they stay, and the address that leads to the newest ones.
fn stay(ui: &Ui, project: &Project, page: &JobPage) -> Markup {
    let (job, row) = (&page.view.row, &page.view.pipeline);
    let latest = ui.of(project, &format!("/-/jobs/artifacts/{}/browse", escape_path(row.reference.name())));
    html! {
        p.subtle {
            @match job.artifacts_expire_at {
                Some(_) if page.artifacts_locked => (ui.t(Text::ArtifactsLocked)),
                Some(at) => (ui.f(Text::ArtifactsExpire, &[&ui.lang.duration(at.0.saturating_sub(ui.now.0))])),
                None => (ui.t(Text::ArtifactsStay)),
            }
            " " a href=(format!("{latest}?job={}", escape_query(&job.name))) { (ui.t(Text::LatestArtifacts)) }
        }
    }
}

/// A file: its text, never more than that.
pub(crate) fn file(ui: &Ui, project: &Project, page: &JobPage, path: &str, preview: &Preview) -> Markup {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let raw = format!("{}/artifacts/raw/{}", ui.job(project, page.view.row.id), escape_path(path));
    let body = html! {
        div.heading {
            h1.mono.breaks { (name) }
            div.actions { (button(ui, "", Some("download"), ui.t(Text::Download), &raw)) }
        }
        p.subtle { (bytes(preview.size)) }
        @match &preview.text {
            Some(text) => {
                @if preview.cut { p.subtle { (ui.t(Text::OnlyTheBegin)) } }
                pre.block.tall tabindex="0" { (text) }
            }
            None => p { (ui.t(Text::NoPreview)) },
        }
    };
    frame(ui, &place(ui, project, page, folder), &body)
}
