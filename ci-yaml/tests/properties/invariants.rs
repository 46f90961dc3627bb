//! What holds for every repository and every event, whatever is written in the files.

use crate::again;
use crate::repository::Repository;
use ci_yaml::config::Config;
use ci_yaml::evaluate::{Decision, Evaluation, Explanation, evaluate, explain};
use ci_yaml::include::Main;
use ci_yaml::pipeline::{Outcome, Pipeline};
use ci_yaml::plan::Plan;
use ci_yaml::{Checked, Context, Diagnostic, SourceMap, check, lint, yaml};
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};

/// How many jobs of a configuration are explained: each is evaluated anew for it.
const EXPLAINED: usize = 6;

/// What the events of a repository came to.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) refused: usize,
    pub(crate) empty: usize,
    pub(crate) created: usize,
}

/// Checks and evaluates a repository for all its events, and asserts what must hold.
pub(crate) fn hold(repository: &Repository) -> Tally {
    let mut tally = Tally::default();
    for event in repository.events() {
        let checked = check(&event, Main::Path, &repository.sources, &yaml::Limits::default());
        holds_of_checked(&checked, &event);
        match checked.valid_config() {
            None => tally.refused += 1,
            Some(config) => match holds_of_config(config, &checked, &event, repository) {
                Outcome::Created(_) => tally.created += 1,
                Outcome::Invalid => tally.refused += 1,
                Outcome::Empty(_) | Outcome::Skipped => tally.empty += 1,
            },
        }
        again::expanded_is_the_same(&checked, &event, repository);
    }
    tally
}

fn holds_of_checked(checked: &Checked, event: &Context) {
    let warnings =
        lint::lint(checked, event, &lint::Options { runner_tags: Some(vec![vec!["a".into()], vec![]]) });
    assert!(!warnings.iter().any(Diagnostic::is_error), "{warnings:?}");
    for diagnostic in checked.diagnostics.iter().chain(&warnings) {
        has_a_place(diagnostic, &checked.files);
    }
    assert!(checked.is_valid() || checked.diagnostics.iter().any(|found| found.is_error() && !found.later));
    assert!(!checked.is_valid() || checked.expanded.is_some() && checked.config.is_some());
    let plan = Plan::of_lint(checked.config.as_ref(), &checked.diagnostics, &checked.files);
    serde_json::to_value(&plan).expect("JSON");
    if let Some(config) = checked.valid_config() {
        assert_eq!(plan.jobs.len(), config.jobs.len());
        let stages: HashSet<&str> = config.stages.iter().map(|stage| &*stage.value).collect();
        for (name, job) in &config.jobs {
            assert_eq!(*name, job.name);
            assert!(stages.contains(&*job.stage.value), "{name} has the stage {}", job.stage.value);
        }
    }
}

fn has_a_place(diagnostic: &Diagnostic, files: &SourceMap) {
    assert!(!diagnostic.message.is_empty() && !diagnostic.rule.is_empty());
    let labels = diagnostic.labels.iter().map(|label| label.span);
    for span in diagnostic.span.into_iter().chain(labels).filter(|span| span.start.line > 0) {
        let file = files.get(span.file).expect("a file");
        let lines = file.text.matches('\n').count() + 1;
        assert!(span.start <= span.end && span.end.line as usize <= lines + 1, "{diagnostic:?}");
    }
}

fn holds_of_config(config: &Config, checked: &Checked, event: &Context, repository: &Repository) -> Outcome {
    let evaluation = evaluate(config, event, &repository.sources);
    let plan = plan(&evaluation, checked);
    let twice = evaluate(config, event, &repository.sources);
    assert_eq!(plan, self::plan(&twice, checked), "evaluated twice");
    let mut turned = event.clone();
    turned.variables.reverse();
    turned.project_variables.reverse();
    turned.schedule_variables.reverse();
    let turned = evaluate(config, &turned, &repository.sources);
    assert_eq!(plan, self::plan(&turned, checked), "the variables of the event are in another order");

    evaluation.diagnostics.iter().for_each(|found| has_a_place(found, &checked.files));
    let refused = evaluation.diagnostics.iter().any(Diagnostic::is_error);
    assert_eq!(refused, matches!(evaluation.outcome, Outcome::Invalid));
    let pipeline = match &evaluation.outcome {
        Outcome::Created(pipeline) => Some(pipeline),
        _ => None,
    };
    if let Some(pipeline) = pipeline {
        holds_of_pipeline(pipeline, config);
    }
    for name in config.jobs.keys().map(|name| &**name).take(EXPLAINED).chain(["no such job"]) {
        explained(&explain(config, event, &repository.sources, name), pipeline);
    }
    evaluation.outcome
}

/// A plan as JSON.
pub(crate) fn plan(evaluation: &Evaluation, checked: &Checked) -> Json {
    let plan = Plan::of_evaluation(evaluation, &checked.diagnostics, &checked.files);
    serde_json::to_value(&plan).expect("JSON")
}

fn holds_of_pipeline(pipeline: &Pipeline, config: &Config) {
    assert!(!pipeline.jobs.is_empty());
    let defined: HashMap<&str, usize> =
        config.jobs.keys().enumerate().map(|(index, name)| (&**name, index)).collect();
    let places: Vec<_> = pipeline.jobs.iter().map(|job| (job.stage_index, defined[&**job.name()])).collect();
    assert!(
        places.is_sorted_by(|one, next| one < next),
        "in the order of stages, then of definition: {places:?}"
    );
    let present: HashSet<&str> = pipeline.jobs.iter().map(|job| &**job.name()).collect();
    for job in &pipeline.jobs {
        assert_eq!(pipeline.stages[job.stage_index], job.config.stage.value);
        // GitLab does not look whether what a rule needs is there.
        let of_rule = job
            .matched_rule()
            .and_then(|rule| rule.needs.as_ref())
            .is_some_and(|needs| !needs.jobs.is_empty());
        for need in job.needs.iter().flatten() {
            assert!(defined.contains_key(&*need.job));
            let there = present.contains(&*need.job);
            assert!(
                there || of_rule && !need.optional,
                "{} needs {}, which is not there",
                job.name(),
                need.job
            );
        }
        let names: Vec<_> = job.variables().map(|item| item.name.clone()).collect();
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "a variable is there twice");
        assert_eq!(job.rule.is_some(), job.matched_rule().is_some());
    }
}

/// A job is explained as it was decided.
fn explained(explanation: &Explanation, pipeline: Option<&Pipeline>) {
    let job = pipeline.and_then(|pipeline| pipeline.jobs.iter().find(|job| *job.name() == explanation.job));
    match (&explanation.decision, job) {
        (Decision::In { when, allow_failure, rule, needs }, Some(job)) => {
            assert_eq!((when, rule, needs), (&job.when, &job.rule, &job.needs));
            assert_eq!(*allow_failure, job.allow_failure);
        }
        (Decision::Out(_), None) => {}
        _ => panic!(
            "the job is {}there, and explained is {explanation:?}",
            if job.is_some() { "" } else { "not " }
        ),
    }
}
