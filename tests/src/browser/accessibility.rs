//! A page as it is read out.

use super::page::Page;
use serde_json::{Value, json};

/// Roles of what can be used.
const USED: [&str; 16] = [
    "button",
    "link",
    "textbox",
    "searchbox",
    "checkbox",
    "radio",
    "combobox",
    "listbox",
    "spinbutton",
    "slider",
    "switch",
    "tab",
    "menuitem",
    "DisclosureTriangle",
    "progressbar",
    "region",
];

/// Something that can be used or gone to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// What it is: `button`, `link`, `textbox`…
    pub role: String,
    /// What it is called; empty where nobody could know.
    pub name: String,
}

impl Page {
    /// What can be used on the page, in its order, as told to a screen reader.
    ///
    /// # Panics
    /// When the browser is gone.
    pub async fn controls(&self) -> Vec<Control> {
        let tree = self.call("Accessibility.getFullAXTree", json!({})).await;
        let nodes = tree["nodes"].as_array().expect("nodes");
        nodes.iter().filter(|node| node["ignored"] != true).filter_map(control).collect()
    }
}

fn control(node: &Value) -> Option<Control> {
    let role = node["role"]["value"].as_str().filter(|role| USED.contains(role))?;
    let name = node["name"]["value"].as_str().unwrap_or_default().trim();
    Some(Control { role: role.to_owned(), name: name.to_owned() })
}
