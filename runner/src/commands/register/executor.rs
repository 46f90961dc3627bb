//! The executor of a new section, and what it needs.

use super::prompt::{Lines, Prompt, Question};
use crate::config::schema::EXECUTORS;
use crate::config::{Draft, Value};
use crate::error::CliError;

/// Executors that a section can be written for. (Whether this build can also run their jobs is said when the
/// section is used.)
const WRITABLE: &[&str] = &["shell", "docker"];

/// Asks for the executor and its settings, and drops what belongs to others.
pub(super) async fn complete<L: Lines>(draft: &mut Draft, prompt: &mut Prompt<L>) -> Result<(), CliError> {
    let executor = ask(draft, prompt).await?;
    if executor == "docker" {
        let question =
            Question::required("docker-image", "Enter the default Docker image (for example, ruby:3.3):")
                .flag("--docker-image or DOCKER_IMAGE");
        let image = prompt.ask(&question, draft.text_in("docker", "image").unwrap_or("")).await?;
        draft.table_mut("docker").set("image", Value::Text(image));
        add_cache_volume(draft);
        prefer_own_networks(draft);
        super::super::refuse_docker_faults(draft)?;
    }
    for table in draft.keep_tables_for(&executor) {
        tracing::warn!(
            "Settings of [runners.{table}] are left out: they mean nothing to the {executor} executor"
        );
    }
    Ok(())
}

async fn ask<L: Lines>(draft: &mut Draft, prompt: &mut Prompt<L>) -> Result<String, CliError> {
    let question = Question::required("executor", format!("Enter an executor: {}:", WRITABLE.join(", ")))
        .flag("--executor or RUNNER_EXECUTOR");
    loop {
        let executor = prompt.ask(&question, draft.text("executor").unwrap_or("")).await?;
        draft.set("executor", Value::Text(executor.clone()));
        if WRITABLE.contains(&executor.as_str()) {
            return Ok(executor);
        }
        prompt.refuse(refusal(&executor))?;
    }
}

fn refusal(executor: &str) -> CliError {
    let hint = format!("the executors are {}", WRITABLE.join(" and "));
    if EXECUTORS.contains(&executor) {
        return CliError::usage(format!("the {executor} executor is not available in this build")).hint(hint);
    }
    let error = CliError::usage("Invalid executor specified");
    match crate::config::nearest(executor, WRITABLE.iter().copied()) {
        Some(nearest) => error.hint(nearest),
        None => error.hint(hint),
    }
}

/// As gitlab-runner does it: caches outlive a job's containers.
fn add_cache_volume(draft: &mut Draft) {
    let docker = draft.table_mut("docker");
    if docker.boolean("disable_cache") == Some(true) {
        return;
    }
    let mut volumes =
        if let Some(Value::Texts(volumes)) = docker.get("volumes") { volumes.clone() } else { Vec::new() };
    if !volumes.iter().any(|volume| volume.ends_with("/cache")) {
        volumes.push("/cache".to_owned());
        docker.set("volumes", Value::Texts(volumes));
    }
}

/// What gitlab-runner leaves off for the sake of old configurations: in a network of the job's own, services find
/// each other and the job. Whoever names a network or says otherwise has it as they say.
fn prefer_own_networks(draft: &mut Draft) {
    const FLAG: &str = "FF_NETWORK_PER_BUILD";
    if draft.text_in("docker", "network_mode").is_some() {
        return;
    }
    let mut flags = draft.feature_flags();
    flags.entry(FLAG.to_owned()).or_insert(true);
    draft.set("feature_flags", Value::BooleanMap(flags));
}
