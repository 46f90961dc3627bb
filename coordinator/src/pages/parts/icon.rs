//! Icons: symbols of one file, drawn by us.

use crate::pages::Ui;
use maud::{Markup, html};

/// All symbols that there are.
pub(crate) const ICONS: [&str; 49] = [
    "status_success",
    "status_warning",
    "status_failed",
    "status_running",
    "status_pending",
    "status_preparing",
    "status_created",
    "status_canceled",
    "status_skipped",
    "status_manual",
    "status_scheduled",
    "status_notfound",
    "play",
    "retry",
    "cancel",
    "time-out",
    "stop",
    "branch",
    "tag",
    "commit",
    "timer",
    "calendar",
    "download",
    "folder",
    "file",
    "search",
    "copy",
    "trash",
    "pencil",
    "plus",
    "chevron-right",
    "chevron-down",
    "scroll-up",
    "scroll-down",
    "full-screen",
    "lock",
    "shield",
    "sun",
    "moon",
    "globe",
    "rocket",
    "project",
    "runner",
    "settings",
    "key",
    "list",
    "clock",
    "external",
    "logo",
];

/// An icon. It says nothing to those who cannot see: the text beside it, or the label of its button, does.
pub(crate) fn icon(ui: &Ui, name: &str) -> Markup {
    debug_assert!(ICONS.contains(&name), "no icon {name}");
    let href = format!("{}/-/assets/{}#{name}", ui.root, ui.assets.icons());
    html! { svg.icon aria-hidden="true" focusable="false" { use href=(href) {} } }
}
