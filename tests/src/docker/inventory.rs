//! All that is in an engine, for engines that nobody else uses.

use super::engine::Engine;
use std::collections::BTreeSet;
use std::fmt;

/// Containers, networks and volumes, running or not, each as a line that names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory(BTreeSet<String>);

impl Inventory {
    #[track_caller]
    pub(super) fn of(engine: &Engine) -> Self {
        let containers =
            ["ps", "--all", "--no-trunc", "--format", "container {{.Names}} ({{.Image}}, {{.ID}})"];
        let networks = ["network", "ls", "--no-trunc", "--format", "network {{.Name}} ({{.ID}})"];
        let volumes = ["volume", "ls", "--format", "volume {{.Name}}"];
        let lists: [&[&str]; 3] = [&containers, &networks, &volumes];
        Self(
            lists
                .into_iter()
                .flat_map(|arguments| engine.lines(arguments))
                .filter(|line| !is_given(line))
                .collect(),
        )
    }

    /// What is here and was not there before.
    pub fn since(&self, before: &Self) -> Self {
        Self(self.0.difference(&before.0).cloned().collect())
    }

    /// Without the lines that begin so, for example `volume runner-cache`.
    pub fn without(mut self, beginning: &str) -> Self {
        self.0.retain(|line| !line.starts_with(beginning));
        self
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lines, in order.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for Inventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// The networks that every engine has; they are new ones each time it starts.
fn is_given(line: &str) -> bool {
    ["bridge", "host", "none"].iter().any(|name| line.starts_with(&format!("network {name} (")))
}
