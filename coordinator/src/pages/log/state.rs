//! Where the conversion of a log stands between two lines.

use super::{DEEPEST, Style};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// A section that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Its name as the log has it.
    #[serde(rename = "n")]
    pub name: String,
    /// Its number: that of the line of its head.
    #[serde(rename = "i")]
    pub id: u64,
    /// When it began, in seconds since 1970.
    #[serde(rename = "t")]
    pub started: u64,
    /// Whether nobody wants to know how long it took.
    #[serde(rename = "h", default)]
    pub hide_duration: bool,
    /// Whether it is folded at first.
    #[serde(rename = "c", default)]
    pub collapsed: bool,
}

/// Where the conversion stands before a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Where the line begins, in bytes.
    #[serde(rename = "o")]
    pub offset: u64,
    /// Its number, from 1.
    #[serde(rename = "l")]
    pub line: u64,
    /// Whether lines have headers with times; known with the first line.
    #[serde(rename = "t")]
    pub stamped: Option<bool>,
    /// How text looks.
    #[serde(rename = "s", default)]
    pub style: Style,
    /// Open sections, the outermost first.
    #[serde(rename = "p", default)]
    pub sections: Vec<Section>,
}

impl Default for State {
    fn default() -> Self {
        Self { offset: 0, line: 1, stamped: None, style: Style::default(), sections: Vec::new() }
    }
}

/// The longest name of a section that is kept.
pub(super) const LONGEST_NAME: usize = 128;

impl State {
    /// As text for an address.
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Of such a text. It comes from a browser: what cannot be is refused, and what can be is harmless, since it says
    /// no more than from where and how to go on.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.get(..text.len().min(16 << 10))?).ok()?;
        let state: Self = serde_json::from_slice(&bytes).ok()?;
        let fits = |section: &Section| section.name.len() <= LONGEST_NAME && section.id < state.line;
        let sane = state.line >= 1
            && state.line <= state.offset.saturating_add(1)
            && state.sections.len() <= DEEPEST;
        (sane && state.sections.iter().all(fits)).then_some(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_as_it_went() {
        let mut style = Style::default();
        style.apply("1;38;5;9");
        let section =
            Section { name: "get_sources".into(), id: 3, started: 9, hide_duration: true, collapsed: false };
        let state = State { offset: 90, line: 7, stamped: Some(true), style, sections: vec![section] };
        assert_eq!(State::decode(&state.encode()), Some(state));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let of = |json: &str| State::decode(&URL_SAFE_NO_PAD.encode(json));
        assert!(of(r#"{"o":10,"l":3,"t":null}"#).is_some());
        assert_eq!(of(r#"{"o":10,"l":0,"t":null}"#), None);
        assert_eq!(of(r#"{"o":10,"l":99,"t":null}"#), None);
        assert_eq!(of(r#"{"o":10,"l":3,"t":null,"p":[{"n":"a","i":3,"t":0}]}"#), None);
        assert_eq!(of("{}"), None);
        assert_eq!(State::decode("<script>"), None);
        assert_eq!(State::decode(""), None);
    }
}
