//! From a job's order to what the docker executor is asked for.

use crate::environment::Environment;
use executor_docker::names::Names;
use executor_docker::{
    Ask, Credentials, DockerExecutor, EngineEnvironment, Identity, Means, Settings, Variable, Work,
};
use executor_shell::Trail;
use job::variables::{Flags, JobView, Options, Variables};
use job::{Order, StageError};
use protocol::{Image, Secret};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Whether a job has a network of its own.
const NETWORK_PER_BUILD: &str = "FF_NETWORK_PER_BUILD";

/// What the process of a job is told of its section's docker settings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DockerOrder {
    /// `[runners.docker]`.
    pub(crate) settings: Settings,
    /// The runner's token, which names of volumes are made of.
    pub(crate) token: Secret,
    /// What the service calls itself, so that it finds what its jobs leave and nothing else.
    pub(crate) keeper: String,
    /// Where jobs agree on who pulls an image, and keep what is costly to find out.
    pub(crate) state_dir: PathBuf,
    /// `graceful_kill_timeout`.
    pub(crate) graceful_kill: Duration,
    /// `force_kill_timeout`.
    pub(crate) force_kill: Duration,
}

/// Makes the executor of a job.
///
/// # Errors
/// The job's directories cannot be planned.
pub(crate) fn executor(
    docker: &DockerOrder,
    order: &Order,
    trail: &Trail,
    environment: &Environment,
) -> Result<DockerExecutor, StageError> {
    let work = work(docker, order, trail.id())?;
    let means = means(&docker.state_dir, environment);
    Ok(DockerExecutor::new(docker.settings.clone(), work, means))
}

/// Tells the job the name of its own network, if it has one: containers that it starts itself can join it.
pub(crate) fn name_network(docker: &DockerOrder, order: &mut Order) {
    let flags = Flags::resolve(order);
    if !flags.is_on(NETWORK_PER_BUILD) || !docker.settings.network_mode.is_empty() {
        return;
    }
    let name = Names::of(&identity(docker, order, &Variables::build(order, &flags, None), "")).network;
    order.payload.variables.push(protocol::Variable::public("CI_BUILD_NETWORK_NAME", name));
}

/// What of this machine the executor uses.
fn means(state_dir: &Path, environment: &Environment) -> Means {
    Means {
        executable: own_executable(),
        state_dir: Some(state_dir.to_owned()),
        engine: engine_environment(environment),
        home: environment.get("HOME").map(PathBuf::from),
        search_path: environment.get("PATH").map(Into::into),
        environment: std::env::vars_os().collect(),
    }
}

/// This very executable, also after an upgrade has replaced its file.
fn own_executable() -> PathBuf {
    let own = PathBuf::from("/proc/self/exe");
    if own.exists() { own } else { std::env::current_exe().unwrap_or(own) }
}

/// What of the settings says how the engine is reached and things are removed from it; others may hold secrets.
pub(crate) fn reach(settings: &Settings) -> Settings {
    Settings {
        host: settings.host.clone(),
        tls_verify: settings.tls_verify,
        tls_cert_path: settings.tls_cert_path.clone(),
        volume_keep: settings.volume_keep,
        ..Settings::default()
    }
}

/// What the environment says of the engine.
pub(crate) fn engine_environment(environment: &Environment) -> EngineEnvironment {
    let text = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    let home = text("HOME").map(|home| Path::new(home).join(".docker"));
    EngineEnvironment {
        host: text("DOCKER_HOST").map(str::to_owned),
        tls_verify: text("DOCKER_TLS_VERIFY").is_some(),
        cert_path: text("DOCKER_CERT_PATH").map(PathBuf::from).or(home),
    }
}

fn work(docker: &DockerOrder, order: &Order, trail: &str) -> Result<Work, StageError> {
    let flags = Flags::resolve(order);
    let rootless = Variables::build(order, &flags, None);
    let workspace = job::git::plan_workspace(order, &Options::read(order, &rootless))?;
    let variables = Variables::build(order, &flags, Some(&workspace));
    let options = Options::read(order, &variables);
    let view =
        JobView { order, flags: &flags, options: &options, variables: &variables, workspace: &workspace };
    let needs_helper = job::needs_helper(view);
    // A copy is for one job alone.
    let keeps_builds =
        options.git.strategy == job::variables::GitStrategy::Fetch && !order.sources.are_ready();
    let shared = Arc::new(variables);
    let all = Arc::clone(&shared);
    let payload = payload_only(order);
    Ok(Work {
        identity: identity(docker, order, &shared, trail),
        image: ask(&order.payload.image, &shared),
        services: order.payload.services.iter().map(|service| ask(service, &shared)).collect(),
        variables: exported(order, &shared),
        expand: Arc::new(move |text| all.expand(text)),
        expand_with_payload: Arc::new(move |text| {
            job::variables::expand::expand(text, |name| payload.get(name).cloned().unwrap_or_default())
                .into_owned()
        }),
        credentials: credentials(order),
        auth_config: Some(shared.value("DOCKER_AUTH_CONFIG"))
            .filter(|content| !content.is_empty())
            .map(Secret::new),
        keeps_builds,
        protected: is_protected(order, &shared),
        needs_helper,
        network_per_build: flags.is_on(NETWORK_PER_BUILD),
        uses_init: flags.is_on("FF_USE_INIT_WITH_DOCKER_EXECUTOR"),
        debug_services: options.debug_services && !order.settings.debug_trace_disabled,
        cache_root: order.settings.cache_dir.clone(),
        workspace,
        graceful_kill: docker.graceful_kill,
        force_kill: docker.force_kill,
    })
}

fn identity(docker: &DockerOrder, order: &Order, variables: &Variables, trail: &str) -> Identity {
    let git = &order.payload.git_info;
    Identity {
        token: docker.token.clone(),
        short_token: order.short_token.clone(),
        system_id: order.system_id.clone(),
        concurrent_id: order.concurrent_id,
        project_id: order.payload.job_info.project_id,
        job_id: order.payload.id,
        concurrent_project_id: order.concurrent_project_id,
        pipeline_id: variables.value("CI_PIPELINE_ID").to_owned(),
        job_url: format!("{}/-/jobs/{}", plain_repository(git.repo_url.expose()), order.payload.id),
        sha: git.sha.clone(),
        before_sha: git.before_sha.clone(),
        reference: git.reference.clone(),
        timeout: Duration::from_secs(order.payload.timeout_seconds()),
        trail: trail.to_owned(),
        keeper: docker.keeper.clone(),
    }
}

/// The repository's address without user, password and `.git`.
fn plain_repository(url: &str) -> String {
    let url = url.strip_suffix(".git").unwrap_or(url);
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.find('/').unwrap_or(rest.len());
            let host = rest[..authority].rfind('@').map_or(0, |at| at + 1);
            format!("{scheme}://{}", &rest[host..])
        }
        None => url.to_owned(),
    }
}

fn ask(image: &Image, variables: &Variables) -> Ask {
    let option = |name: &str| match image.executor_opts.pointer(&format!("/docker/{name}")) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let own = image.variables.iter().map(|variable| Variable {
        key: variable.key.clone(),
        value: if variable.raw { variable.value.clone() } else { variables.expand(&variable.value) },
        public: true,
    });
    Ask {
        name: image.name.clone(),
        alias: image.alias.clone(),
        entrypoint: image.entrypoint.clone(),
        command: image.command.clone(),
        variables: own.collect(),
        pull_policy: image.pull_policy.clone(),
        platform: option("platform"),
        user: option("user"),
    }
}

/// All variables, each once, with its last value. Services get what is public or the runner's own; what comes
/// from the settings of a project or group is neither.
fn exported(order: &Order, variables: &Variables) -> Vec<Variable> {
    let secret =
        |key: &str| order.payload.variables.iter().rev().find(|v| v.key == key).is_some_and(|v| !v.public);
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut list: Vec<Variable> = Vec::new();
    for variable in variables.iter() {
        let (key, value) = (variable.key.as_str(), variables.get(&variable.key).into_owned());
        if key.is_empty() || key.contains(['=', '\0']) || value.contains('\0') {
            continue;
        }
        let item = Variable { key: key.to_owned(), value, public: !secret(key) };
        match places.get(key) {
            Some(&place) => list[place] = item,
            None => {
                places.insert(key, list.len());
                list.push(item);
            }
        }
    }
    list
}

fn payload_only(order: &Order) -> HashMap<String, String> {
    order.payload.variables.iter().map(|v| (v.key.clone(), v.value.clone())).collect()
}

fn credentials(order: &Order) -> Vec<Credentials> {
    let registries = order.payload.credentials.iter().filter(|c| c.kind == "registry");
    registries
        .map(|found| Credentials {
            address: found.url.clone(),
            username: found.username.clone(),
            password: found.password.clone(),
        })
        .collect()
}

/// Whether the job uses the volumes of protected refs.
fn is_protected(order: &Order, variables: &Variables) -> bool {
    let protected = match order.payload.git_info.protected {
        Some(protected) => protected,
        None => variables.get_bool("CI_COMMIT_REF_PROTECTED"),
    };
    let key_says = |key: &str| key.ends_with("-protected") && !key.ends_with("-non_protected");
    protected || order.payload.cache.iter().any(|cache| key_says(&variables.expand(&cache.key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobproc::testing::assignment;

    #[test]
    fn addresses_lose_what_is_secret() {
        assert_eq!(plain_repository("https://u:p@h:1/g/p.git"), "https://h:1/g/p");
        assert_eq!(plain_repository("https://h/g/p@x.git"), "https://h/g/p@x");
        assert_eq!(plain_repository("x"), "x");
    }

    #[test]
    fn a_job_knows_the_name_of_its_own_network() {
        let name = |flag: &str, mode: &str| {
            let mut order = assignment(5).order;
            order.payload.variables = vec![protocol::Variable::public("FF_NETWORK_PER_BUILD", flag)];
            let docker = DockerOrder {
                settings: Settings { network_mode: mode.into(), ..Settings::default() },
                token: Secret::new("glrt-rigrigrig"),
                keeper: String::new(),
                state_dir: PathBuf::new(),
                graceful_kill: Duration::ZERO,
                force_kill: Duration::ZERO,
            };
            name_network(&docker, &mut order);
            Variables::build(&order, &Flags::resolve(&order), None).value("CI_BUILD_NETWORK_NAME").to_owned()
        };
        assert_eq!(name("true", ""), "runner-rigrigrig-7-1-5");
        assert_eq!((name("false", ""), name("true", "host")), (String::new(), String::new()));
    }

    #[test]
    fn secrets_of_the_payload_are_not_for_services() {
        let mut order = assignment(1).order;
        let mut token = protocol::Variable::public("TOKEN", "s3cret");
        token.public = false;
        order.payload.variables = vec![token, protocol::Variable::public("A", "$TOKEN")];
        order.settings.environment = vec!["FROM_RUNNER=1".into(), "A=overridden".into()];
        let variables = Variables::build(&order, &Flags::resolve(&order), None);
        let list = exported(&order, &variables);
        let find = |key: &str| list.iter().find(|v| v.key == key).unwrap();
        assert!(!find("TOKEN").public && find("FROM_RUNNER").public && find("CI_SERVER").public);
        assert_eq!(find("A").value, "s3cret");
        assert_eq!(list.iter().filter(|v| v.key == "A").count(), 1);
    }
}
