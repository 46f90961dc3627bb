//! Pipelines of texts, and jobs of them that start.

use ci_yaml::include::Main;
use ci_yaml::pipeline::Outcome;
use ci_yaml::yaml::Limits;
use ci_yaml::{Context, MemorySources, SettingVariable, check, evaluate};
use pipeline::{
    Blueprint, Bridge, Facts, JobId, Moment, PipelineFacts, PipelineId, ProjectFacts, Template, Work,
};
use protocol::{Job, Secret};
use std::sync::LazyLock;

/// The token of all jobs.
pub(crate) static TOKEN: LazyLock<Secret> = LazyLock::new(|| Secret::new("glcbt-64_token"));
/// Where all sources are.
pub(crate) static URL: LazyLock<Secret> =
    LazyLock::new(|| Secret::new("https://gitlab-ci-token:glcbt-64_token@gitlab.com/g/p.git"));

pub(crate) fn blueprint(context: &Context, text: &str) -> Blueprint {
    let mut sources = MemorySources::new();
    sources.add_file(&context.tree, ".gitlab-ci.yml", text);
    blueprint_of(context, Main::Path, &sources)
}

pub(crate) fn blueprint_of(context: &Context, main: Main, sources: &MemorySources) -> Blueprint {
    let checked = check(context, main, sources, &Limits::default());
    let Some(config) = checked.valid_config() else { panic!("{:?}", checked.diagnostics) };
    let evaluation = evaluate::evaluate(config, context, sources);
    match evaluation.outcome {
        Outcome::Created(pipeline) => {
            let made = Blueprint::of(&pipeline, context).unwrap();
            let stored = serde_json::to_string(&made).unwrap();
            assert_eq!(serde_json::from_str::<Blueprint>(&stored).unwrap(), made, "it can be stored");
            made
        }
        other => panic!("{other:?} {:?}", evaluation.diagnostics),
    }
}

pub(crate) fn template(blueprint: &Blueprint, name: &str) -> Template {
    let found = blueprint.jobs.iter().find(|job| job.spec.name == name);
    match found.map(|job| &job.work) {
        Some(Work::Build(template)) => (**template).clone(),
        other => panic!("{name}: {other:?}"),
    }
}

pub(crate) fn bridge(blueprint: &Blueprint, name: &str) -> Bridge {
    let found = blueprint.jobs.iter().find(|job| job.spec.name == name);
    match found.map(|job| &job.work) {
        Some(Work::Bridge(bridge)) => (**bridge).clone(),
        other => panic!("{name}: {other:?}"),
    }
}

pub(crate) fn pipeline_facts() -> PipelineFacts<'static> {
    PipelineFacts {
        id: PipelineId(7),
        iid: 3,
        name: None,
        created_at: Moment(1_795_248_000_000),
        trigger_short_token: None,
    }
}

pub(crate) fn facts() -> Facts<'static> {
    let started = Moment(1_795_248_005_000);
    Facts::new(JobId(7001), &TOKEN, pipeline_facts(), ProjectFacts::new(&URL), started)
}

/// The payload of a job, which reads as it was written.
pub(crate) fn payload(template: &Template, context: &Context, facts: &Facts<'_>) -> Job {
    let job = template.payload(context, facts).unwrap();
    let bytes = serde_json::to_vec(&job).unwrap();
    let read = Job::from_json(&bytes).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::to_value(&job).unwrap());
    job
}

/// The payload of the job `a` of a text.
pub(crate) fn payload_of(context: &Context, text: &str, facts: &Facts<'_>) -> Job {
    payload(&template(&blueprint(context, text), "a"), context, facts)
}

/// The value of a variable; of several of a name the last.
pub(crate) fn value<'j>(job: &'j Job, name: &str) -> Option<&'j str> {
    job.variable(name).map(|variable| variable.value.as_str())
}

pub(crate) fn setting(name: &str, value: &str) -> SettingVariable {
    SettingVariable {
        name: name.into(),
        value: value.into(),
        raw: false,
        file: false,
        masked: false,
        protected: false,
        scope: "*".into(),
    }
}
