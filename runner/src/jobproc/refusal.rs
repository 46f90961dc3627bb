//! Payloads that are failed before anything runs.

use protocol::{Image, Job};
use serde_json::Value;

/// The options that gitlab-runner knows below `executor_opts`, by executor.
struct Known {
    executor: &'static str,
    options: &'static [&'static str],
}

const KNOWN: &[Known] = &[
    Known { executor: "docker", options: &["platform", "user"] },
    Known { executor: "kubernetes", options: &["user"] },
];

/// Why a job cannot be accepted at all, if so: what gitlab-runner checks before it says `running`. The text
/// is the whole trace, without its line feed.
pub(crate) fn refusal(job: &Job) -> Option<String> {
    let mut complaints: Vec<String> = Vec::new();
    complaints.extend(image_complaint("image", &job.image));
    complaints.extend(job.services.iter().filter_map(|service| image_complaint("service", service)));
    if !complaints.is_empty() {
        return Some(complaints.join("\n"));
    }
    native_steps_complaint(job).map(str::to_owned)
}

fn native_steps_complaint(job: &Job) -> Option<&'static str> {
    job.run.as_deref().filter(|run| !run.is_empty())?;
    if job.steps.iter().any(|step| !step.script.is_empty()) {
        return Some("the `run` and `script` keywords cannot be used together");
    }
    // The executor substitutes a variable of this name for the steps.
    job.variable("STEPS").map(|_| "the `run` keyword requires the exclusive use of the variable STEPS")
}

/// Complains about the options of one image: unknown executors first, then unknown options of each.
fn image_complaint(kind: &str, image: &Image) -> Option<String> {
    // Decoded payloads leave nothing else but absence.
    let Value::Object(options) = &image.executor_opts else { return None };
    let known = |name: &str| KNOWN.iter().find(|known| known.executor == name);
    let executors: Vec<&str> =
        options.keys().map(String::as_str).filter(|name| known(name).is_none()).collect();
    if !executors.is_empty() {
        let names: Vec<&str> = KNOWN.iter().map(|known| known.executor).collect();
        return Some(unsupported(kind, &executors, "executor_opts", &names));
    }
    options.iter().find_map(|(name, value)| {
        let (known, value) = (known(name)?, value.as_object()?);
        let unknown: Vec<&str> =
            value.keys().map(String::as_str).filter(|key| !known.options.contains(key)).collect();
        let place = format!("{} executor", known.executor);
        (!unknown.is_empty()).then(|| unsupported(kind, &unknown, &place, known.options))
    })
}

fn unsupported(kind: &str, found: &[&str], place: &str, supported: &[&str]) -> String {
    format!(
        "Unsupported \"{kind}\" options [{}] for \"{place}\"; supported options are [{}]",
        found.join(" "),
        supported.join(" ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(mut payload: Value) -> Option<String> {
        payload["id"] = 1.into();
        payload["token"] = "t".into();
        refusal(&Job::from_json(payload.to_string().as_bytes()).unwrap())
    }

    #[test]
    fn unknown_options_of_an_image() {
        let image = json!({"image": {"name": "x", "executor_opts": {"docker": {"nope": 1, "user": "u"}}}});
        assert_eq!(
            refused(image).unwrap(),
            r#"Unsupported "image" options [nope] for "docker executor"; supported options are [platform user]"#
        );
        let service = json!({"services": [{"name": "x", "executor_opts": {"podman": {}}}]});
        assert_eq!(
            refused(service).unwrap(),
            r#"Unsupported "service" options [podman] for "executor_opts"; supported options are [docker kubernetes]"#
        );
    }

    #[test]
    fn known_and_absent_options_pass() {
        assert_eq!(refused(json!({"image": {"executor_opts": {}}})), None);
        assert_eq!(
            refused(json!({"image": {"executor_opts": {"docker": {"platform": "x", "user": 5}}}})),
            None
        );
        assert_eq!(refused(json!({"steps": [{"name": "script", "script": ["true"]}]})), None);
    }

    #[test]
    fn run_stands_alone() {
        let steps = json!([{"name": "script", "script": ["true"]}]);
        assert_eq!(
            refused(json!({"run": "[]", "steps": steps})).unwrap(),
            "the `run` and `script` keywords cannot be used together"
        );
        let variables = json!([{"key": "STEPS", "value": "x"}]);
        assert!(refused(json!({"run": "[]", "variables": variables})).unwrap().contains("STEPS"));
        assert_eq!(refused(json!({"run": "[]"})), None);
        assert_eq!(refused(json!({"variables": [{"key": "STEPS", "value": "x"}]})), None);
    }
}
