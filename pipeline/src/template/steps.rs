//! Scripts of a job (`Gitlab::Ci::Build::Step`).

use super::artifacts::texts;
use super::release;
use ci_yaml::config;
use protocol::{Hook, Step};

/// The name of the step that makes a release.
pub(crate) const RELEASE: &str = "release";

/// What the runner runs in order; steps without commands are left out.
pub(super) fn all(job: &config::Job) -> Vec<Step> {
    let mut script = texts(job.script.as_deref());
    if !script.is_empty() {
        script.splice(0..0, texts(job.before_script.as_deref()));
    }
    let script = step("script", script, "on_success", false);
    let command = job.release.as_ref().map(release::command).into_iter().collect();
    let release = step(RELEASE, command, "on_success", false);
    let after = step("after_script", texts(job.after_script.as_deref()), "always", true);
    [script, release, after].into_iter().filter(|step| !step.script.is_empty()).collect()
}

fn step(name: &str, script: Vec<String>, when: &str, allow_failure: bool) -> Step {
    Step { name: name.into(), script, when: when.into(), allow_failure, timeout: 0 }
}

pub(super) fn hooks(job: &config::Job) -> Vec<Hook> {
    let script = job.hooks.as_ref().and_then(|hooks| hooks.pre_get_sources_script.as_deref());
    let script = script.filter(|script| !script.is_empty());
    let hook = |script| Hook { name: "pre_get_sources_script".into(), script: texts(Some(script)) };
    script.map(hook).into_iter().collect()
}
