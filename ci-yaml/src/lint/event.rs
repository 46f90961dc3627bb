//! The kinds of events there are, and what each lets one know of variables.

use crate::config::Config;
use crate::expression::Knowledge;
use crate::{Context, Source};
use std::collections::HashSet;
use std::sync::Arc;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    DefaultBranch,
    OtherBranch,
    Tag,
    MergeRequest,
}

/// A kind of event.
#[derive(Clone, Debug)]
pub(super) struct Event<'a> {
    pub(super) source: &'static str,
    pub(super) about: About,
    pub(super) default_branch: &'a str,
    pub(super) project: &'a str,
}

/// Sources whose pipelines run on branches and tags.
const ON_REFS: &[&str] =
    &["push", "web", "api", "trigger", "schedule", "pipeline", "parent_pipeline", "external"];
/// Sources whose pipelines run on branches only.
const ON_BRANCHES: &[&str] = &["webide", "external_pull_request_event", "ondemand_dast_scan", "duo_workflow"];

/// All kinds of events that a project may see.
pub(super) fn all(context: &Context) -> Vec<Event<'_>> {
    let mut events = Vec::new();
    let mut add = |source, about| {
        events.push(Event {
            source,
            about,
            default_branch: &context.project.default_branch,
            project: &context.project.path,
        });
    };
    for source in ON_REFS.iter().chain(ON_BRANCHES) {
        add(source, About::DefaultBranch);
        add(source, About::OtherBranch);
    }
    add("chat", About::DefaultBranch);
    ON_REFS.iter().for_each(|source| add(source, About::Tag));
    add("merge_request_event", About::MergeRequest);
    add("parent_pipeline", About::MergeRequest);
    events
}

impl Event<'_> {
    /// The event in the words of a person, as in "in …".
    pub(super) fn describe(&self) -> String {
        match (self.source, self.about) {
            ("push", About::DefaultBranch) => format!("pushes to {}", self.default_branch),
            ("push", About::OtherBranch) => "pushes to other branches".to_owned(),
            ("push", About::Tag) => "tag pipelines".to_owned(),
            ("merge_request_event", _) => "merge request pipelines".to_owned(),
            (source, About::DefaultBranch) => format!("{source} pipelines on {}", self.default_branch),
            (source, About::OtherBranch) => format!("{source} pipelines on other branches"),
            (source, About::Tag) => format!("{source} pipelines on tags"),
            (source, About::MergeRequest) => format!("{source} pipelines of merge requests"),
        }
    }

    /// What a predefined variable is; nothing of those that are not predefined.
    pub(super) fn knows(&self, name: &str) -> Knowledge {
        let defined = |defined: bool| if defined { Knowledge::Defined } else { Knowledge::Undefined };
        match name {
            "CI_PIPELINE_SOURCE" => Knowledge::Text(self.source.into()),
            "CI_DEFAULT_BRANCH" => Knowledge::Text(self.default_branch.into()),
            "CI_PROJECT_PATH" => Knowledge::Text(self.project.into()),
            "CI" | "GITLAB_CI" => Knowledge::Text("true".into()),
            "CI_COMMIT_BRANCH" if self.about == About::DefaultBranch => {
                Knowledge::Text(self.default_branch.into())
            }
            "CI_COMMIT_BRANCH" => defined(self.about == About::OtherBranch),
            "CI_COMMIT_TAG" => defined(self.about == About::Tag),
            "CI_COMMIT_REF_NAME" if self.about == About::DefaultBranch => {
                Knowledge::Text(self.default_branch.into())
            }
            "CI_COMMIT_REF_NAME"
            | "CI_COMMIT_REF_SLUG"
            | "CI_COMMIT_SHA"
            | "CI_COMMIT_SHORT_SHA"
            | "CI_PROJECT_ID"
            | "CI_PROJECT_NAME"
            | "CI_PROJECT_NAMESPACE" => Knowledge::Defined,
            "CI_MERGE_REQUEST_IID"
            | "CI_MERGE_REQUEST_ID"
            | "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"
            | "CI_MERGE_REQUEST_TARGET_BRANCH_NAME" => defined(self.about == About::MergeRequest),
            _ if name.starts_with("CI_MERGE_REQUEST_") && self.about != About::MergeRequest => {
                Knowledge::Undefined
            }
            "CI_OPEN_MERGE_REQUESTS" if self.about == About::Tag => Knowledge::Undefined,
            _ if name.starts_with("CI_EXTERNAL_PULL_REQUEST_") => {
                defined(self.source == "external_pull_request_event")
            }
            _ => Knowledge::Unknown,
        }
    }

    /// Whether `rules:changes` and its like cannot know the changed paths, and hold.
    pub(super) fn changes_always_hold(&self) -> bool {
        match self.source {
            "push" | "parent_pipeline" | "external_pull_request_event" => self.about == About::Tag,
            "merge_request_event" => false,
            _ => true,
        }
    }

    /// Whether a keyword of `only` names the event; nothing where the text is no keyword.
    pub(super) fn is_named(&self, keyword: &str) -> Option<bool> {
        match keyword {
            "branches" => Some(matches!(self.about, About::DefaultBranch | About::OtherBranch)),
            "tags" => Some(self.about == About::Tag),
            _ => {
                let source = |name: &str| name.strip_suffix("_event").unwrap_or(name).to_owned();
                let names = |name: &str| keyword == source(name) || keyword == pushes(&source(name));
                Source::all().iter().any(|known| names(known)).then(|| names(self.source))
            }
        }
    }
}

/// The plural of a source's name.
fn pushes(name: &str) -> String {
    if name.ends_with("sh") { format!("{name}es") } else { format!("{name}s") }
}

/// Predefined variables that the configuration itself sets, for some or all jobs: nothing is known of them.
pub(super) struct Overridden(HashSet<Arc<str>>);

impl Overridden {
    pub(super) fn of(config: &Config) -> Self {
        let of_rules = config.workflow.rules.iter().flatten().flat_map(|rule| rule.variables.keys());
        let of_jobs = config.jobs.values().flat_map(|job| job.variables.keys());
        let names = config.variables.keys().chain(of_rules).chain(of_jobs);
        Self(names.filter(|name| name.starts_with("CI")).cloned().collect())
    }

    /// What is known of a variable in an event.
    pub(super) fn knows(&self, event: &Event<'_>, name: &str) -> Knowledge {
        if self.0.contains(name) { Knowledge::Unknown } else { event.knows(name) }
    }
}
