//! What a browser says that goes wrong.

use serde_json::Value;

/// The complaint that is in an event.
pub(super) fn of(method: &str, params: &Value) -> Option<String> {
    match method {
        "Runtime.exceptionThrown" => Some(format!("uncaught: {}", exception(&params["exceptionDetails"]))),
        "Runtime.consoleAPICalled" => console(params),
        "Log.entryAdded" => entry(&params["entry"]),
        "Network.loadingFailed" => failed(params),
        "Page.javascriptDialogOpening" => Some(format!("a dialog: {}", params["message"])),
        "Inspector.targetCrashed" => Some("the page crashed".to_owned()),
        _ => None,
    }
}

/// An exception in words.
pub(super) fn exception(details: &Value) -> String {
    let object = &details["exception"];
    let text = object["description"].as_str().or_else(|| object["value"].as_str());
    let place = details["url"].as_str().unwrap_or_default();
    let text = text.or_else(|| details["text"].as_str()).unwrap_or_default();
    format!("{text} ({place}:{})", details["lineNumber"])
}

fn console(params: &Value) -> Option<String> {
    let kind = params["type"].as_str()?;
    if !matches!(kind, "error" | "assert" | "warning") {
        return None;
    }
    let words = params["args"].as_array()?.iter();
    let words =
        words.map(|word| word["value"].as_str().or_else(|| word["description"].as_str()).unwrap_or("?"));
    Some(format!("console.{kind}: {}", words.collect::<Vec<_>>().join(" ")))
}

/// What the browser itself writes to the console: failed loads, what a policy forbade.
fn entry(entry: &Value) -> Option<String> {
    if !matches!(entry["level"].as_str()?, "error" | "warning") {
        return None;
    }
    let text = entry["text"].as_str().unwrap_or_default();
    Some(format!("{}: {text} ({})", entry["source"].as_str()?, entry["url"].as_str().unwrap_or_default()))
}

/// A load that failed; what was given up since the page went elsewhere did not.
fn failed(params: &Value) -> Option<String> {
    if params["canceled"] == true || params["errorText"] == "net::ERR_ABORTED" {
        return None;
    }
    Some(format!("a load failed: {} ({})", params["errorText"], params["type"]))
}
