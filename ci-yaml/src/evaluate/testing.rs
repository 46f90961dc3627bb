//! Configurations for tests.

use super::evaluate;
use crate::config::{AllowFailure, Config, Inherit, Job, Kind, Variable, Variables, When};
use crate::include::Main;
use crate::pipeline::{Outcome, Pipeline};
use crate::yaml::Limits;
use crate::{Context, MemorySources, Span, Spanned, Tree, check};
use indexmap::IndexMap;

/// A job of stage `test` with a script and nothing else; not even the `only` that jobs have without rules.
pub(crate) fn job(name: &str) -> Job {
    Job {
        name: name.into(),
        span: Span::default(),
        keywords: IndexMap::new(),
        kind: Kind::Build,
        stage: Spanned::new("test".into(), Span::default()),
        only: None,
        except: None,
        rules: None,
        when: When::OnSuccess,
        start_in: None,
        manual_confirmation: None,
        allow_failure: AllowFailure::default(),
        variables: Variables::new(),
        inherit: Inherit::default(),
        needs: None,
        dependencies: None,
        tags: Vec::new(),
        resource_group: None,
        environment: None,
        interruptible: None,
        parallel: None,
        instance: None,
        image: None,
        services: Vec::new(),
        before_script: None,
        script: Some(vec!["x".into()]),
        after_script: None,
        hooks: None,
        run: None,
        cache: None,
        artifacts: None,
        coverage: None,
        retry: None,
        timeout: None,
        release: None,
        id_tokens: IndexMap::new(),
        secrets: None,
        dast_configuration: None,
        identity: None,
        pages: None,
        inputs: None,
    }
}

/// Variables as written.
pub(crate) fn variables<const N: usize>(values: [(&str, &str); N]) -> Variables {
    let variable = |value: &str| Variable {
        value: value.into(),
        raw: false,
        description: None,
        options: None,
        span: Span::default(),
    };
    values.into_iter().map(|(name, value)| (name.into(), variable(value))).collect()
}

/// The tree that tests are about.
fn tree() -> Tree {
    Tree { project: "g/p".into(), revision: "HEAD".into() }
}

/// A repository with this configuration and these empty files.
pub(crate) fn repository(text: &str, files: &[&str]) -> MemorySources {
    let mut sources = MemorySources::new();
    sources.add_file(&tree(), ".gitlab-ci.yml", text);
    for file in files {
        sources.add_file(&tree(), file, "");
    }
    sources
}

/// The checked configuration of a repository; it must be valid.
pub(crate) fn config(context: &Context, sources: &MemorySources) -> Config {
    let checked = check(context, Main::Path, sources, &Limits::default());
    assert!(checked.is_valid(), "{:?}", checked.diagnostics);
    checked.config.unwrap()
}

/// A context whose tree is that of [`repository`].
pub(crate) fn context(context: Context) -> Context {
    Context { tree: tree(), ..context }
}

/// What becomes of a configuration, in one line: names of jobs, or the first message.
pub(crate) fn outcome(text: &str, given: Context) -> String {
    let (sources, context) = (repository(text, &["Dockerfile", "dir/f.md"]), context(given));
    let evaluation = evaluate(&config(&context, &sources), &context, &sources);
    let first = || evaluation.diagnostics.first().map_or_else(String::new, |found| found.message.clone());
    match &evaluation.outcome {
        Outcome::Created(pipeline) => {
            let names: Vec<&str> = pipeline.jobs.iter().map(|job| &**job.name()).collect();
            names.join(", ")
        }
        Outcome::Skipped => "skipped".into(),
        Outcome::Empty(why) => format!("empty: {}", why.message),
        Outcome::Invalid => format!("invalid: {}", first()),
    }
}

/// The pipeline of a configuration; there must be one.
pub(crate) fn pipeline(text: &str, given: Context) -> Pipeline {
    let (sources, context) = (repository(text, &[]), context(given));
    let evaluation = evaluate(&config(&context, &sources), &context, &sources);
    match evaluation.outcome {
        Outcome::Created(pipeline) => pipeline,
        other => panic!("{other:?} {:?}", evaluation.diagnostics),
    }
}
