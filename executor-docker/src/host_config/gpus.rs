//! Graphics processors, as `--gpus` of the docker command line has them.

use super::ConfigError;
use bollard::models::DeviceRequest;
use std::collections::HashMap;

const EXPECTED: &str =
    "`all`, a number, or a list such as `device=0` or `\"device=0,1\",capabilities=utility`";

/// Reads a request: fields of comma-separated values, each `KEY=VALUE` or a count. Follows the docker command line.
pub(super) fn request(key: &'static str, text: &str) -> Result<Option<DeviceRequest>, ConfigError> {
    if text.is_empty() {
        return Ok(None);
    }
    read(text).map(Some).map_err(|why| {
        ConfigError::new(key, text, format!("`{text}` names no graphics processors: {why}"), EXPECTED)
    })
}

fn read(text: &str) -> Result<DeviceRequest, String> {
    let mut request = DeviceRequest::default();
    let mut seen = Vec::new();
    for field in fields(text)? {
        let (name, value) = match field.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.to_owned()),
            None => ("count".to_owned(), field.clone()),
        };
        if seen.contains(&name) {
            return Err(format!("`{name}` is there twice"));
        }
        let words = || value.split(',').map(str::to_owned).collect::<Vec<String>>();
        match name.as_str() {
            "driver" => request.driver = Some(value.clone()),
            "count" => request.count = Some(count(&value)?),
            "device" => request.device_ids = Some(words()),
            "capabilities" => {
                request.capabilities = Some(vec![words().into_iter().chain(["gpu".to_owned()]).collect()]);
            }
            "options" => request.options = Some(options(&value)?),
            _ => return Err(format!("`{name}` is not known")),
        }
        seen.push(name);
    }
    if request.count.is_none() && request.device_ids.is_none() {
        request.count = Some(1);
    }
    request.capabilities.get_or_insert_with(|| vec![vec!["gpu".to_owned()]]);
    Ok(request)
}

fn count(text: &str) -> Result<i64, String> {
    match text {
        "all" => Ok(-1),
        text => text.parse().map_err(|_| format!("`{text}` is neither a number nor `all`")),
    }
}

fn options(text: &str) -> Result<HashMap<String, String>, String> {
    let pair = |field: String| match field.split_once('=') {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => (field, String::new()),
    };
    Ok(fields(text)?.into_iter().map(pair).collect())
}

/// The fields of one line of comma-separated values. A field that begins with a quote ends with one, holds what it
/// likes in between, and a quote twice for one.
fn fields(text: &str) -> Result<Vec<String>, String> {
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let field = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (field, after) = quoted_field(quoted)?;
                rest = after;
                field
            }
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (field, after) = rest.split_at(end);
                if field.contains(['"', '\n']) {
                    return Err("a quote or the end of a line stands within a field".to_owned());
                }
                rest = after;
                field.to_owned()
            }
        };
        fields.push(field);
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.is_empty() => return Ok(fields),
            None => return Err("something stands behind a quote".to_owned()),
        }
    }
}

/// A field behind its first quote, and what follows its last.
fn quoted_field(mut rest: &str) -> Result<(String, &str), String> {
    let mut field = String::new();
    loop {
        let (before, after) = rest.split_once('"').ok_or("a quote is not closed")?;
        field.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None => return Ok((field, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn requests_of_the_docker_command_line() {
        let gpu = || Some(vec![texts(&["gpu"])]);
        let default = || DeviceRequest { capabilities: gpu(), ..DeviceRequest::default() };
        for (text, expected) in [
            ("all", DeviceRequest { count: Some(-1), ..default() }),
            ("2", DeviceRequest { count: Some(2), ..default() }),
            ("count=3", DeviceRequest { count: Some(3), ..default() }),
            ("device=0", DeviceRequest { device_ids: Some(texts(&["0"])), ..default() }),
            ("\"device=0,GPU-3a\"", DeviceRequest { device_ids: Some(texts(&["0", "GPU-3a"])), ..default() }),
            (
                "driver=nvidia,\"capabilities=compute,utility\"",
                DeviceRequest {
                    driver: Some("nvidia".into()),
                    count: Some(1),
                    capabilities: Some(vec![texts(&["compute", "utility", "gpu"])]),
                    ..default()
                },
            ),
            (
                "all,\"options=a=1,b\"",
                DeviceRequest {
                    count: Some(-1),
                    options: Some(HashMap::from([("a".into(), "1".into()), ("b".into(), String::new())])),
                    ..default()
                },
            ),
        ] {
            assert_eq!(request("gpus", text).unwrap(), Some(expected), "{text}");
        }
        assert_eq!(request("gpus", ""), Ok(None));
    }

    #[test]
    fn nonsense_is_refused() {
        for (text, why) in [
            ("some", "`some` is neither a number nor `all`"),
            ("count=x", "`x` is neither a number nor `all`"),
            ("1,2", "`count` is there twice"),
            ("device=0,device=1", "`device` is there twice"),
            ("what=1", "`what` is not known"),
            ("\"device=0", "a quote is not closed"),
            ("\"device=0\"x", "something stands behind a quote"),
            ("device=\"0\"", "a quote or the end of a line stands within a field"),
            ("all,", "`count` is there twice"),
        ] {
            let error = request("gpus", text).unwrap_err();
            assert_eq!(error.message, format!("`{text}` names no graphics processors: {why}"));
        }
    }

    proptest! {
        #[test]
        fn quoting_is_undone(all in proptest::collection::vec("[a\", =]{0,6}", 1..4)) {
            let line: Vec<String> = all.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
            prop_assert_eq!(fields(&line.join(",")).unwrap(), all);
        }

        #[test]
        fn nothing_panics(text in "[a-d=\",0-9\n]{0,16}") {
            let _ = request("gpus", &text);
        }
    }
}
