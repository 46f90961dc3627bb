//! What the help of `ci` commands says under their flags.

pub(super) const LINT_EXAMPLES: &str = "\
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

pub(super) const PLAN_EXAMPLES: &str = "\
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

pub(super) const WHY_EXAMPLES: &str = "\
Examples:
  runner ci why deploy                        on a push of what is in the work tree
  runner ci why deploy --event tag --ref v2.0
  runner ci why 'test: [ruby, 3.4]'

Exit status: 0 explained, whether it is in or not, 1 refused, 2 wrong call.";

pub(super) const EXPAND_EXAMPLES: &str = "\
Examples:
  runner ci expand                            all of it, as YAML
  runner ci expand --job build --origins      one job; each value with its file and line

Exit status: 0 printed, 1 refused, 2 wrong call.";

pub(super) const GRAPH_EXAMPLES: &str = "\
Examples:
  runner ci graph                             as text
  runner ci graph --format mermaid            for Markdown
  runner ci graph --format dot | dot -Tsvg > pipeline.svg

Exit status: 0 drawn, 1 refused, 2 wrong call.";

pub(super) const RUN_EXAMPLES: &str = "\
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

pub(super) const VARIABLES_EXAMPLES: &str = "\
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
