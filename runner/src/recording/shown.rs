//! What a recording shows without its key.
//!
//! Only what is named here is shown. And since a script may repeat what it was told in confidence, all that is shown
//! goes through the mask of a job's log: values of variables that are not public, of files and masked ones, tokens and
//! passwords become `[MASKED]` in it.

use crate::jobproc::Assignment;
use protocol::{Image, Job, Secret, Variable};
use serde_json::{Value, json};
use trace::mask::{DEFAULT_TOKEN_PREFIXES, MaskSet, Masker};

/// Secrets that are shorter are not looked for in scripts: they are found everywhere.
const SHORTEST: usize = 4;

/// What anybody may see of a job.
pub(super) fn shown(assignment: &Assignment) -> Value {
    let order = &assignment.order;
    let job = &order.payload;
    let secrets = secrets(assignment);
    let secrets = secrets.iter().filter(|secret| secret.trim().chars().count() >= SHORTEST);
    let Ok(masks) = MaskSet::new(secrets, DEFAULT_TOKEN_PREFIXES) else {
        // More than can be looked for: nothing is sure to be no secret.
        return json!({"id": job.id});
    };
    let info = &job.job_info;
    let mut shown = json!({
        "id": job.id,
        "name": info.name,
        "stage": info.stage,
        "project": info.project_full_path,
        "pipeline": info.pipeline_id,
        "ref": job.git_info.reference,
        "sha": job.git_info.sha,
        "repository": login(job.git_info.repo_url.expose()).1,
        "runner": order.runner_name,
        "executor": if assignment.docker.is_some() { "docker" } else { "shell" },
        "shell": order.settings.shell,
        "timeout": job.timeout_seconds(),
        "image": image(&job.image),
        "services": job.services.iter().map(image).collect::<Vec<_>>(),
        "variables": variables(&job.variables),
        "hooks": job.hooks.iter().map(|hook| json!({"name": hook.name, "script": hook.script})).collect::<Vec<_>>(),
        "steps": job.steps.iter().map(|step| json!({"name": step.name, "script": step.script})).collect::<Vec<_>>(),
        "cache": job.cache.iter().map(|cache| json!({"key": cache.key, "paths": cache.paths})).collect::<Vec<_>>(),
        "artifacts": job.artifacts.iter().map(|artifact| {
            json!({"name": artifact.name, "type": artifact.artifact_type, "paths": artifact.paths})
        }).collect::<Vec<_>>(),
        "dependencies": job.dependencies.iter().map(|job| json!({"id": job.id, "name": job.name})).collect::<Vec<_>>(),
        "credentials": job.credentials.iter().map(|login| json!({"type": login.kind, "url": login.url})).collect::<Vec<_>>(),
        "inputs": job.inputs.iter().map(|input| input.key.as_str()).collect::<Vec<_>>(),
        "secrets": job.secrets.keys().collect::<Vec<_>>(),
    });
    mask(&mut shown, &masks);
    shown
}

fn image(image: &Image) -> Value {
    json!({"name": image.name, "alias": image.alias, "variables": variables(&image.variables)})
}

fn variables(list: &[Variable]) -> Vec<Value> {
    let shown = |variable: &Variable| match is_secret(variable) {
        true => json!({"key": variable.key, "sealed": true}),
        false => json!({"key": variable.key, "value": variable.value}),
    };
    list.iter().map(shown).collect()
}

fn is_secret(variable: &Variable) -> bool {
    variable.masked || !variable.public || variable.file
}

/// Everything that is not to be shown, wherever it stands.
fn secrets(assignment: &Assignment) -> Vec<String> {
    let order = &assignment.order;
    let Job { token, git_info, variables, image, services, credentials, dependencies, inputs, .. } =
        &order.payload;
    let mut secrets = vec![token.expose().to_owned()];
    secrets.extend(login(git_info.repo_url.expose()).0);
    let own = [image].into_iter().chain(services).flat_map(|image| &image.variables);
    for variable in variables.iter().chain(own).filter(|variable| is_secret(variable)) {
        add(&mut secrets, &variable.value);
    }
    secrets.extend(credentials.iter().map(|login| login.password.expose().to_owned()));
    secrets.extend(dependencies.iter().map(|job| job.token.expose().to_owned()));
    for input in inputs {
        texts(&input.value, &mut |text| add(&mut secrets, text));
    }
    for item in &order.settings.environment {
        add(&mut secrets, item.split_once('=').map_or(item, |(_, value)| value));
    }
    add(&mut secrets, &order.tls.key);
    let runner = assignment.docker.iter().map(|docker| &docker.token);
    secrets.extend(runner.map(Secret::expose).map(str::to_owned));
    secrets
}

/// A value, and the lines of one that has several, which may be quoted alone.
fn add(secrets: &mut Vec<String>, value: &str) {
    secrets.push(value.to_owned());
    if value.contains('\n') {
        secrets.extend(value.lines().filter(|line| line.trim().len() >= 2 * SHORTEST).map(str::to_owned));
    }
}

/// The login in an address, its password alone, and the address without them.
fn login(url: &str) -> (Vec<String>, String) {
    let Some((scheme, rest)) = url.split_once("://") else { return (Vec::new(), url.to_owned()) };
    let host = rest.split('/').next().unwrap_or_default();
    // No path of a project has this sign: a password with a slash, which should not be, must not be taken for a host.
    match host.rsplit_once('@').or_else(|| rest.rsplit_once('@')) {
        Some((login, _)) => {
            let password = login.split_once(':').map(|(_, password)| password.to_owned());
            let found = [login.to_owned()].into_iter().chain(password).collect();
            (found, format!("{scheme}://{}", &rest[login.len() + 1..]))
        }
        None => (Vec::new(), url.to_owned()),
    }
}

/// Calls for every text in a value. The nesting is that of a payload that was read, which is bounded.
fn texts(value: &Value, take: &mut dyn FnMut(&str)) {
    match value {
        Value::String(text) => take(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, take)),
        Value::Object(map) => {
            map.iter().filter(|(key, _)| *key != "type").for_each(|(_, item)| texts(item, take));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn mask(value: &mut Value, masks: &MaskSet) {
    match value {
        Value::String(text) => *text = masked(text, masks),
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, masks)),
        Value::Object(map) => map.values_mut().for_each(|item| mask(item, masks)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn masked(text: &str, masks: &MaskSet) -> String {
    let (mut masker, mut bytes) = (Masker::new(masks.clone()), Vec::with_capacity(text.len()));
    masker.write(text.as_bytes(), |piece| bytes.extend_from_slice(piece));
    masker.close(|piece| bytes.extend_from_slice(piece));
    String::from_utf8_lossy(&bytes).into_owned()
}
