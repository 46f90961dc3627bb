//! The kinds of events there are, and what each lets one know of variables.

use super::inclusion::{Variable, Verdict};
use crate::Context;
use crate::evaluate::{is_keyword, is_source};
use crate::expression::{Expression, Knowledge, Premises};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
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
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub(super) source: &'static str,
    pub(super) about: About,
    pub(super) default_branch: &'a str,
    /// What elements of `refs` say of the event: many jobs have the same, and patterns take long to compile.
    refs: RefCell<HashMap<Arc<str>, Verdict>>,
    /// How many steps of regular expressions may still be taken, for all events together.
    left: Rc<Cell<u64>>,
}

/// Steps of regular expressions, each about a nanosecond at worst. What would take more is left open.
const STEPS: u64 = 300_000_000;

/// Sources whose pipelines run on branches and tags.
const ON_REFS: &[&str] =
    &["push", "web", "api", "trigger", "schedule", "pipeline", "parent_pipeline", "external"];
/// Sources whose pipelines run on branches only.
const ON_BRANCHES: &[&str] = &["webide", "external_pull_request_event", "ondemand_dast_scan", "duo_workflow"];

/// All kinds of events that a project may see.
pub(super) fn all(context: &Context) -> Vec<Event<'_>> {
    let mut events = Vec::new();
    let left = Rc::new(Cell::new(STEPS));
    let mut add =
        |source, about| events.push(Event { left: left.clone(), ..Event::new(source, about, context) });
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

impl<'a> Event<'a> {
    pub(super) fn new(source: &'static str, about: About, context: &'a Context) -> Self {
        Self {
            source,
            about,
            default_branch: &context.project.default_branch,
            refs: RefCell::default(),
            left: Rc::new(Cell::new(STEPS)),
        }
    }

    /// Whether so many more steps may be taken.
    pub(super) fn afford(&self, steps: u64) -> bool {
        let left = self.left.get().checked_sub(steps);
        self.left.set(left.unwrap_or(self.left.get()));
        left.is_some()
    }

    /// What can be told of a condition.
    pub(super) fn decide(&self, condition: &Expression, variable: Variable<'_>) -> Verdict {
        Verdict::of(condition.decide(Premises { variable, afford: &|steps| self.afford(steps) }))
    }

    /// Whether it is of the kinds that most projects see: children and other rare ones have their own files or rules.
    pub(super) fn is_usual(&self) -> bool {
        match self.source {
            "push" | "merge_request_event" => true,
            "web" | "api" | "trigger" | "schedule" => self.about != About::Tag,
            _ => false,
        }
    }

    /// Whether nobody can give it variables of their own.
    pub(super) fn is_automatic(&self) -> bool {
        matches!(self.source, "push" | "merge_request_event")
    }

    /// What an element of `refs` says of it, found out once.
    pub(super) fn remember(&self, element: &Arc<str>, find: impl FnOnce() -> Verdict) -> Verdict {
        if let Some(known) = self.refs.borrow().get(element) {
            return *known;
        }
        let found = find();
        self.refs.borrow_mut().insert(element.clone(), found);
        found
    }

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
            // A configuration is used by forks as well, so that nothing is known of the project but that it has a name.
            | "CI_PROJECT_ID"
            | "CI_PROJECT_NAME"
            | "CI_PROJECT_PATH"
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
            _ => is_keyword(keyword).then(|| is_source(keyword, self.source)),
        }
    }
}
