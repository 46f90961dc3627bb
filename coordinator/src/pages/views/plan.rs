//! What a configuration would make of a push: jobs, or what is wrong and where.

use super::{FormVariable, RunForm};
use ci_yaml::include::Main;
use ci_yaml::lint::Options;
use ci_yaml::pipeline::{Job, Outcome};
use ci_yaml::{Checked, Context, Diagnostic, SourceMap, Sources, check, evaluate, yaml};
use std::sync::Arc;

/// An error or a warning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remark {
    /// Whether it refuses the configuration.
    pub error: bool,
    /// What it is.
    pub message: String,
    /// The file, if it is not the one that is edited.
    pub file: Option<String>,
    /// Its line, from 1.
    pub line: Option<u32>,
    /// Its column, from 1.
    pub column: Option<u32>,
    /// How to mend it.
    pub help: Vec<String>,
}

/// A job of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanJob {
    /// Its name.
    pub name: String,
    /// Its stage.
    pub stage: String,
    /// Whether it starts a pipeline.
    pub bridge: bool,
    /// When it runs, in the configuration's words.
    pub when: String,
    /// Whether its failure is forgiven.
    pub allow_failure: bool,
    /// What it waits for; nothing where that is stages.
    pub needs: Option<Vec<String>>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its environment.
    pub environment: Option<String>,
    /// What runs before its script, its script, and what runs after it.
    pub scripts: [Vec<String>; 3],
}

/// What became of a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Whether GitLab would accept it.
    pub valid: bool,
    /// Errors first, then warnings.
    pub remarks: Vec<Remark>,
    /// Why there is no pipeline although it is valid.
    pub none: Option<String>,
    /// The stages that have jobs.
    pub stages: Vec<String>,
    /// The jobs of a push.
    pub jobs: Vec<PlanJob>,
}

/// Evaluates a configuration that is edited. It may take a while: call it where waiting is allowed.
pub fn plan_of(context: &Context, path: &str, text: &str, sources: &dyn Sources) -> Plan {
    let main = Main::Text { name: path.to_owned(), text: Arc::from(text) };
    let checked = check(context, main, sources, &yaml::Limits::default());
    let mut found = checked.diagnostics.clone();
    let mut plan = Plan { valid: checked.is_valid(), ..Plan::default() };
    if let Some(config) = checked.valid_config() {
        let evaluation = evaluate::evaluate(config, context, sources);
        found.extend(evaluation.diagnostics);
        plan.take(evaluation.outcome);
    }
    found.extend(ci_yaml::lint::lint(&checked, context, &Options::default()));
    plan.remarks = remarks(&found, &checked.files, path);
    plan
}

impl Plan {
    fn take(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Created(pipeline) => {
                self.jobs = pipeline.jobs.iter().map(planned).collect();
                let used = |stage: &&Arc<str>| self.jobs.iter().any(|job| *job.stage == ***stage);
                self.stages = pipeline.stages.iter().filter(used).map(ToString::to_string).collect();
            }
            Outcome::Empty(diagnostic) => self.none = Some(diagnostic.message),
            Outcome::Skipped => self.none = Some(String::new()),
            Outcome::Invalid => self.valid = false,
        }
    }
}

fn remarks(found: &[Diagnostic], files: &SourceMap, path: &str) -> Vec<Remark> {
    const MOST: usize = 200;
    let remark = |diagnostic: &Diagnostic| {
        let file = diagnostic.span.and_then(|span| files.get(span.file)).map(|file| file.name.clone());
        let note = diagnostic.note.iter().cloned();
        Remark {
            error: diagnostic.is_error(),
            message: diagnostic.message.clone(),
            file: file.filter(|name| name != path),
            line: diagnostic.span.map(|span| span.start.line),
            column: diagnostic.span.map(|span| span.start.column),
            help: note.chain(diagnostic.help.iter().cloned()).collect(),
        }
    };
    let mut remarks: Vec<Remark> = found.iter().map(remark).collect();
    remarks.sort_by_key(|remark| !remark.error);
    remarks.truncate(MOST);
    remarks
}

fn planned(job: &Job) -> PlanJob {
    let words = |list: &[Arc<str>]| list.iter().map(ToString::to_string).collect();
    let lines = |script: &Option<Vec<Arc<str>>>| script.as_deref().map(words).unwrap_or_default();
    let config = &job.config;
    PlanJob {
        name: job.name().to_string(),
        stage: config.stage.value.to_string(),
        bridge: matches!(config.kind, ci_yaml::config::Kind::Bridge(_)),
        when: job.when.as_str().to_owned(),
        allow_failure: job.allow_failure.allowed,
        needs: job.needs.as_ref().map(|needs| needs.iter().map(|need| need.job.to_string()).collect()),
        tags: words(&job.tags),
        environment: config.environment.as_ref().map(|environment| environment.name.to_string()),
        scripts: [lines(&config.before_script), lines(&config.script), lines(&config.after_script)],
    }
}

/// What the form for a pipeline asks, of a configuration that was checked.
pub fn form_of(checked: &Checked) -> RunForm {
    let errors = checked.diagnostics.iter().filter(|found| found.is_error());
    let asked = checked.config.iter().flat_map(|config| config.variables.iter());
    let variable = |(key, variable): (&Arc<str>, &ci_yaml::config::Variable)| {
        let options = variable.options.as_deref().unwrap_or_default();
        let wanted = variable.description.is_some() || !options.is_empty();
        wanted.then(|| FormVariable {
            key: key.to_string(),
            value: variable.value.to_string(),
            description: variable.description.as_deref().unwrap_or_default().to_owned(),
            options: options.iter().map(ToString::to_string).collect(),
        })
    };
    RunForm {
        variables: asked.filter_map(variable).collect(),
        inputs: Vec::new(),
        errors: errors.map(|found| found.message.clone()).take(20).collect(),
    }
}
