//! The variables of a job in GitLab's order: of several of a name the last counts.

use crate::facts::{Facts, PipelineFacts, RunnerFacts};
use crate::template::{Environment, Template, Variable};
use ci_yaml::variables::{Collection, ExpansionError, Item, Origin, Surroundings, Undefined};
use ci_yaml::{Context, GivenVariable, User};

/// What stands between the first variables of a job and its last: `Variables::Builder#scoped_variables`.
pub(crate) struct Layers<'a> {
    /// Predefined ones of the job.
    pub(crate) predefined: &'a [Variable],
    /// The configuration's.
    pub(crate) yaml: &'a [Variable],
    /// Its environment.
    pub(crate) environment: Option<&'a Environment>,
    /// Its pipeline.
    pub(crate) pipeline: PipelineFacts<'a>,
    /// What is given at the start.
    pub(crate) given: Given<'a>,
}

/// What is given to a job when it starts.
#[derive(Clone, Copy, Default)]
pub(crate) struct Given<'a> {
    /// Who started it, where that is not who started the pipeline.
    pub(crate) user: Option<&'a User>,
    /// The runner.
    pub(crate) runner: Option<RunnerFacts<'a>>,
    /// Of the reports of jobs before it.
    pub(crate) dotenv: &'a [(String, String)],
    /// By who started it.
    pub(crate) job_variables: &'a [GivenVariable],
}

pub(super) fn of(
    template: &Template,
    context: &Context,
    facts: &Facts<'_>,
) -> Result<Collection, ExpansionError> {
    let given = Given {
        user: facts.user,
        runner: facts.runner,
        dotenv: facts.dotenv,
        job_variables: facts.job_variables,
    };
    let scoped = layers(
        context,
        &Layers {
            predefined: &template.predefined,
            yaml: &template.variables,
            environment: template.environment.as_ref(),
            pipeline: facts.pipeline,
            given,
        },
    );
    let tokens = id_tokens(template, facts, &scoped)?;
    let mut all = persisted(context, facts);
    all.extend(tokens);
    all.extend(scoped.iter().cloned());
    all.extend(facts.job_variables.iter().map(of_person));
    if let Some(environment) = &template.environment {
        all.push(public("CI_ENVIRONMENT_SLUG", environment.slug.as_str()));
        all.extend(environment.url.as_deref().map(|url| public("CI_ENVIRONMENT_URL", url)));
    }
    Ok(all)
}

/// All that comes of job, project, pipeline, runner, configuration, person, reports and settings, in this order.
pub(crate) fn layers(context: &Context, layers: &Layers<'_>) -> Collection {
    let Given { user, runner, dotenv, job_variables } = layers.given;
    let environment = layers.environment.map(|environment| environment.name.as_str());
    let around = Surroundings::new(context, environment);
    let mut all = Collection::default();
    for variable in layers.predefined {
        all.push(variable.item());
        if &*variable.name == "CI_PIPELINE_TRIGGERED" {
            let token = layers.pipeline.trigger_short_token;
            all.extend(token.map(|token| public("CI_TRIGGER_SHORT_TOKEN", token)));
        }
    }
    all.extend(around.project);
    all.extend(of_pipeline(&layers.pipeline, around.pipeline_iid, around.config_ref_uri, around.pipeline));
    all.extend(runner.into_iter().flat_map(of_runner));
    all.extend(layers.yaml.iter().map(Variable::item));
    match user {
        Some(user) => all.extend(of_user(user)),
        None => all.extend(around.user),
    }
    all.extend(dotenv.iter().map(|(name, value)| private(name, value)));
    all.extend(around.settings);
    all.extend(around.given);
    all.extend(job_variables.iter().map(of_person));
    all
}

fn public(name: &str, value: impl Into<std::sync::Arc<str>>) -> Item {
    Item::new(name, value, Origin::Run)
}

fn private(name: &str, value: &str) -> Item {
    Item { public: false, ..public(name, value) }
}

fn masked(name: &str, value: &str) -> Item {
    Item { masked: true, ..private(name, value) }
}

/// A variable that somebody gave when starting this very job.
fn of_person(variable: &GivenVariable) -> Item {
    Item { raw: variable.raw, file: variable.file, ..private(&variable.name, &variable.value) }
}

/// What a job has only once it is stored (`Ci::Build#persisted_variables`).
fn persisted(context: &Context, facts: &Facts<'_>) -> Collection {
    let project = format!("{}/{}", context.project.server_url, context.project.path);
    let pipeline = facts.pipeline.id;
    let token = facts.token.expose();
    let mut all = vec![
        public("CI_PIPELINE_ID", pipeline.to_string()),
        public("CI_PIPELINE_URL", format!("{project}/-/pipelines/{pipeline}")),
        public("CI_JOB_ID", facts.job.to_string()),
        public("CI_JOB_URL", format!("{project}/-/jobs/{}", facts.job)),
        masked("CI_JOB_TOKEN", token),
        public("CI_JOB_STARTED_AT", facts.started_at.iso8601()),
    ];
    if let Some(login) = facts.registry {
        all.push(public("CI_REGISTRY_USER", login.user));
        all.push(masked("CI_REGISTRY_PASSWORD", login.password.expose()));
    }
    all.push(private("CI_REPOSITORY_URL", facts.project.repository_url.expose()));
    let given = |item: Item| match context.predefined.get(&*item.name) {
        Some(None) => None,
        Some(Some(value)) => Some(Item { value: Some(value.as_str().into()), ..item }),
        None => Some(item),
    };
    all.into_iter().filter_map(given).collect()
}

/// Tokens that could be signed, their audiences expanded with what the job sees.
fn id_tokens(
    template: &Template,
    facts: &Facts<'_>,
    scoped: &Collection,
) -> Result<Vec<Item>, ExpansionError> {
    let Some(signer) = facts.id_tokens.filter(|_| !template.id_tokens.is_empty()) else {
        return Ok(Vec::new());
    };
    let scoped = scoped.handed_over()?;
    let mut tokens = Vec::new();
    for (name, audiences) in &template.id_tokens {
        let expanded = audiences.iter().map(|audience| scoped.expand(audience, Undefined::Empty));
        let token = signer.sign(name, &expanded.collect::<Result<Vec<_>, _>>()?);
        tokens.extend(token.map(|token| masked(name, token.expose())));
    }
    Ok(tokens)
}

/// Its number in the project, where it comes from, when it was made, its name, its configuration; then all the rest.
fn of_pipeline(
    facts: &PipelineFacts<'_>,
    given_iid: Option<Item>,
    config: Option<Item>,
    computed: Vec<Item>,
) -> Vec<Item> {
    let iid = given_iid.unwrap_or_else(|| public("CI_PIPELINE_IID", facts.iid.to_string()));
    let mut all: Vec<Item> = Vec::with_capacity(computed.len() + 5);
    all.push(iid);
    let (first, rest): (Vec<_>, Vec<_>) =
        computed.into_iter().partition(|item| &*item.name == "CI_PIPELINE_SOURCE");
    let (schedule, rest): (Vec<_>, Vec<_>) =
        rest.into_iter().partition(|item| &*item.name == "CI_PIPELINE_SCHEDULE_DESCRIPTION");
    all.extend(first);
    all.push(public("CI_PIPELINE_CREATED_AT", facts.created_at.iso8601()));
    all.push(public("CI_PIPELINE_NAME", facts.name.unwrap_or_default()));
    all.extend(schedule);
    all.extend(config);
    all.extend(rest);
    all
}

/// Tags are a list as Ruby writes it.
fn of_runner(runner: RunnerFacts<'_>) -> [Item; 3] {
    let tags: Vec<String> = runner.tags.iter().map(|tag| format!("{tag:?}")).collect();
    [
        public("CI_RUNNER_ID", runner.id.to_string()),
        public("CI_RUNNER_DESCRIPTION", runner.description),
        public("CI_RUNNER_TAGS", format!("[{}]", tags.join(", "))),
    ]
}

fn of_user(user: &User) -> [Item; 4] {
    [
        public("GITLAB_USER_ID", user.id.to_string()),
        public("GITLAB_USER_EMAIL", user.email.as_str()),
        public("GITLAB_USER_LOGIN", user.login.as_str()),
        public("GITLAB_USER_NAME", user.name.as_str()),
    ]
}
