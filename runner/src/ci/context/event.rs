//! What happened, and to which ref.

use super::Project;
use crate::ci::args::{ContextArgs, Event};
use crate::error::CliError;
use ci_yaml::{Ref, Source};

/// An event and its ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Occurrence {
    pub(super) event: Option<Event>,
    pub(super) source: Source,
    pub(super) reference: Ref,
    /// What was assumed, for people.
    pub(super) assumed: Option<String>,
}

impl Event {
    /// In the words of `CI_PIPELINE_SOURCE`.
    fn source(self) -> &'static str {
        match self {
            Self::Push | Self::Tag => "push",
            Self::MergeRequest => "merge_request_event",
            Self::Schedule => "schedule",
            Self::Web => "web",
            Self::Api => "api",
            Self::Trigger => "trigger",
        }
    }

    /// As on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Tag => "tag",
            Self::MergeRequest => "merge_request",
            Self::Schedule => "schedule",
            Self::Web => "web",
            Self::Api => "api",
            Self::Trigger => "trigger",
        }
    }
}

/// All that the flags ask for; one at least.
pub(super) fn occurrences(args: &ContextArgs, project: &Project) -> Result<Vec<Occurrence>, CliError> {
    let mut events: Vec<Option<Event>> = Vec::new();
    for event in &args.event {
        if !events.contains(&Some(*event)) {
            events.push(Some(*event));
        }
    }
    if events.is_empty() {
        events.push(None);
    }
    events.into_iter().map(|event| occurrence(event, args, project)).collect()
}

fn occurrence(event: Option<Event>, args: &ContextArgs, project: &Project) -> Result<Occurrence, CliError> {
    let source = match (event, &args.source) {
        (Some(event), _) => known_source(event.source())?,
        (None, Some(name)) => known_source(name)?,
        (None, None) if args.target.is_some() => known_source("merge_request_event")?,
        (None, None) => Source::push(),
    };
    let merge_request = source.as_str() == "merge_request_event";
    if args.target.is_some() && !merge_request && args.event.len() < 2 {
        return Err(CliError::usage("--target is the branch that a merge request goes into")
            .hint("add --event merge_request, or leave --target out"));
    }
    if merge_request && args.tag {
        return Err(CliError::usage("a merge request comes from a branch; leave --tag out"));
    }
    if args.reference.as_deref() == Some("") {
        return Err(CliError::usage("--ref wants the name of a branch or a tag, not nothing"));
    }
    let (reference, assumed) = match event {
        _ if merge_request => source_branch(args, project),
        Some(Event::Tag) => tag(args, project),
        _ if args.tag => tag(args, project),
        _ => branch(event, args, project),
    };
    Ok(Occurrence { event, source, reference, assumed })
}

fn known_source(name: &str) -> Result<Source, CliError> {
    Source::new(name).ok_or_else(|| {
        let error = CliError::usage(format!("GitLab has no pipeline source `{name}`"));
        let near = crate::config::nearest(name, Source::all().iter().copied());
        error.hint(near.unwrap_or_else(|| format!("use one of {}", Source::all().join(", "))))
    })
}

fn branch(event: Option<Event>, args: &ContextArgs, project: &Project) -> (Ref, Option<String>) {
    if let Some(name) = &args.reference {
        return (Ref::Branch(name.clone()), None);
    }
    if let Some(name) = &project.branch {
        return (Ref::Branch(name.clone()), None);
    }
    match project.commit.as_ref().map(|commit| commit.tags.as_slice()) {
        // Who says push means a branch, and has the event `tag` for tags.
        Some([tag, ..]) if event != Some(Event::Push) => (Ref::Tag(tag.clone()), None),
        Some(_) => {
            let assumed = format!("no branch is checked out; taken as {}", project.default_branch);
            (Ref::Branch(project.default_branch.clone()), Some(assumed))
        }
        None => (Ref::Branch(project.default_branch.clone()), None),
    }
}

fn tag(args: &ContextArgs, project: &Project) -> (Ref, Option<String>) {
    if let Some(name) = &args.reference {
        return (Ref::Tag(name.clone()), None);
    }
    match project.commit.as_ref().and_then(|commit| commit.tags.first()) {
        Some(name) => (Ref::Tag(name.clone()), None),
        None => {
            let assumed = "no tag points at this commit; taken as v1.0.0, --ref names another".to_owned();
            (Ref::Tag("v1.0.0".to_owned()), Some(assumed))
        }
    }
}

fn source_branch(args: &ContextArgs, project: &Project) -> (Ref, Option<String>) {
    if let Some(name) = &args.reference {
        return (Ref::MergeRequest(name.clone()), None);
    }
    let target = args.target.as_ref().unwrap_or(&project.default_branch);
    match &project.branch {
        Some(name) if name != target => (Ref::MergeRequest(name.clone()), None),
        _ => {
            let checked_out = project.branch.as_ref().map_or("no branch", |_| target.as_str());
            let assumed =
                format!("{checked_out} is checked out; taken as a branch `feature`, --ref names another");
            (Ref::MergeRequest("feature".to_owned()), Some(assumed))
        }
    }
}
