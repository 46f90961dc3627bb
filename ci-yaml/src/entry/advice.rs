//! Where a key belongs that stands where nobody knows it.

use super::keyword::Keyword;
use crate::diagnostic::nearest;

/// Where a key belongs that somebody wrote into a job, if it is one of those that people write there.
pub(super) fn in_job(key: &str) -> Option<&'static str> {
    Some(match key {
        "name" => "A job's name is the key above it.",
        "branches" | "branch" | "refs" => {
            "Branches are chosen by rules, as in `rules: [{if: '$CI_COMMIT_BRANCH == \"main\"'}]`."
        }
        "if" | "changes" | "exists" => "Conditions of a job go into the list `rules`.",
        "steps" | "commands" | "command" | "cmd" | "scripts" | "run_script" => {
            "The commands of a job go into the list `script`."
        }
        "runs_on" | "runs-on" | "runner" | "runners" => "The list `tags` chooses the runner.",
        "shell" => "The shell is a setting of the runner; call another one in `script`.",
        "env" | "environment_variables" | "vars" => "Variables of a job go into the map `variables`.",
        "depends_on" | "requires" | "depends" => {
            "Jobs that must have finished before go into the list `needs`."
        }
        "stages" => "A job has one `stage`; the list `stages` belongs to the top level.",
        "type" => "The stage of a job is its `stage`.",
        "types" => "The stages are the list `stages` of the top level.",
        "include" => "`include` belongs to the top level; `trigger:include` starts a child pipeline.",
        "workflow" | "default" | "spec" => "It belongs to the top level.",
        "<<" => {
            "A merge key takes a map: `&name` gives an anchor to the value behind it, `*name` refers to one. \
             Aliases only work within one file."
        }
        "paths" | "untracked" => "It belongs under `artifacts` or `cache`.",
        "expire_in" | "reports" | "expose_as" | "exclude" => "It belongs under `artifacts`.",
        "key" | "policy" | "fallback_keys" => "It belongs under `cache`.",
        "entrypoint" | "pull_policy" => "It belongs under `image`.",
        "url" | "action" | "on_stop" | "auto_stop_in" | "deployment_tier" => {
            "It belongs under `environment`."
        }
        "matrix" => "It belongs under `parallel`.",
        "exit_codes" => "It belongs under `allow_failure`.",
        "max" => "It belongs under `retry`.",
        "pre_get_sources_script" => "It belongs under `hooks`.",
        "auto_cancel" => "It belongs under `workflow`.",
        "strategy" | "forward" | "project" => "It belongs under `trigger`.",
        "description" => "A job has no description; a comment tells as much.",
        _ => return None,
    })
}

/// What to do about a key that somebody wrote under a keyword which does not know it. A word that is nearly one of the
/// known ones was probably meant to be that.
pub(super) fn below(place: &str, key: &str, known: &[&str]) -> Option<String> {
    if nearest(key, known.iter().copied()).is_some() {
        return None;
    }
    let help = match (place, key) {
        ("rule", "only" | "except") => {
            "A rule has its conditions in `if`, `changes` and `exists` instead of `only`."
        }
        ("rule", "branches" | "branch" | "refs") => {
            "Branches are chosen by a condition, as in `if: '$CI_COMMIT_BRANCH == \"main\"'`."
        }
        ("rule", _) if Keyword::parse(key).is_some() => {
            "No rule changes this: write two jobs with a rule each that extend a common one."
        }
        ("only" | "except", "if" | "exists") => {
            "That is for `rules`; here expressions go into the list `variables`."
        }
        ("only" | "except", "branches" | "tags") => "Names and keywords go into a list: `only: [branches]`.",
        ("artifacts", "key" | "policy") => "It belongs under `cache`.",
        ("cache", "expire_in" | "reports" | "name" | "expose_as") => "It belongs under `artifacts`.",
        ("include", _) if Keyword::parse(key).is_some() => return None,
        _ if Keyword::parse(key).is_some() => {
            return Some(format!(
                "`{key}` is a keyword of jobs: it is indented too far if it is meant as such."
            ));
        }
        _ => return None,
    };
    Some(help.to_owned())
}
