//! Styles, scripts and icons. They are part of the program, and their names hold their hashes, so that browsers may
//! keep them for ever.

mod colours;

use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// A file for browsers.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its name, the hash in it.
    pub name: String,
    /// Its media type.
    pub kind: &'static str,
    /// What is in it.
    pub body: Vec<u8>,
}

/// All files for browsers.
#[derive(Clone, Debug)]
pub struct Assets {
    style: Asset,
    script: Asset,
    icons: Asset,
    favicons: Vec<(&'static str, Asset)>,
}

const STYLES: [&str; 5] = [
    include_str!("base.css"),
    include_str!("parts.css"),
    include_str!("screens.css"),
    include_str!("graph.css"),
    include_str!("log.css"),
];
const SCRIPTS: [&str; 5] = [
    include_str!("morph.js"),
    include_str!("live.js"),
    include_str!("enhance.js"),
    include_str!("graph.js"),
    include_str!("log.js"),
];

impl Default for Assets {
    fn default() -> Self {
        Self::new()
    }
}

impl Assets {
    /// All of them.
    pub fn new() -> Self {
        let style = STYLES.concat() + &colours::style();
        let script = format!("\"use strict\";(() => {{\n{}}})();\n", SCRIPTS.concat());
        let favicon = |(variant, colour)| {
            let body = favicon(colour);
            (variant, asset("favicon", "svg", "image/svg+xml", body))
        };
        Self {
            style: asset("style", "css", "text/css; charset=utf-8", style),
            script: asset("script", "js", "text/javascript; charset=utf-8", script),
            icons: asset("icons", "svg", "image/svg+xml", include_str!("icons.svg").to_owned()),
            favicons: FAVICONS.into_iter().map(favicon).collect(),
        }
    }

    /// The file of a name.
    pub fn get(&self, name: &str) -> Option<&Asset> {
        let favicons = self.favicons.iter().map(|(_, asset)| asset);
        [&self.style, &self.script, &self.icons].into_iter().chain(favicons).find(|asset| asset.name == name)
    }

    pub(crate) fn style(&self) -> &str {
        &self.style.name
    }

    pub(crate) fn script(&self) -> &str {
        &self.script.name
    }

    pub(crate) fn icons(&self) -> &str {
        &self.icons.name
    }

    pub(crate) fn favicon(&self, variant: &str) -> &str {
        let found = self.favicons.iter().find(|(name, _)| *name == variant).or_else(|| self.favicons.first());
        found.map_or("", |(_, asset)| &asset.name)
    }
}

fn asset(stem: &str, ending: &str, kind: &'static str, body: String) -> Asset {
    let mut hash = String::new();
    for byte in Sha256::digest(body.as_bytes()).iter().take(6) {
        let _ = write!(hash, "{byte:02x}");
    }
    Asset { name: format!("{stem}-{hash}.{ending}"), kind, body: body.into_bytes() }
}

/// The mark of the program, and with it the colour of a status.
const FAVICONS: [(&str, &str); 6] = [
    ("none", ""),
    ("success", "#108548"),
    ("warning", "#c17d10"),
    ("danger", "#dd2b0e"),
    ("info", "#1f75cb"),
    ("neutral", "#747273"),
];

fn favicon(colour: &str) -> String {
    let mark = "<rect x=\"1\" y=\"1\" width=\"30\" height=\"30\" rx=\"7\" fill=\"#2f5ca0\"/>\
        <path d=\"M8 9l7 7-7 7M17 9l7 7-7 7\" fill=\"none\" stroke=\"#fff\" stroke-width=\"3.4\" \
        stroke-linecap=\"round\" stroke-linejoin=\"round\"/>";
    let dot = match colour {
        "" => String::new(),
        colour => format!(
            "<circle cx=\"23\" cy=\"23\" r=\"9\" fill=\"#fff\"/><circle cx=\"23\" cy=\"23\" r=\"7\" fill=\"{colour}\"/>"
        ),
    };
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\">{mark}{dot}</svg>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_that_is_used_is_drawn() {
        let drawn = include_str!("icons.svg");
        for name in crate::pages::parts::ICONS {
            assert!(drawn.contains(&format!("<symbol id=\"{name}\"")), "{name}");
        }
    }

    #[test]
    fn names_change_with_what_is_in_them() {
        let one = asset("a", "css", "text/css", "x".into());
        assert_ne!(one.name, asset("a", "css", "text/css", "y".into()).name);
        assert_eq!(one.name, asset("a", "css", "text/css", "x".into()).name);
        let assets = Assets::new();
        assert!(assets.get(assets.style()).is_some());
        assert!(assets.get("style.css").is_none());
    }

    #[test]
    fn scripts_and_styles_ask_nothing_of_other_servers() {
        for text in STYLES.iter().chain(&SCRIPTS) {
            assert!(!text.contains("http:") && !text.contains("https:") && !text.contains("@import"));
            assert!(
                !text.contains("innerHTML") && !text.contains("eval("),
                "markup goes through the parser alone"
            );
        }
    }
}
