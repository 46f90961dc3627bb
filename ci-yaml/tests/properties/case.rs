//! The repositories of the conformance cases, each as one text (see `repository.rs`).

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// What is of use here of a case.
#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) files: BTreeMap<String, String>,
    #[serde(default)]
    context: Event,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Event {
    message: Option<String>,
    variables: BTreeMap<String, String>,
    project_variables: BTreeMap<String, String>,
    inputs: serde_json::Map<String, serde_json::Value>,
    changed: Option<Vec<String>>,
}

impl Case {
    /// The repository as one text.
    pub(crate) fn text(&self) -> String {
        let main = ".gitlab-ci.yml";
        let mut text = self.files.get(main).cloned().unwrap_or_default();
        let mut part = |name: &str, content: &str| {
            let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
            let _ = write!(text, "{end}--8<-- {name}\n{content}");
        };
        self.files.iter().filter(|(path, _)| *path != main).for_each(|(path, content)| part(path, content));
        let Event { message, variables, project_variables, inputs, changed } = &self.context;
        let variables: String = variables
            .iter()
            .chain(project_variables)
            .map(|(key, value)| format!("{key}={value}\n"))
            .collect();
        for (name, content) in [
            ("message", message.clone().unwrap_or_default()),
            ("variables", variables),
            ("changed", changed.as_ref().map(|paths| paths.join("\n")).unwrap_or_default()),
        ] {
            if !content.is_empty() {
                part(name, &content);
            }
        }
        if !inputs.is_empty() {
            part("inputs", &serde_json::Value::Object(inputs.clone()).to_string());
        }
        text
    }
}

/// All cases.
pub(crate) fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/conformance/ci-yaml");
    let files = std::fs::read_dir(&folder).expect("the folder of cases").flatten().map(|file| file.path());
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a file of cases");
        serde_norway::from_str::<Vec<Case>>(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    files.filter(|path| path.extension().is_some_and(|end| end == "yaml")).flat_map(read).collect()
}
