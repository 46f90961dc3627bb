//! Flags of `ci` commands.

use super::examples::{
    EXPAND_EXAMPLES, GRAPH_EXAMPLES, LINT_EXAMPLES, PLAN_EXAMPLES, RUN_EXAMPLES, VARIABLES_EXAMPLES,
    WHY_EXAMPLES,
};
use super::past::args::{ARTIFACTS_EXAMPLES, LOG_EXAMPLES};
pub(crate) use super::past::args::{ArtifactsArgs, LogArgs};
pub(crate) use super::run::RunArgs;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `ci`.
#[derive(Clone, Debug, Args)]
pub(crate) struct CiArgs {
    #[command(subcommand)]
    pub(crate) command: CiCommand,
}

/// What to do with a `.gitlab-ci.yml`.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum CiCommand {
    /// Run the pipeline of the work tree here, as it is
    #[command(after_help = RUN_EXAMPLES)]
    Run(Box<RunArgs>),
    /// Print the log of a job that ran here
    #[command(after_help = LOG_EXAMPLES)]
    Log(LogArgs),
    /// List or unpack what a job that ran here has left
    #[command(after_help = ARTIFACTS_EXAMPLES)]
    Artifacts(ArtifactsArgs),
    /// Check configurations: errors and warnings, each with its place
    #[command(after_help = LINT_EXAMPLES)]
    Lint(Box<LintArgs>),
    /// Show the jobs that GitLab would create, and why
    #[command(after_help = PLAN_EXAMPLES)]
    Plan(Box<PlanArgs>),
    /// Explain why a job is in the pipeline, or why not
    #[command(after_help = WHY_EXAMPLES)]
    Why(Box<WhyArgs>),
    /// Print the configuration with includes, extends and references resolved
    #[command(after_help = EXPAND_EXAMPLES)]
    Expand(Box<ExpandArgs>),
    /// Draw stages and needs
    #[command(after_help = GRAPH_EXAMPLES)]
    Graph(Box<GraphArgs>),
    /// Show the variables that a job gets here, and those it cannot get
    #[command(after_help = VARIABLES_EXAMPLES)]
    Variables(Box<VariablesArgs>),
}

/// Where the configuration is.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Project")]
pub(crate) struct PlaceArgs {
    /// Folder of the project [default: the repository that the current folder is in]
    #[arg(long, value_name = "DIR")]
    pub(crate) repo: Option<PathBuf>,
    /// Configuration file, from the root of the project
    #[arg(short = 'f', long, value_name = "PATH", default_value = ".gitlab-ci.yml")]
    pub(crate) file: String,
    /// Read all files from this commit instead of the work tree
    #[arg(long, value_name = "REV")]
    pub(crate) revision: Option<String>,
}

/// Where includes come from.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Includes")]
pub(crate) struct SourceArgs {
    /// Clone of another project; can be repeated
    #[arg(long, value_name = "GROUP/NAME=DIR")]
    pub(crate) project_dir: Vec<String>,
    /// Folder that has clones of other projects as GROUP/NAME
    #[arg(long, value_name = "DIR")]
    pub(crate) projects_root: Option<PathBuf>,
    /// Folder of GitLab's templates (lib/gitlab/ci/templates) [default: fetched from gitlab.com]
    #[arg(long, value_name = "DIR")]
    pub(crate) templates: Option<PathBuf>,
    /// Folder that fetched files are kept in [default: ~/.cache/runner/ci]
    #[arg(long, value_name = "DIR")]
    pub(crate) cache_dir: Option<PathBuf>,
    /// Fetch nothing
    #[arg(long)]
    pub(crate) offline: bool,
}

/// What the pipeline is for, in people's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Event {
    /// A push to a branch
    Push,
    /// A push of a tag
    Tag,
    /// A merge request
    MergeRequest,
    /// A schedule
    Schedule,
    /// "New pipeline" in the browser
    Web,
    /// The pipelines API
    Api,
    /// A trigger token
    Trigger,
}

/// What the pipeline is for.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Context")]
pub(crate) struct ContextArgs {
    /// What happened; `ci plan` takes several and makes a table of them
    #[arg(short = 'e', long, value_name = "EVENT", value_enum, value_delimiter = ',')]
    pub(crate) event: Vec<Event>,
    /// What happened, as in CI_PIPELINE_SOURCE
    #[arg(long, value_name = "SOURCE", conflicts_with = "event")]
    pub(crate) source: Option<String>,
    /// Branch or tag; the source branch of a merge request [default: what is checked out]
    #[arg(long = "ref", value_name = "REF")]
    pub(crate) reference: Option<String>,
    /// The ref is a tag
    #[arg(long)]
    pub(crate) tag: bool,
    /// Branch that a merge request goes into [default: the default branch]
    #[arg(long, value_name = "BRANCH")]
    pub(crate) target: Option<String>,
    /// The branch is pushed for the first time: its changes are unknown
    #[arg(long)]
    pub(crate) new_ref: bool,
    /// The project's default branch [default: that of origin, else main]
    #[arg(long, value_name = "BRANCH")]
    pub(crate) default_branch: Option<String>,
    /// The project's path [default: that of origin, else g/p]
    #[arg(long, value_name = "GROUP/NAME")]
    pub(crate) project: Option<String>,
    /// The GitLab's address [default: that of origin, else the one of gitlab.com]
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
    /// Message of the head commit
    #[arg(long, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    /// Id of the head commit
    #[arg(long, value_name = "SHA")]
    pub(crate) sha: Option<String>,
    /// Variable given for this pipeline; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) variable: Vec<String>,
    /// CI/CD variable of the project; KEY alone makes a predefined one undefined; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) project_variable: Vec<String>,
    /// CI/CD variable of the group; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) group_variable: Vec<String>,
    /// CI/CD variable of the instance; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) instance_variable: Vec<String>,
    /// Value for an input of the configuration (spec:inputs); can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) input: Vec<String>,
    /// Path that changed, and no others than those given; can be repeated
    #[arg(long, value_name = "PATH", conflicts_with = "no_changes")]
    pub(crate) changed: Vec<String>,
    /// Nothing changed
    #[arg(long)]
    pub(crate) no_changes: bool,
    /// Take what changed since the work tree left this branch or commit
    #[arg(long, value_name = "REV", conflicts_with_all = ["changed", "no_changes", "new_ref"])]
    pub(crate) changed_since: Option<String>,
    /// Whether the ref is protected [default: the default branch is]
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) protected: Option<bool>,
    /// Number of a merge request that is open from this branch; can be repeated
    #[arg(long, value_name = "IID", value_delimiter = ',')]
    pub(crate) open_merge_request: Vec<String>,
    /// Title of the merge request
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// Label of the merge request; can be repeated
    #[arg(long, value_name = "LABEL", value_delimiter = ',')]
    pub(crate) label: Vec<String>,
    /// The merge request is a draft
    #[arg(long)]
    pub(crate) draft: bool,
    /// Who started it: a login
    #[arg(long, value_name = "LOGIN")]
    pub(crate) user: Option<String>,
    /// Push option ci.skip
    #[arg(long)]
    pub(crate) skip: bool,
    /// Tags of a runner: warn of jobs that no runner takes; one flag for each runner, '' for one without tags
    #[arg(long, value_name = "A,B")]
    pub(crate) runner_tags: Option<Vec<String>>,
}

/// Variables that lie in files.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Variables")]
pub(crate) struct ValueArgs {
    /// CI/CD variables of the project: KEY=VALUE lines, *.toml or *.yml; can be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) variables_file: Vec<PathBuf>,
    /// Take nothing from the repository's .gitlab-ci-local-variables.yml, .runner/variables.toml and .env, nor from
    /// ~/.config/runner/variables.toml
    #[arg(long)]
    pub(crate) no_variables_files: bool,
}

impl ValueArgs {
    /// These files and no others.
    pub(crate) fn only(files: &[PathBuf]) -> Self {
        Self { variables_file: files.to_vec(), no_variables_files: true }
    }
}

/// `ci lint`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct LintArgs {
    /// Files, from the current folder; `-` is stdin [default: .gitlab-ci.yml of the project]
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t = LintFormat::Text)]
    pub(crate) format: LintFormat,
    /// The same as --format json
    #[arg(long)]
    pub(crate) json: bool,
    /// Findings only, without the list of files
    #[arg(short = 'q', long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    #[command(flatten)]
    pub(crate) context: ContextArgs,
}

/// How `ci lint` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object
    Json,
    /// SARIF 2.1.0
    Sarif,
}

/// `ci plan`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct PlanArgs {
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Validate only, and list every job that could exist
    #[arg(long)]
    pub(crate) lint: bool,
    /// CI/CD variables of the project, which rules see: KEY=VALUE lines, *.toml or *.yml; can be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) variables_file: Vec<PathBuf>,
    /// Compare with the plan of another revision, or of two: REV, or A..B
    #[arg(long, value_name = "REV", conflicts_with_all = ["lint", "revision"])]
    pub(crate) diff: Option<String>,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    #[command(flatten)]
    pub(crate) context: ContextArgs,
}

/// `ci why`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct WhyArgs {
    /// Name of the job
    #[arg(value_name = "JOB")]
    pub(crate) job: String,
    /// CI/CD variables of the project, which rules see: KEY=VALUE lines, *.toml or *.yml; can be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) variables_file: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    #[command(flatten)]
    pub(crate) context: ContextArgs,
}

/// `ci expand`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ExpandArgs {
    /// Only this job
    #[arg(short = 'j', long, value_name = "NAME")]
    pub(crate) job: Option<String>,
    /// Say of each value which file and line it is from
    #[arg(long)]
    pub(crate) origins: bool,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    #[command(flatten)]
    pub(crate) context: ContextArgs,
}

/// `ci variables`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct VariablesArgs {
    /// Name of the job [default: what all jobs have]
    #[arg(value_name = "JOB")]
    pub(crate) job: Option<String>,
    /// Name the predefined variables that cannot exist here, and why
    #[arg(long)]
    pub(crate) missing: bool,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) values: ValueArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    #[command(flatten)]
    pub(crate) context: ContextArgs,
}

/// `ci graph`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct GraphArgs {
    /// How it is drawn
    #[arg(long, value_enum, default_value_t = GraphFormat::Text)]
    pub(crate) format: GraphFormat,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    #[command(flatten)]
    pub(crate) context: ContextArgs,
}

/// How `ci graph` draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    /// For a terminal
    #[default]
    Text,
    /// For Markdown
    Mermaid,
    /// For Graphviz
    Dot,
}
