//! Parts of a payload that would have to be honoured for the job to mean what its author wrote, and are not.

use job::Order;
use job::variables::Flags;
use protocol::Job;

/// What keeps the job from being run, if anything does: names each part.
pub(crate) fn unsupported(order: &Order) -> Option<String> {
    let job = &order.payload;
    let parts: Vec<String> = [secrets(job), native_steps(job), inputs(order)].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("this runner does not support {}", parts.join(", nor ")))
}

fn secrets(job: &Job) -> Option<String> {
    let names: Vec<&str> = job.secrets.keys().map(String::as_str).collect();
    (!names.is_empty()).then(|| format!("external secrets (`secrets`: {})", names.join(", ")))
}

fn native_steps(job: &Job) -> Option<String> {
    job.run.as_deref().filter(|run| !run.is_empty()).map(|_| "native steps (the `run` keyword)".to_owned())
}

/// Inputs change nothing unless something refers to them.
fn inputs(order: &Order) -> Option<String> {
    let job = &order.payload;
    if job.inputs.is_empty() || !Flags::resolve(order).is_on("FF_ENABLE_JOB_INPUTS_INTERPOLATION") {
        return None;
    }
    // All the places in which inputs may stand.
    let places = serde_json::to_string(&(&job.steps, &job.image, &job.services, &job.artifacts, &job.cache));
    // What cannot be looked at might refer to them.
    if places.is_ok_and(|places| !refers_to_inputs(&places)) {
        return None;
    }
    Some("job inputs (`${{ job.inputs.… }}`)".to_owned())
}

fn refers_to_inputs(text: &str) -> bool {
    text.split("${{").skip(1).any(|rest| rest.trim_start().starts_with("job.inputs"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobproc::testing::assignment;
    use serde_json::{Value, json};

    fn complaint(part: Value) -> Option<String> {
        let mut payload = json!({"id": 1, "token": "t", "steps": [{"name": "script", "script": ["true"]}]});
        payload.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        let mut order = assignment(1).order;
        order.payload = Job::from_json(payload.to_string().as_bytes()).unwrap();
        unsupported(&order)
    }

    #[test]
    fn each_part_is_named() {
        assert_eq!(complaint(json!({})), None);
        let both = complaint(json!({"secrets": {"DB": {}}, "run": "[]", "steps": []})).unwrap();
        assert_eq!(
            both,
            "this runner does not support external secrets (`secrets`: DB), nor native steps (the `run` keyword)"
        );
    }

    #[test]
    fn inputs_matter_only_where_they_are_used() {
        let inputs = json!([{"key": "level", "value": {"type": "number", "content": 3}}]);
        assert_eq!(complaint(json!({"inputs": inputs})), None);
        let steps = json!([{"name": "script", "script": ["echo ${{job.inputs.level}}"]}]);
        assert!(complaint(json!({"inputs": inputs, "steps": steps})).unwrap().contains("inputs"));
        assert_eq!(complaint(json!({"steps": steps})), None, "without inputs it is text");
        let off = json!([{"key": "FF_ENABLE_JOB_INPUTS_INTERPOLATION", "value": "false"}]);
        assert_eq!(complaint(json!({"inputs": inputs, "steps": steps, "variables": off})), None);
    }
}
