//! Parameters: of the query, of a form, of JSON, mixed as GitLab takes them.

use super::error::ApiError;
use super::nested;
use axum::body::{Body, to_bytes};
use axum::extract::{Form, FromRequest as _, FromRequestParts, Multipart, Query, Request};
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body_util::LengthLimitError;
use pipeline::Moment;
use serde_json::{Map, Value};
use std::error::Error as _;
use std::sync::Arc;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How many there may be in query or form.
const MOST: usize = 2000;

/// What came with a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(Arc<Map<String, Value>>);

/// Reads query and body of a request, before its handler runs.
pub(super) async fn read(limit: usize, request: Request, next: Next) -> Result<Response, ApiError> {
    let (mut parts, params) = gather(limit, request).await?;
    parts.extensions.insert(params);
    Ok(next.run(Request::from_parts(parts, Body::empty())).await)
}

async fn gather(limit: usize, request: Request) -> Result<(Parts, Params), ApiError> {
    let (mut parts, body) = request.into_parts();
    let Ok(Query(query)) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri) else {
        return Err(ApiError::bad("the query is not UTF-8"));
    };
    let mut map = Map::new();
    add(&mut map, query)?;
    add_body(&mut map, &mut parts, body, limit).await?;
    Ok((parts, Params(Arc::new(map))))
}

/// Parameters of a request, whatever comes: read or refused, and whatever is asked of them is answered. `kind` chooses
/// how the body is written.
#[cfg(any(test, feature = "fuzzing"))]
pub fn of_anything(bytes: &[u8], kind: u8) {
    let kind = match kind {
        0 => "application/x-www-form-urlencoded",
        1 => "application/json",
        _ => "multipart/form-data; boundary=b",
    };
    let request = Request::builder().method("POST").uri("/?a[b]=1").header(CONTENT_TYPE, kind);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let (Ok(request), Ok(runtime)) = (request.body(Body::from(bytes.to_vec())), runtime) else { return };
    let Ok((_, params)) = runtime.block_on(gather(4096, request)) else { return };
    for (name, _) in params.iter() {
        let _ = (params.text(name), params.boolean(name), params.number(name), params.count(name));
        let _ = (params.moment(name), params.texts(name), params.maps(name), params.map(name));
    }
}

async fn add_body(
    map: &mut Map<String, Value>,
    parts: &mut Parts,
    body: Body,
    limit: usize,
) -> Result<(), ApiError> {
    let kind = parts.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind == "multipart/form-data" {
        return add_multipart(map, parts, body, limit).await;
    }
    let bytes = to_bytes(body, limit).await.map_err(|error| {
        let is_long = matches!(error.source(), Some(source) if source.is::<LengthLimitError>());
        // One that breaks off is not heard of again, unless it was too slow.
        if is_long { ApiError::too_large() } else { ApiError::timeout() }
    })?;
    if bytes.is_empty() {
        return Ok(());
    }
    match kind.as_str() {
        "application/json" => match serde_json::from_slice(&bytes) {
            Ok(Value::Object(object)) => map.extend(object),
            Ok(_) | Err(_) => return Err(ApiError::bad("the body is no JSON object")),
        },
        "application/x-www-form-urlencoded" | "" => {
            let pairs = form(bytes).await?;
            add(map, pairs)?;
        }
        _ => return Err(ApiError::unsupported_body()),
    }
    Ok(())
}

async fn form(bytes: Bytes) -> Result<Vec<(String, String)>, ApiError> {
    let wrong = || ApiError::bad("the form cannot be read");
    let request = Request::builder().method("POST").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = request.body(Body::from(bytes)).map_err(|_| wrong())?;
    Form::<Vec<(String, String)>>::from_request(request, &())
        .await
        .map(|Form(pairs)| pairs)
        .map_err(|_| wrong())
}

async fn add_multipart(
    map: &mut Map<String, Value>,
    parts: &Parts,
    body: Body,
    limit: usize,
) -> Result<(), ApiError> {
    let mut head = Request::builder().method(parts.method.clone());
    if let Some(kind) = parts.headers.get(CONTENT_TYPE) {
        head = head.header(CONTENT_TYPE, kind);
    }
    let wrong = || ApiError::bad("the form cannot be read");
    let request = head.body(Body::new(http_body_util::Limited::new(body, limit))).map_err(|_| wrong())?;
    let mut form = Multipart::from_request(request, &()).await.map_err(|_| wrong())?;
    let mut pairs = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|_| wrong())? {
        let name = field.name().unwrap_or_default().to_owned();
        pairs.push((name, field.text().await.map_err(|_| wrong())?));
    }
    add(map, pairs)
}

fn add(map: &mut Map<String, Value>, pairs: Vec<(String, String)>) -> Result<(), ApiError> {
    if pairs.len() > MOST {
        return Err(ApiError::bad("too many parameters"));
    }
    for (name, value) in pairs {
        nested::insert(map, &name, value)
            .map_err(|nested::Misfit| ApiError::bad(format!("{} is invalid", short(&name))))?;
    }
    Ok(())
}

/// A name for a message.
fn short(name: &str) -> String {
    name.chars().take(60).collect()
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

impl Params {
    #[cfg(test)]
    pub(crate) fn of(value: Value) -> Self {
        Self(Arc::new(value.as_object().cloned().unwrap_or_default()))
    }

    /// The values of a map inside.
    pub(super) fn of_map(map: &Map<String, Value>) -> Self {
        Self(Arc::new(map.clone()))
    }

    /// Those of an address; what cannot be read is left out.
    pub(crate) fn of_query(uri: &http::Uri) -> Self {
        let mut map = Map::new();
        if let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) {
            for (name, value) in pairs.into_iter().take(MOST) {
                let _ = nested::insert(&mut map, &name, value);
            }
        }
        Self(Arc::new(map))
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }

    /// A value as it came; nothing where it is not there or null.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Whether it was given, be it as null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A text. Numbers and booleans are texts, too.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        self.value(name).map(|value| text_of(value).ok_or_else(|| invalid(name))).transpose()
    }

    /// A text that has to be there, and not empty.
    pub(super) fn required(&self, name: &str) -> Result<String, ApiError> {
        match self.text(name)? {
            Some(text) if !text.is_empty() => Ok(text),
            Some(_) => Err(ApiError::bad(format!("{name} is empty"))),
            None => Err(ApiError::bad(format!("{name} is missing"))),
        }
    }

    /// Yes or no.
    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        if let Some(boolean) = value.as_bool() {
            return Ok(Some(boolean));
        }
        match text_of(value).as_deref().map(str::trim) {
            Some("true" | "t" | "1" | "yes" | "on") => Ok(Some(true)),
            Some("false" | "f" | "0" | "no" | "off") => Ok(Some(false)),
            Some("") => Ok(None),
            _ => Err(invalid(name)),
        }
    }

    /// A number.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, ApiError> {
        match self.value(name).map(|value| (value.as_i64(), text_of(value))) {
            None => Ok(None),
            Some((Some(number), _)) => Ok(Some(number)),
            Some((None, Some(text))) if text.trim().is_empty() => Ok(None),
            Some((None, text)) => {
                text.and_then(|text| text.trim().parse().ok()).map(Some).ok_or_else(|| invalid(name))
            }
        }
    }

    /// A number that is not below zero.
    pub(super) fn count(&self, name: &str) -> Result<Option<u64>, ApiError> {
        self.number(name)?.map(|number| u64::try_from(number).map_err(|_| invalid(name))).transpose()
    }

    /// A moment: ISO 8601, or a day alone, which is its begin.
    pub(super) fn moment(&self, name: &str) -> Result<Option<Moment>, ApiError> {
        let Some(text) = self.text(name)?.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
        let text = text.trim();
        let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
        let at = OffsetDateTime::parse(&whole, &Rfc3339).map_err(|_| invalid(name))?;
        let milliseconds = u64::try_from(at.unix_timestamp_nanos() / 1_000_000);
        Ok(Some(Moment(milliseconds.unwrap_or_default())))
    }

    /// Several texts: a list, or one text with commas.
    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Array(items)) => {
                let texts = items.iter().map(|item| text_of(item).ok_or_else(|| invalid(name)));
                Ok(Some(trimmed(texts.collect::<Result<Vec<_>, _>>()?)))
            }
            Some(value) => {
                let text = text_of(value).ok_or_else(|| invalid(name))?;
                Ok(Some(trimmed(text.split(',').map(str::to_owned).collect())))
            }
        }
    }

    /// Several maps, each with parameters of its own.
    pub(super) fn maps(&self, name: &str) -> Result<Vec<Self>, ApiError> {
        let Some(value) = self.value(name) else { return Ok(Vec::new()) };
        let of = |value: &Value| value.as_object().map(Self::of_map).ok_or_else(|| invalid(name));
        match value {
            Value::Array(items) => items.iter().map(of).collect(),
            // `variables[0][key]=…`
            Value::Object(map) if map.keys().all(|key| key.bytes().all(|b| b.is_ascii_digit())) => {
                map.values().map(of).collect()
            }
            _ => Err(invalid(name)),
        }
    }

    /// A map.
    pub(super) fn map(&self, name: &str) -> Result<Option<&Map<String, Value>>, ApiError> {
        self.value(name).map(|value| value.as_object().ok_or_else(|| invalid(name))).transpose()
    }
}

fn trimmed(texts: Vec<String>) -> Vec<String> {
    texts.into_iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(boolean) => Some(boolean.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What is said of a parameter that is of the wrong kind.
pub(super) fn invalid(name: &str) -> ApiError {
    ApiError::bad(format!("{name} is invalid"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(error: Option<ApiError>) -> String {
        error.map(|error| error.body().to_string()).unwrap_or_default()
    }

    #[test]
    fn values_are_read_whatever_they_came_as() {
        let params = Params::of(json!({
            "n": 5, "s": "7", "b": "true", "c": false, "list": ["a ", "", "b"], "commas": "a, b,,c", "none": null,
        }));
        assert_eq!(params.number("n").ok(), Some(Some(5)));
        assert_eq!(params.number("s").ok(), Some(Some(7)));
        assert_eq!(params.text("n").ok(), Some(Some("5".into())));
        assert_eq!(params.boolean("b").ok(), Some(Some(true)));
        assert_eq!(params.boolean("c").ok(), Some(Some(false)));
        assert_eq!(params.texts("list").ok(), Some(Some(vec!["a".into(), "b".into()])));
        assert_eq!(params.texts("commas").ok(), Some(Some(vec!["a".into(), "b".into(), "c".into()])));
        assert_eq!(params.text("none").ok(), Some(None));
        assert!(params.has("none") && !params.has("missing"));
    }

    #[test]
    fn moments_are_iso_8601() {
        let params = Params::of(json!({
            "z": "2026-01-05T10:00:00.120Z", "zone": "2026-01-05T12:00:00+02:00", "day": "2026-01-05", "no": "today",
        }));
        let of = |name: &str| params.moment(name).ok().flatten().map(|moment| moment.0);
        assert_eq!(of("z"), Some(1_767_607_200_120));
        assert_eq!(of("zone"), Some(1_767_607_200_000));
        assert_eq!(of("day"), Some(1_767_571_200_000));
        assert_eq!(message(params.moment("no").err()), r#"{"error":"no is invalid"}"#);
    }

    #[test]
    fn what_is_wrong_is_told_in_gitlabs_words() {
        let params = Params::of(json!({"page": "x", "list": {"a": 1}, "empty": "", "negative": -1}));
        assert_eq!(message(params.number("page").err()), r#"{"error":"page is invalid"}"#);
        assert_eq!(message(params.texts("list").err()), r#"{"error":"list is invalid"}"#);
        assert_eq!(message(params.required("ref").err()), r#"{"error":"ref is missing"}"#);
        assert_eq!(message(params.required("empty").err()), r#"{"error":"empty is empty"}"#);
        assert_eq!(message(params.count("negative").err()), r#"{"error":"negative is invalid"}"#);
    }
}
