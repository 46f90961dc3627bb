//! Lists: tabs above, pages below, and what is said where there is nothing.

use super::icon;
use crate::model::Page;
use crate::pages::Ui;
use crate::pages::text::Text;
use crate::pages::ui::escape_query;
use maud::{Markup, html};

/// Tabs: word, address, number, whether it is the one that is shown.
pub(crate) fn tabs(label: &str, items: &[(String, String, Option<u64>, bool)]) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            @for (word, href, count, active) in items {
                a href=(href) aria-current=[active.then_some("page")] {
                    (word)
                    @if let Some(count) = count { " " span.count { (count) } }
                }
            }
        }
    }
}

/// Links to the pages before and after. `query` is kept.
pub(crate) fn pager(ui: &Ui, path: &str, query: &[(&str, &str)], page: Page, total: u64) -> Markup {
    let pages = total.div_ceil(u64::from(page.size.max(1)));
    let number = u64::from(page.number);
    let href = |number: u64| {
        let kept = query.iter().filter(|(_, value)| !value.is_empty());
        let kept: String = kept.map(|(key, value)| format!("{key}={}&", escape_query(value))).collect();
        format!("{path}?{kept}page={number}")
    };
    html! {
        @if pages > 1 {
            nav.pager aria-label=(ui.t(Text::Pages)) {
                @if number > 1 { a.button href=(href(number - 1)) rel="prev" { (ui.t(Text::Previous)) } }
                span { (ui.f(Text::PageOf, &[&number.to_string(), &pages.to_string()])) }
                @if number < pages { a.button href=(href(number + 1)) rel="next" { (ui.t(Text::Next)) } }
            }
        }
    }
}

/// What is said where there is nothing.
pub(crate) fn empty(ui: &Ui, name: &str, title: &str, text: &str) -> Markup {
    html! {
        div.empty { (icon(ui, name)) h2 { (title) } @if !text.is_empty() { p { (text) } } }
    }
}
