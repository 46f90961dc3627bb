//! A small repository written as one text, and the events it is evaluated for.

use ci_yaml::{
    Changed, Commit, Component, ComponentAddress, ComponentFacts, Context, GivenVariable, MemorySources,
    MergeRequest, Ref, SettingVariable, Source, Tree,
};
use std::collections::BTreeMap;

/// What a line begins with that parts two files; the name of what follows stands behind it.
const PART: &str = "--8<-- ";

/// The files of a repository and what is known of an event.
///
/// The text begins with `.gitlab-ci.yml`. Behind a line `--8<-- NAME` follows another file: of the project; of another
/// one (`project:PATH:FILE`); on the web (a URL); a `template:NAME`; a `component:HOST/PROJECT/NAME@VERSION`. The names
/// `changed`, `variables`, `inputs` and `message` stand for changed paths (one in a line), variables of the pipeline
/// (`K=V`), the inputs (JSON) and the message of the commit.
pub(crate) struct Repository {
    pub(crate) sources: MemorySources,
    changed: Option<Vec<String>>,
    variables: BTreeMap<String, String>,
    inputs: serde_json::Map<String, serde_json::Value>,
    message: String,
}

impl Repository {
    /// Takes the text apart.
    pub(crate) fn parse(text: &str) -> Self {
        let mut repository = Self {
            sources: MemorySources::new(),
            changed: None,
            variables: BTreeMap::new(),
            inputs: serde_json::Map::new(),
            message: "commit".to_owned(),
        };
        repository.sources.add_tree(&Context::push("main").tree);
        let mut name = ".gitlab-ci.yml";
        let mut rest = text;
        loop {
            let (part, next) = match split(rest) {
                Some((part, next, rest)) => (part, Some((next, rest))),
                None => (rest, None),
            };
            repository.add(name, part);
            match next {
                Some((next, behind)) => (name, rest) = (next, behind),
                None => break,
            }
        }
        let changed = repository.changed();
        repository.sources.add_changes(&Context::push("main").tree, "main", changed);
        repository
    }

    fn changed(&self) -> Vec<String> {
        let some = || ["Dockerfile", "docs/index.md", "src/a.rs"].map(str::to_owned).to_vec();
        self.changed.clone().unwrap_or_else(some)
    }

    fn add(&mut self, name: &str, text: &str) {
        match name {
            "changed" => self.changed = Some(text.lines().map(str::to_owned).collect()),
            "variables" => self.variables.extend(
                text.lines()
                    .filter_map(|line| line.split_once('='))
                    .map(|(key, value)| (key.into(), value.into())),
            ),
            "inputs" => self.inputs = serde_json::from_str(text).unwrap_or_default(),
            "message" => text.clone_into(&mut self.message),
            _ => self.add_file(name, text),
        }
    }

    fn add_file(&mut self, name: &str, text: &str) {
        if name.starts_with("http://") || name.starts_with("https://") {
            self.sources.add_remote(name, text.as_bytes());
        } else if let Some(template) = name.strip_prefix("template:") {
            self.sources.add_template(template, text);
        } else if let Some(address) = name.strip_prefix("component:") {
            if let Some((address, component)) = component(address, text) {
                self.sources.add_component(address, component);
            }
        } else if let Some((project, path)) =
            name.strip_prefix("project:").and_then(|name| name.split_once(':'))
        {
            let tree = Tree { project: project.into(), revision: "HEAD".into() };
            self.sources.add_file(&tree, path, text);
        } else {
            self.sources.add_file(&Context::push("main").tree, name, text);
        }
    }

    /// One event of each kind.
    pub(crate) fn events(&self) -> Vec<Context> {
        let changed = Changed::Paths(self.changed().into());
        let mut events = vec![
            Context { changed: changed.clone(), ..Context::push("main") },
            Context { reference: Ref::Tag("v1.0".into()), protected: true, ..Context::push("main") },
            Context { changed: changed.clone(), ..merge_request() },
            Context {
                schedule_variables: given(&self.variables).collect(),
                schedule_description: Some("nightly".into()),
                ..started("schedule")
            },
            Context { project_variables: self.variables.iter().map(setting).collect(), ..started("web") },
            Context { variables: given(&self.variables).collect(), ..Context::push("feature/x") },
        ];
        for event in &mut events {
            event.commit = Commit { message: self.message.clone(), ..event.commit.clone() };
            event.inputs = self.inputs.clone().into_iter().collect();
        }
        events
    }
}

/// The text up to a line that names the next part, that name, and what is behind the line.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let found = from + text.get(from..)?.find(PART)?;
        let name_at = found + PART.len();
        if found == 0 || text[..found].ends_with('\n') {
            let behind = &text[name_at..];
            let (name, rest) = behind.split_once('\n').unwrap_or((behind, ""));
            return Some((&text[..found], name, rest));
        }
        from = name_at;
    }
}

fn started(source: &str) -> Context {
    Context { source: Source::new(source).expect("a source of GitLab"), ..Context::push("main") }
}

fn merge_request() -> Context {
    Context {
        source: Source::new("merge_request_event").expect("a source of GitLab"),
        reference: Ref::MergeRequest("feature/x".into()),
        merge_request: Some(MergeRequest {
            iid: 7,
            target: "main".into(),
            labels: vec!["ci".into()],
            ..MergeRequest::default()
        }),
        open_merge_requests: vec!["g/p!7".into()],
        ..Context::push("feature/x")
    }
}

fn given(variables: &BTreeMap<String, String>) -> impl Iterator<Item = GivenVariable> {
    let of = |(name, value): (&String, &String)| (name.clone(), value.clone());
    variables.iter().map(of).map(|(name, value)| GivenVariable { name, value, raw: false, file: false })
}

fn setting((name, value): (&String, &String)) -> SettingVariable {
    SettingVariable {
        name: name.clone(),
        value: value.clone(),
        raw: false,
        file: false,
        masked: false,
        protected: false,
        scope: "*".into(),
    }
}

fn component(address: &str, text: &str) -> Option<(ComponentAddress, Component)> {
    let (path, version) = address.rsplit_once('@')?;
    let (host, path) = path.split_once('/')?;
    let (project, name) = path.rsplit_once('/')?;
    let component = Component {
        tree: Tree { project: project.into(), revision: version.into() },
        path: format!("templates/{name}.yml"),
        text: text.into(),
        facts: ComponentFacts {
            name: name.to_owned(),
            sha: "3333333333333333333333333333333333333333".into(),
            version: Some("1.0.0".into()),
            reference: version.to_owned(),
        },
    };
    let (host, project) = (host.to_owned(), project.to_owned());
    Some((ComponentAddress { host, project, name: name.to_owned(), version: version.to_owned() }, component))
}
