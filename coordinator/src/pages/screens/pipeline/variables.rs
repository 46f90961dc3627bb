//! Variables that were given for a pipeline.

use crate::pages::Ui;
use crate::pages::text::Text;
use crate::pages::views::PipelinePage;
use maud::{Markup, html};

pub(super) fn write(ui: &Ui, page: &PipelinePage) -> Markup {
    html! {
        table.list.narrow {
            thead { tr { th scope="col" { (ui.t(Text::Key)) } th scope="col" { (ui.t(Text::Value)) } } }
            tbody {
                @for variable in &page.variables {
                    tr {
                        td.mono { (variable.key) }
                        td { details.reveal { summary { (ui.t(Text::RevealValue)) } code { (variable.value) } } }
                    }
                }
            }
        }
    }
}
