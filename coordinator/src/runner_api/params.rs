//! Parameters of a call: of its body, JSON or a form, and of its address. Read as leniently as GitLab does.

use super::answer::Refusal;
use super::body::whole;
use axum::body::Body;
use axum::extract::Request;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use protocol::Info;
use serde_json::{Map, Value};

/// What a call was given.
#[derive(Clone, Debug, Default)]
pub(super) struct Params(Map<String, Value>);

impl Params {
    /// Reads a request, whose body may have `limit` bytes.
    pub(super) async fn read(request: Request<Body>, limit: usize) -> Result<(Parts, Self), Refusal> {
        let (parts, body) = request.into_parts();
        let mut params = Self::of_query(parts.uri.query().unwrap_or_default());
        let body = whole(&parts.headers, body, limit).await?;
        let kind = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_form = kind.trim_start().to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
        let given = if is_form { pairs(&body) } else { object(&body)? };
        params.0.extend(given);
        Ok((parts, params))
    }

    /// Of an address alone.
    pub(super) fn of_query(query: &str) -> Self {
        Self(pairs(query.as_bytes()))
    }

    /// A text; numbers are texts too.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// A number; texts of digits are numbers too.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A yes or no, in any of the ways in which GitLab takes one.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        match self.0.get(name)? {
            Value::Bool(flag) => Some(*flag),
            Value::String(text) if matches!(text.as_str(), "true" | "1" | "on") => Some(true),
            Value::String(text) if matches!(text.as_str(), "false" | "0" | "off") => Some(false),
            Value::Number(number) => number.as_i64().map(|number| number != 0),
            _ => None,
        }
    }

    /// Texts: a list of them, or one with commas.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(text)) => text.split(',').map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    /// A part that has parts.
    pub(super) fn inner(&self, name: &str) -> Self {
        Self(self.0.get(name).and_then(Value::as_object).cloned().unwrap_or_default())
    }

    /// What a runner says of itself. Of what has another shape than it should, nothing is known.
    pub(super) fn info(&self) -> Info {
        let mut info = Value::Object(self.inner("info").0);
        drop_nulls(&mut info);
        bounded(&serde_json::from_value(info).unwrap_or_default())
    }
}

/// An object, or nothing at all: `null` is what gitlab-runner sends for an empty body.
fn object(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(Value::Null) => Ok(Map::new()),
        _ => Err(Refusal::bad("the body is not a JSON object")),
    }
}

/// Pairs of a form or an address.
fn pairs(text: &[u8]) -> Map<String, Value> {
    let mut map = Map::new();
    for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let at = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = at.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
        map.insert(decoded(name), Value::String(decoded(value)));
    }
    map
}

fn decoded(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, tail)) = rest.split_first() {
        let digit = |at: usize| tail.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let code = digit(0).zip(digit(1)).and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        rest = tail;
        match (byte, code) {
            (b'%', Some(code)) => {
                out.push(code);
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(*byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn drop_nulls(value: &mut Value) {
    if let Value::Object(map) = value {
        map.retain(|_, value| !value.is_null());
        map.values_mut().for_each(drop_nulls);
    }
}

/// With texts cut to what pages can show, and as many labels as GitLab keeps.
fn bounded(info: &Info) -> Info {
    let cut = |text: &String| text.get(..text.floor_char_boundary(255)).unwrap_or_default().to_owned();
    Info {
        name: cut(&info.name),
        version: cut(&info.version),
        revision: cut(&info.revision),
        platform: cut(&info.platform),
        architecture: cut(&info.architecture),
        executor: cut(&info.executor),
        shell: cut(&info.shell),
        features: info.features.clone(),
        config: protocol::ConfigInfo { gpus: cut(&info.config.gpus) },
        labels: info.labels.iter().take(32).map(|(name, value)| (cut(name), cut(value))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    async fn read(kind: &str, uri: &str, body: &str) -> Result<Params, Refusal> {
        let request = Request::builder().uri(uri).header(CONTENT_TYPE, kind);
        Params::read(request.body(Body::from(body.to_owned())).unwrap(), 1000).await.map(|(_, params)| params)
    }

    #[tokio::test]
    async fn bodies_of_all_kinds_are_read() {
        let json = read("application/json", "/?a=q&token=q", r#"{"token":"t","n":5,"b":true,"l":["x","y"]}"#);
        let params = json.await.unwrap();
        assert_eq!((params.text("token").as_deref(), params.text("a").as_deref()), (Some("t"), Some("q")));
        assert_eq!((params.number("n"), params.flag("b"), params.texts("l").len()), (Some(5), Some(true), 2));
        let form =
            read("application/x-www-form-urlencoded", "/", "token=a%2Bb+c&n=7&b=1&l=x,y").await.unwrap();
        assert_eq!(form.text("token").as_deref(), Some("a+b c"));
        assert_eq!((form.number("n"), form.flag("b"), form.texts("l").len()), (Some(7), Some(true), 2));
        for empty in ["", "null", " \n"] {
            assert_eq!(read("application/json", "/", empty).await.unwrap().text("token"), None);
        }
        for wrong in ["{", "[]", "5", "\"x\""] {
            assert!(read("application/json", "/", wrong).await.is_err());
        }
        assert!(read("application/json", "/", &" ".repeat(1001)).await.is_err());
    }

    #[tokio::test]
    async fn what_runners_say_is_taken_as_far_as_it_has_a_shape() {
        let body =
            r#"{"info":{"name":"x","version":null,"features":{"refspecs":true,"new":1,"proxy":null}}}"#;
        let info = read("application/json", "/", body).await.unwrap().info();
        assert!(info.name == "x" && info.version.is_empty() && info.features.refspecs);
        let odd = read("application/json", "/", r#"{"info":{"features":{"refspecs":"yes"}}}"#).await.unwrap();
        assert_eq!(odd.info(), Info::default());
        let long = format!(r#"{{"info":{{"name":"{}"}}}}"#, "ä".repeat(300));
        assert!(read("application/json", "/", &long).await.unwrap().info().name.len() <= 255);
    }

    proptest! {
        #[test]
        fn any_query_is_survived(text in "[a-z%&=+0-9é]{0,40}") {
            let _ = Params::of_query(&text);
        }
    }
}
