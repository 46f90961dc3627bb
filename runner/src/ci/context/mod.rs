//! From flags and git to the contexts that a configuration is evaluated for.

mod changes;
mod event;
mod pairs;
mod project;
#[cfg(test)]
mod tests;

pub(crate) use changes::Changes;
pub(crate) use project::Project;

use crate::ci::args::ContextArgs;
use crate::error::CliError;
use ci_yaml::{Changed, Commit, Context, MergeRequest, Ref};
use event::Occurrence;

/// One context, and what people should know of how it came about.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    /// The event in short: a column's heading.
    pub(crate) label: String,
    /// The context; its changed paths are settled later.
    pub(crate) context: Context,
    /// Where its changed paths come from.
    pub(crate) changes: Changes,
    /// What was assumed.
    pub(crate) assumed: Option<String>,
    /// Whether the commit is one, and not made up.
    pub(crate) has_commit: bool,
}

/// The contexts that the flags ask for: one, or one for each event.
pub(crate) fn scenes(args: &ContextArgs, file: &str, project: &Project) -> Result<Vec<Scene>, CliError> {
    let base = base(args, file, project)?;
    let occurrences = event::occurrences(args, project)?;
    occurrences.into_iter().map(|occurrence| scene(&base, occurrence, args, project)).collect()
}

/// What all events have in common.
fn base(args: &ContextArgs, file: &str, project: &Project) -> Result<Context, CliError> {
    let mut context = Context::push(&project.default_branch);
    context.project.path.clone_from(&project.origin.project);
    context.project.server_url.clone_from(&project.origin.server);
    context.project.default_branch.clone_from(&project.default_branch);
    file.clone_into(&mut context.project.config_path);
    context.tree = project.tree();
    if let Some(commit) = &project.commit {
        context.commit = Commit {
            sha: commit.sha.clone(),
            before_sha: commit.parent.clone().unwrap_or_else(|| "0".repeat(40)),
            message: commit.message.clone(),
            author: commit.author.clone(),
            timestamp: commit.timestamp.clone(),
            tag_message: String::new(),
        };
        context.user.name.clone_from(&commit.author_name);
        context.user.email.clone_from(&commit.author_email);
    }
    if let Some(message) = &args.message {
        context.commit.message.clone_from(message);
    }
    if let Some(sha) = &args.sha {
        if sha.len() < 40 || !sha.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(CliError::usage(format!("--sha wants a full id of 40 digits, not `{sha}`")));
        }
        context.commit.sha.clone_from(sha);
    }
    if let Some(user) = &args.user {
        context.user.login.clone_from(user);
    }
    context.skip = args.skip;
    context.variables = pairs::given(&args.variable)?;
    (context.project_variables, context.predefined) = pairs::project(&args.project_variable)?;
    context.group_variables = pairs::settings("group-variable", &args.group_variable)?;
    context.instance_variables = pairs::settings("instance-variable", &args.instance_variable)?;
    context.inputs = pairs::inputs(&args.input)?;
    Ok(context)
}

fn scene(
    base: &Context,
    occurrence: Occurrence,
    args: &ContextArgs,
    project: &Project,
) -> Result<Scene, CliError> {
    let Occurrence { event, source, reference, assumed } = occurrence;
    let mut context = base.clone();
    let changes = changes(&source, &reference, args, project)?;
    let none = || "0".repeat(40);
    if args.new_ref || source.as_str() != "push" {
        context.commit.before_sha = none();
    }
    match &reference {
        Ref::Branch(_) => context.open_merge_requests = open(args, context.project.path.as_str(), None),
        Ref::Tag(name) => {
            context.commit.before_sha = none();
            if let Some(repository) = project.repository().filter(|_| project.commit.is_some()) {
                let message = repository.tag_message(name).map_err(|error| project::trouble(&error))?;
                context.commit.tag_message = message;
            }
        }
        Ref::MergeRequest(_) => {
            let request = merge_request(args, project, &context)?;
            context.open_merge_requests = open(args, context.project.path.as_str(), Some(request.iid));
            context.merge_request = Some(request);
        }
    }
    context.protected =
        args.protected.unwrap_or(matches!(&reference, Ref::Branch(name) if *name == project.default_branch));
    let label = event.map_or_else(|| source.to_string(), |event| event.name().to_owned());
    if let Changes::Settled(changed) = &changes {
        context.changed = changed.clone();
    }
    context.source = source;
    context.reference = reference;
    let has_commit = project.commit.is_some() || args.message.is_some();
    Ok(Scene { label, context, changes, assumed, has_commit })
}

/// Pushes and merge requests know what they change, if it is the work tree that is pushed.
fn changes(
    source: &ci_yaml::Source,
    reference: &Ref,
    args: &ContextArgs,
    project: &Project,
) -> Result<Changes, CliError> {
    if let Some(given) = Changes::given(args, project)? {
        return Ok(given);
    }
    let elsewhere = args.source.is_some() || args.reference.is_some() || args.new_ref;
    match (reference, source.as_str()) {
        _ if elsewhere => Ok(Changes::Settled(Changed::Unknown)),
        (Ref::MergeRequest(_), _) => {
            let target = args.target.as_ref().unwrap_or(&project.default_branch);
            Ok(Changes::of_merge_request(project, target))
        }
        (Ref::Branch(_), "push") => Changes::of_push(project),
        (Ref::Branch(_) | Ref::Tag(_), _) => Ok(Changes::Settled(Changed::Unknown)),
    }
}

fn open(args: &ContextArgs, project: &str, own: Option<u64>) -> Vec<String> {
    let given = args.open_merge_request.iter().map(|number| match number.contains('!') {
        true => number.clone(),
        false => format!("{project}!{number}"),
    });
    let mut open: Vec<String> = given.collect();
    if let Some(iid) = own.filter(|_| open.is_empty()) {
        open.push(format!("{project}!{iid}"));
    }
    open
}

fn merge_request(args: &ContextArgs, project: &Project, context: &Context) -> Result<MergeRequest, CliError> {
    let first = args.open_merge_request.first().map(|text| text.rsplit('!').next().unwrap_or(text));
    let iid = match first {
        Some(number) => number
            .parse()
            .map_err(|_| CliError::usage(format!("--open-merge-request wants a number, not `{number}`")))?,
        None => 1,
    };
    let title = args.title.clone().or_else(|| context.commit.message.lines().next().map(str::to_owned));
    let title = title.unwrap_or_default();
    let target = args.target.clone().unwrap_or_else(|| project.default_branch.clone());
    let elsewhere = args.source.is_some() || args.reference.is_some();
    let base = match project.repository().filter(|_| project.commit.is_some() && !elsewhere) {
        Some(repository) => {
            let found = repository.merge_base(&target, &context.commit.sha);
            found.map_err(|error| project::trouble(&error))?
        }
        None => None,
    };
    Ok(MergeRequest {
        iid,
        target,
        diff_base_sha: base.unwrap_or_else(|| context.commit.before_sha.clone()),
        title: if args.draft && !title.starts_with("Draft:") { format!("Draft: {title}") } else { title },
        labels: args.label.clone(),
        draft: args.draft,
        ..MergeRequest::default()
    })
}
