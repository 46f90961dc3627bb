//! Flags of `ci` commands.

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

const LINT_EXAMPLES: &str = "\
Examples:
  runner ci lint                              the repository's .gitlab-ci.yml
  runner ci lint ci/*.yml                     several files, each on its own
  runner ci lint --format sarif > ci.sarif    for code scanning and editors
  runner ci lint --runner-tags docker,linux   warn of jobs that no runner takes

With --json, one object whose keys stay: valid, and results with the file, valid, diagnostics, read, not_included and \
not_acted_on of each. A diagnostic has severity, kind, rule, message, from_gitlab (whether the message is GitLab's), \
later (whether GitLab tells it only once other errors are mended), file, line, column, end_line, end_column, note, \
help and labels. Lines and columns count from 1.

Exit status: 0 valid, 1 refused, 2 wrong call.";

const PLAN_EXAMPLES: &str = "\
Examples:
  runner ci plan                              a push of what is in the work tree
  runner ci plan --event merge_request        a merge request into the default branch
  runner ci plan --event push,tag,schedule    a table of jobs and events
  runner ci plan --variable DEPLOY=1 --event web
  runner ci plan --changed docs/index.md      as if this were all that changed
  runner ci plan --diff main                  what this branch changes in the pipeline

With --json, one object whose keys stay: status (created, empty, skipped or invalid), stages, jobs, errors and \
warnings. Several events give plans, a list of event and plan; --diff gives added, removed and changed.

Exit status: 0 a pipeline (or none, for good reasons), 1 refused, 2 wrong call.";

const WHY_EXAMPLES: &str = "\
Examples:
  runner ci why deploy                        on a push of what is in the work tree
  runner ci why deploy --event tag --ref v2.0
  runner ci why 'test: [ruby, 3.4]'";

const EXPAND_EXAMPLES: &str = "\
Examples:
  runner ci expand                            all of it, as YAML
  runner ci expand --job build --origins      one job; each value with its file and line";

const GRAPH_EXAMPLES: &str = "\
Examples:
  runner ci graph                             as text
  runner ci graph --format mermaid            for Markdown
  runner ci graph --format dot | dot -Tsvg > pipeline.svg";

const RUN_EXAMPLES: &str = "\
Examples:
  runner ci run                        what a push of this work tree would run
  runner ci run --list                 the jobs of that pipeline; --dry-run: what would run on what
  runner ci run test                   one job, with all it needs; of a matrix, all its instances
  runner ci run --no-needs test        that job alone
  runner ci run --executor shell       no containers, whatever images the jobs name
  runner ci run --manual deploy        all of it; `deploy` is played as soon as it may be
  runner ci run --failed               what failed last time, with artifacts of that run
  runner ci run --from test            `test` and what comes after it, with artifacts of that run
  runner ci run -e merge_request -j 4  the pipeline of a merge request, four jobs at once
  runner ci run --watch test           once more whenever a file changes

A job that has `needs` needs those jobs; another one needs all jobs of earlier stages. Manual jobs wait unless they \
are named; delayed ones wait their time unless they are named. Nothing is sent anywhere: jobs work on copies of the \
work tree, and logs and artifacts stay in the user's state folder (`runner ci log`, `runner ci artifacts`).

With --json, one object a line: job_started and job_finished with job and pipeline, the bridges that lead to it; \
job_finished also has status, exit_code, allow_failure, log, coverage, artifacts and caches, and is there for jobs \
that never ran; pipeline_finished has status.

Exit status: 0 all went well (or there is no pipeline, or it waits for manual jobs), 1 a job failed, 2 refused \
configuration or wrong call, 130 interrupted.";

const VARIABLES_EXAMPLES: &str = "\
Examples:
  runner ci variables test                    what the job `test` gets when it runs here
  runner ci variables                         what all jobs get before their own
  runner ci variables test --missing          what GitLab has and cannot be here, and how to give it

Variables come from these files, the later over the earlier: .gitlab-ci-local-variables.yml, .runner/variables.toml \
and .env in the repository, ~/.config/runner/variables.toml of the user (mode 0600; its values are hidden in logs), \
--variables-file. --project-variable and --variable go over all of them.

With --json, one object: job, and variables with name, value, hidden, at_run (known only then), file, raw and from; \
or, with --missing, missing with name, reason and help.

Exit status: 0 shown, 1 refused configuration, 2 wrong call.";

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
