//! What a request must look like, whatever it asks for. Each check returns what is wrong.

use super::call::Call;
use super::route::Endpoint;
use http::{Method, Version};
use serde_json::{Map, Value};

/// The keys of `info.features`; gitlab-runner sends all of them on every call.
const FEATURES: [&str; 31] = [
    "artifacts",
    "artifacts_exclude",
    "cache",
    "cancel_gracefully",
    "cancelable",
    "fallback_cache_keys",
    "image",
    "image_executor_opts",
    "job_inputs",
    "masking",
    "multi_build_steps",
    "native_steps_integration",
    "proxy",
    "raw_variables",
    "refspecs",
    "return_exit_code",
    "service_executor_opts",
    "service_multiple_aliases",
    "service_variables",
    "services",
    "session",
    "shared",
    "terminal",
    "trace_checksum",
    "trace_reset",
    "trace_size",
    "two_phase_job_commit",
    "upload_multiple_artifacts",
    "upload_raw_artifacts",
    "variables",
    "vault_secrets",
];

/// How much a runner knows of itself when it sends an `info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InfoLevel {
    /// At registration with a registration token no executor is known.
    Registration,
    /// Executor and shell are named.
    Full,
}

/// Headers and encoding of any request.
pub(super) fn general(call: &Call, method: &Method, version: Version) -> Vec<String> {
    let mut wrong = Vec::new();
    if call.route.endpoint == Endpoint::Unknown {
        wrong.push("no such endpoint".to_owned());
    }
    if version != Version::HTTP_11 {
        wrong.push(format!("spoken in {version:?}"));
    }
    if !call.header("user-agent").is_some_and(is_user_agent) {
        wrong.push(format!("user agent {:?}", call.header("user-agent")));
    }
    if !call.header("x-request-id").is_some_and(|id| id.len() == 32 && is_lower_hex(id)) {
        wrong.push(format!("request id {:?}", call.header("x-request-id")));
    }
    if call.route.endpoint.answers_json() && call.header("accept") != Some("application/json") {
        wrong.push(format!("accept {:?} where JSON is answered", call.header("accept")));
    }
    wrong.extend(content_type(call, method));
    wrong
}

fn content_type(call: &Call, method: &Method) -> Option<String> {
    let found = call.header("content-type");
    let fits = match call.route.endpoint {
        Endpoint::Trace => found == Some("text/plain"),
        Endpoint::Upload => found.is_some_and(|t| t.starts_with("multipart/form-data; boundary=")),
        endpoint if endpoint.takes_json() => found == Some("application/json"),
        _ => method != Method::GET || found.is_none(),
    };
    (!fits).then(|| format!("content type {found:?}"))
}

/// `name version (branch; compiler; os/arch)`.
fn is_user_agent(value: &str) -> bool {
    let Some((product, comment)) = value.split_once(" (") else { return false };
    let parts: Vec<&str> = comment.trim_end_matches(')').split("; ").collect();
    let named = product.split(' ').filter(|word| !word.is_empty()).count() >= 2;
    named && parts.len() == 3 && parts[2].split('/').count() == 2 && comment.ends_with(')')
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// The token of a runner call: in the header and in the body, the same.
pub(super) fn token_twice(call: &Call, body: &Value, header: &str) -> Vec<String> {
    let (in_header, in_body) = (call.header(header), body.get("token").and_then(Value::as_str));
    match (in_header, in_body) {
        (Some(a), Some(b)) if a == b => Vec::new(),
        _ => vec![format!("{header} header and token in the body differ or lack")],
    }
}

/// The keys of a body: those that must be there, those that may.
pub(super) fn keys(body: &Value, required: &[&str], optional: &[&str]) -> Vec<String> {
    let Some(map) = body.as_object() else { return vec!["the body is no JSON object".to_owned()] };
    let missing = required.iter().filter(|key| !map.contains_key(**key)).map(|key| format!("`{key}` lacks"));
    let known = |key: &str| required.contains(&key) || optional.contains(&key);
    let unknown = map.keys().filter(|key| !known(key)).map(|key| format!("`{key}` is unknown"));
    missing.chain(unknown).collect()
}

/// A key's value, if there is one, is a string that is not empty.
pub(super) fn text(body: &Value, key: &str) -> Vec<String> {
    match body.get(key) {
        None => Vec::new(),
        Some(Value::String(text)) if !text.is_empty() => Vec::new(),
        Some(other) => vec![format!("`{key}` is {other}, not a string with something in it")],
    }
}

/// `system_id`: `s_` or `r_` and twelve letters or digits.
pub(super) fn system_id(body: &Value) -> Vec<String> {
    let id = body.get("system_id").and_then(Value::as_str).unwrap_or_default();
    let rest = id.strip_prefix("s_").or_else(|| id.strip_prefix("r_")).unwrap_or_default();
    let fits = rest.len() == 12 && rest.bytes().all(|b| b.is_ascii_alphanumeric());
    if fits { Vec::new() } else { vec![format!("system id {id:?}")] }
}

/// The `info` object of a body.
pub(super) fn info(body: &Value, level: InfoLevel) -> Vec<String> {
    let Some(info) = body.get("info").and_then(Value::as_object) else {
        return vec!["`info` is no object".to_owned()];
    };
    let value = Value::Object(info.clone());
    let mut required = vec!["name", "version", "revision", "platform", "architecture", "features", "config"];
    let mut optional = vec!["labels"];
    match level {
        InfoLevel::Full => required.extend(["executor", "shell"]),
        InfoLevel::Registration => optional.extend(["executor", "shell"]),
    }
    let mut wrong = keys(&value, &required, &optional);
    for key in ["name", "version", "revision", "platform", "architecture", "executor", "shell"] {
        wrong.extend(text(&value, key));
    }
    if info.get("version").and_then(Value::as_str) != Some("19.4.0") {
        wrong.push(format!("version {:?} is not the one that is followed", info.get("version")));
    }
    if !info.get("config").and_then(|c| c.get("gpus")).is_some_and(Value::is_string) {
        wrong.push("`config.gpus` is no string".to_owned());
    }
    wrong.extend(features(info));
    wrong.extend(labels(info));
    wrong.iter().map(|text| format!("info: {text}")).collect()
}

fn features(info: &Map<String, Value>) -> Vec<String> {
    let Some(features) = info.get("features").and_then(Value::as_object) else { return Vec::new() };
    let missing =
        FEATURES.iter().filter(|n| !features.contains_key(**n)).map(|n| format!("feature {n} lacks"));
    let odd = features
        .iter()
        .filter(|(name, value)| !value.is_boolean() || !FEATURES.contains(&name.as_str()))
        .map(|(name, value)| format!("feature {name} is {value}"));
    missing.chain(odd).collect()
}

fn labels(info: &Map<String, Value>) -> Option<String> {
    let labels = info.get("labels")?;
    let fits = labels.as_object().is_some_and(|l| !l.is_empty() && l.values().all(Value::is_string));
    (!fits).then(|| format!("labels {labels}"))
}

/// `crc32:` and eight lower-case hexadecimal digits.
pub(super) fn checksum(value: &Value) -> Option<u32> {
    let digits = value.as_str()?.strip_prefix("crc32:")?;
    (digits.len() == 8 && is_lower_hex(digits)).then(|| u32::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn user_agents() {
        assert!(is_user_agent("gitlab-runner 19.4.0 (main; go1.26.8; linux/amd64)"));
        assert!(is_user_agent("runner 0.1.0 (main; rustc1.95; linux/amd64)"));
        assert!(!is_user_agent("reqwest/0.13"));
        assert!(!is_user_agent("runner (main; x; linux/amd64)"));
    }

    #[test]
    fn system_ids() {
        assert!(system_id(&json!({"system_id": "s_1746f8786189"})).is_empty());
        assert!(!system_id(&json!({"system_id": "s_1746f878618"})).is_empty());
        assert!(!system_id(&json!({})).is_empty());
    }

    #[test]
    fn a_feature_too_few_or_of_a_wrong_type_is_named() {
        let features: Map<String, Value> = FEATURES.iter().map(|n| ((*n).to_owned(), json!(true))).collect();
        let mut info = json!({"name": "runner", "version": "19.4.0", "revision": "x", "platform": "linux",
            "architecture": "amd64", "executor": "shell", "shell": "bash", "features": features,
            "config": {"gpus": ""}});
        assert!(super::info(&json!({"info": info}), InfoLevel::Full).is_empty());
        info["features"]["proxy"] = json!("no");
        info["features"].as_object_mut().unwrap().remove("cache");
        let wrong = super::info(&json!({"info": info}), InfoLevel::Full);
        assert_eq!(wrong, ["info: feature cache lacks", "info: feature proxy is \"no\""]);
    }

    #[test]
    fn checksums() {
        assert_eq!(checksum(&json!("crc32:0000001a")), Some(0x1a));
        assert_eq!(checksum(&json!("crc32:1a")), None);
        assert_eq!(checksum(&json!("1a2b3c4d")), None);
    }
}
